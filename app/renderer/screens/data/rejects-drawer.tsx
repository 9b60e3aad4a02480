import { Badge, Drawer, Group, Stack, Text } from "@mantine/core";
import type { Source } from "../../../../core/contract/entities.ts";
import type { MethodOutput } from "../../../../core/contract/methods.ts";
import { formatCount } from "../../components/format/numbers.ts";
import { PagedTable } from "../../components/table/paged-table.tsx";
import type { PagedColumn } from "../../components/table/paged-table.tsx";
import { useEngine } from "../../transport/engine-context.tsx";
import { rejectLabels } from "./reject-labels.ts";

type Reject = MethodOutput<"sources.rejects">["rows"][number];

const columns: readonly PagedColumn<Reject>[] = [
  { id: "line", header: "Line", numeric: true, width: 90, cell: ({ line }) => formatCount(line) },
  { id: "reason", header: "Reason", width: 180, cell: ({ reason }) => rejectLabels[reason] },
  { id: "raw", header: "As it stands in the file", width: 420, cell: ({ raw }) => <code title={raw}>{raw}</code> },
];

/** Every row that could not be read, with its reason. */
export function RejectsDrawer({ source, onClose }: { readonly source: Source | null; readonly onClose: () => void }) {
  return (
    <Drawer
      opened={source !== null}
      onClose={onClose}
      position="right"
      size="xl"
      title={source === null ? "" : `Rejected rows of ${source.name}`}
    >
      {source !== null && (
        <Stack gap="sm">
          <Text size="sm" c="dimmed">
            {formatCount(source.rejected)} of {formatCount(source.read)} records could not be read. They are kept with
            the source; nothing was dropped in silence.
          </Text>
          <Group gap="xs">
            {Object.entries(source.rejectsByReason).map(([reason, count]) => (
              <Badge key={reason} color="orange">
                {rejectLabels[reason as Reject["reason"]]}: {formatCount(count)}
              </Badge>
            ))}
          </Group>
          <Rejects sourceId={source.id} />
        </Stack>
      )}
    </Drawer>
  );
}

function Rejects({ sourceId }: { readonly sourceId: string }) {
  const { connection } = useEngine();
  return (
    <PagedTable
      label="Rejected rows"
      columns={columns}
      height="calc(100vh - 240px)"
      page={(offset, limit) => {
        const input = { sourceId, offset, limit };
        return {
          queryKey: ["sources.rejects", input],
          queryFn: ({ signal }) => connection.request("sources.rejects", input, signal),
        };
      }}
    />
  );
}
