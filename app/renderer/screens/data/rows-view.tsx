import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useCallbackRef } from "@mantine/hooks";
import { getRouteApi } from "@tanstack/react-router";
import type { SortingState } from "@tanstack/react-table";
import { memo, useDeferredValue, useMemo, useState } from "react";
import type { Snapshot } from "../../../../core/contract/entities.ts";
import type { MethodInput, MethodOutput } from "../../../../core/contract/methods.ts";
import { formatCount } from "../../components/format/numbers.ts";
import { formatDataTime } from "../../components/format/times.ts";
import type { TextTable } from "../../components/table/copy-as.ts";
import { CopyMenu } from "../../components/table/copy-menu.tsx";
import { PagedTable } from "../../components/table/paged-table.tsx";
import type { PagedColumn } from "../../components/table/paged-table.tsx";
import { useEngine } from "../../transport/engine-context.tsx";
import { useQueryMethod } from "../../transport/hooks.ts";
import { describeRowFilter } from "./describe-filter.ts";
import { FilterPills } from "./filter-pills.tsx";

type RatingRow = MethodOutput<"snapshots.rows">["rows"][number];
type RowsInput = MethodInput<"snapshots.rows">;
type SortColumn = "user" | "item" | "rating" | "time";

const route = getRouteApi("/data/snapshots/$snapshotId");

const columns: readonly PagedColumn<RatingRow>[] = [
  { id: "user", header: "User", width: 110, sortable: true, cell: ({ userId }) => userId },
  { id: "item", header: "Film id", width: 100, sortable: true, cell: ({ itemId }) => itemId },
  {
    id: "title",
    header: "Title",
    width: 310,
    cell: ({ title }) => <span title={title ?? undefined}>{title ?? "–"}</span>,
  },
  { id: "rating", header: "Rating", width: 90, numeric: true, sortable: true, cell: ({ rating }) => rating },
  {
    id: "time",
    header: "Time (UTC)",
    width: 170,
    sortable: true,
    cell: ({ time }) => (time === null ? "–" : formatDataTime(time)),
  },
];

/** The most rows a copy takes: more belongs in a file, not on a clipboard. */
const mostCopied = 10_000;

/** The ratings themselves. */
export function RowsView({ snapshot }: { readonly snapshot: Snapshot }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { connection } = useEngine();
  const sort: SortColumn = search.sort ?? "user";
  const descending = search.descending ?? false;
  const { user, item, where } = search;
  const question = useMemo(
    (): RowsInput => ({
      snapshotId: snapshot.id,
      sort,
      descending,
      ...(user === undefined ? {} : { userId: user }),
      ...(item === undefined ? {} : { itemId: item }),
      ...(where === undefined ? {} : { filter: where }),
    }),
    [snapshot.id, sort, descending, user, item, where],
  );
  // The click is answered by rows that step back; the others are drawn in pieces.
  const drawn = useDeferredValue(question);
  const first = useQueryMethod("snapshots.rows", { ...question, offset: 0, limit: 200 }, { keepPrevious: true });
  const setSorting = useCallbackRef((sorting: SortingState) => {
    const [wanted] = sorting;
    void navigate({
      search: (before) => ({
        ...before,
        sort: wanted === undefined ? undefined : (wanted.id as SortColumn),
        descending: wanted?.desc === true ? true : undefined,
      }),
      replace: true,
    });
  });
  const filter = (key: "user" | "item", value: string) =>
    void navigate({ search: (before) => ({ ...before, [key]: value === "" ? undefined : value }), replace: true });
  const copyRows = async (): Promise<TextTable> => {
    const rows: RatingRow[] = [];
    const wanted = Math.min(first.data?.total ?? 0, mostCopied);
    while (rows.length < wanted) {
      const page = await connection.request("snapshots.rows", {
        ...question,
        offset: rows.length,
        limit: Math.min(1000, wanted - rows.length),
      });
      if (page.rows.length === 0) break;
      rows.push(...page.rows);
    }
    return {
      columns: ["user_id", "item_id", "title", "rating", "time"],
      rows: rows.map(({ userId, itemId, title, rating, time }) => [userId, itemId, title, rating, time]),
    };
  };
  return (
    <Stack gap="sm">
      <Group gap="sm" align="flex-end" justify="space-between">
        <Group gap="sm" align="flex-end">
          <IdFilter
            key={`user:${search.user ?? ""}`}
            label="User"
            value={search.user ?? ""}
            onFilter={(value) => filter("user", value)}
          />
          <IdFilter
            key={`item:${search.item ?? ""}`}
            label="Film id"
            value={search.item ?? ""}
            onFilter={(value) => filter("item", value)}
          />
          <FilterPills
            label="Narrowed to"
            said={describeRowFilter(search.where ?? {})}
            onRemove={(key) => {
              const { [key]: _gone, ...rest } = search.where ?? {};
              void navigate({
                search: (before) => ({ ...before, where: Object.keys(rest).length === 0 ? undefined : rest }),
                replace: true,
              });
            }}
          />
          {(search.user !== undefined || search.item !== undefined || search.where !== undefined) && (
            <Button
              variant="subtle"
              onClick={() =>
                void navigate({
                  search: (before) => ({ ...before, user: undefined, item: undefined, where: undefined }),
                  replace: true,
                })
              }
            >
              Show all
            </Button>
          )}
        </Group>
        <Group gap="sm">
          {first.data !== undefined && first.data.total > mostCopied && (
            <Text size="xs" c="dimmed">
              a copy takes the first {formatCount(mostCopied)}
            </Text>
          )}
          <CopyMenu table={copyRows} />
        </Group>
      </Group>
      <div style={{ opacity: drawn === question ? undefined : 0.6 }}>
        <RatingTable key={JSON.stringify(drawn)} question={drawn} onSorting={setSorting} />
      </div>
    </Stack>
  );
}

interface RatingTableProps {
  readonly question: RowsInput;
  readonly onSorting: (sorting: SortingState) => void;
}

const RatingTable = memo(function RatingTable({ question, onSorting }: RatingTableProps) {
  const { connection } = useEngine();
  return (
    <PagedTable
      label="Ratings of the snapshot"
      columns={columns}
      sorting={[{ id: question.sort ?? "user", desc: question.descending ?? false }]}
      onSorting={onSorting}
      height="max(360px, calc(100vh - 330px))"
      page={(offset, limit) => {
        const input = { ...question, offset, limit };
        return {
          queryKey: ["snapshots.rows", input],
          queryFn: ({ signal }) => connection.request("snapshots.rows", input, signal),
        };
      }}
    />
  );
});

function IdFilter({
  label,
  value,
  onFilter,
}: {
  readonly label: string;
  readonly value: string;
  readonly onFilter: (value: string) => void;
}) {
  const [typed, setTyped] = useState(value);
  return (
    <TextInput
      label={label}
      placeholder="Exactly this id"
      value={typed}
      w={170}
      onChange={({ currentTarget }) => setTyped(currentTarget.value)}
      onBlur={() => typed !== value && onFilter(typed.trim())}
      onKeyDown={(event) => {
        if (event.key === "Enter") onFilter(typed.trim());
      }}
    />
  );
}
