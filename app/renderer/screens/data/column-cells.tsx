import { Text } from "@mantine/core";
import type { FilePreview } from "../../../../core/contract/entities.ts";
import { formatCount } from "../../components/format/numbers.ts";
import { cellKinds } from "./column-mapping.ts";

type Cells = FilePreview["columns"][number]["cells"];

/** What a column holds in the first records, and the first of them that cannot be what the column is said to be. */
export function ColumnCells({ cells }: { readonly cells: Cells }) {
  const { unfit } = cells;
  return (
    <>
      <Text size="xs" c="dimmed" fw={400} mt={4} style={{ whiteSpace: "nowrap" }}>
        {cellKinds(cells)}
      </Text>
      {unfit !== null && (
        <Text size="xs" c="var(--rb-bad)" fw={400} maw={220}>
          Line {formatCount(unfit.line)}
          {unfit.value === "" ? "" : `: “${unfit.value}”`} {unfit.reason}
          {unfit.count > 1 && `; ${formatCount(unfit.count - 1)} more like it`}
        </Text>
      )}
    </>
  );
}
