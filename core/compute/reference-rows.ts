/** The kernels of assembly/ordering.ts, lines.ts, goals.ts and `renumber` in plain TypeScript, as their words read: see reference.ts. */

export interface RatingRows {
  readonly u: Int32Array;
  readonly i: Int32Array;
  readonly code: Uint16Array;
  /** NaN where unknown. */
  readonly time: Float64Array;
  /** 255: none was said; null: no column. */
  readonly part: Uint8Array | null;
  readonly values: Float64Array;
}

/** [users + 1] where each user's rows begin once they lie by user. */
export function userStarts(u: Int32Array, users: number): number[] {
  return Array.from({ length: users + 1 }, (_, user) => u.filter((other) => other < user).length);
}

/** Rows by user, each user's in their order. */
export function rowsByUser(u: Int32Array): number[] {
  return [...u.keys()].sort((a, b) => (u[a] ?? 0) - (u[b] ?? 0) || a - b);
}

/** A user's rows by item, one of each pair: `keep` 0 all, 1 the first by time, 2 the last, 3 the highest, of those the last. */
export function sortedRows(own: readonly number[], rows: RatingRows, keep: 0 | 1 | 2 | 3): number[] {
  const itemOf = (row: number) => rows.i[row] ?? 0;
  const sorted = own.toSorted((a, b) => itemOf(a) - itemOf(b) || a - b);
  if (keep === 0) return sorted;
  const timeOf = (row: number) => (Number.isNaN(rows.time[row]) ? -Infinity : (rows.time[row] ?? 0));
  const valueOf = (row: number) => rows.values[rows.code[row] ?? 0] ?? 0;
  const kept: number[] = [];
  for (const row of sorted) {
    const last = kept.at(-1);
    if (last === undefined || itemOf(last) !== itemOf(row)) {
      kept.push(row);
      continue;
    }
    const later = timeOf(row) >= timeOf(last);
    const higher = valueOf(row) - valueOf(last);
    const isBetter = keep === 1 ? timeOf(row) < timeOf(last) : keep === 2 || higher === 0 ? later : higher > 0;
    if (isBetter) kept[kept.length - 1] = row;
  }
  return kept;
}

export function differentPairs({ u, i }: RatingRows): number {
  return new Set(Array.from(u, (user, row) => `${String(user)} ${String(i[row])}`)).size;
}

export function isDescending(u: Int32Array, from: number, to: number): boolean {
  return u.some((user, row) => row > 0 && row >= from && row < to && user < (u[row - 1] ?? 0));
}

/** docs/reference/formats.md, "Snapshot ids". */
export function canonicalText(
  order: readonly number[],
  { u, i, code, time, part, values }: RatingRows,
  ids: { readonly users: readonly string[]; readonly items: readonly string[] },
): string {
  return order
    .map((row) => {
      const rating = String(values[code[row] ?? 0]);
      const when = Number.isNaN(time[row]) ? "" : String(time[row]);
      const said = part === null || part[row] === 255 ? [] : [String(part[row])];
      return [ids.users[u[row] ?? 0], ids.items[i[row] ?? 0], rating, when, ...said].join("\u001f") + "\u001e";
    })
    .join("");
}

/** Lines of a text that ends with a line end, and those that hold something besides spaces, tabs and CR. */
export function countLines(text: string): { readonly lines: number; readonly records: number } {
  const lines = text.split("\n").slice(0, -1);
  return { lines: lines.length, records: lines.filter((line) => /[^ \t\r]/.test(line)).length };
}

/** What is left for factors to explain. */
export function residualGoals(
  values: Float32Array,
  columns: Int32Array,
  bias: Float32Array,
  { factor, mean }: { readonly factor: number; readonly mean: number },
): number[] {
  return Array.from(values, (value, n) => factor * (value - mean) - (bias[columns[n] ?? 0] ?? 0));
}
