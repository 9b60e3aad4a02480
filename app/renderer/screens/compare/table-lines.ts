import type { RunGroup } from "../../../../core/contract/run-table.ts";

export type TableLine =
  | { readonly kind: "group"; readonly group: RunGroup }
  /** The n-th of all rows. */
  | { readonly kind: "row"; readonly row: number };

/** Lines of a table: its rows, and a line above each group. */
export interface TableLines {
  readonly count: number;
  at(line: number): TableLine | undefined;
}

export function tableLines(total: number, groups: readonly RunGroup[]): TableLines {
  if (groups.length === 0)
    return { count: total, at: (line) => (line >= 0 && line < total ? { kind: "row", row: line } : undefined) };
  // Before the n-th group's own line stand as many lines as rows, and one for each group before it.
  const starts = groups.map(({ offset }, index) => offset + index);
  const count = total + groups.length;
  return {
    count,
    at(line) {
      if (line < 0 || line >= count) return undefined;
      let low = 0;
      let high = starts.length - 1;
      while (low < high) {
        const middle = Math.ceil((low + high) / 2);
        if ((starts[middle] ?? 0) <= line) low = middle;
        else high = middle - 1;
      }
      const group = groups[low];
      if (group === undefined) return undefined;
      return starts[low] === line ? { kind: "group", group } : { kind: "row", row: line - low - 1 };
    },
  };
}
