import type { Hash } from "node:crypto";
import { kernelCall } from "../../compute/kernels.ts";
import { evenRanges } from "../../compute/program.ts";
import { createIdArena } from "../id-arena.ts";
import type { IdArena } from "../id-arena.ts";
import { bytesAt, int32At } from "./column-space.ts";
import type { BatchStep, ColumnSpace } from "./column-space.ts";
import type { OrderedColumns, UnorderedColumns } from "./order-columns.ts";

const targetBytes = 2 * 1024 * 1024;
/** Four separators, a time, a part; and eight bytes that copies of short texts write too many. */
const besideTexts = 4 + 20 + 4 + 8;

/**
 * Feeds the canonical text of ordered ratings (docs/reference/formats.md; `canonical-id.ts` writes the same) to a hash, in
 * batches of so many rows: threads write the text, the caller's thread hashes it.
 */
export function canonicalHash(
  space: ColumnSpace,
  columns: UnorderedColumns,
  { order, rows }: OrderedColumns,
  ids: { readonly users: IdArena; readonly items: IdArena },
  batchRows: number,
  hash: Hash,
): BatchStep {
  const users = placeTexts(space, ids.users);
  const items = placeTexts(space, ids.items);
  const ratings = placeTexts(space, createIdArena(Array.from(columns.values, String)));
  const bound = users.longest + items.longest + ratings.longest + besideTexts;
  const rowsOfCall = Math.max(1, Math.floor(targetBytes / bound));
  const calls = Math.ceil(Math.min(batchRows, rows) / rowsOfCall);
  const slots = [0, 1].map(() =>
    Array.from({ length: calls }, () => ({ out: space.allocate(rowsOfCall * bound), result: space.allocate(4) })),
  );
  const parts = (batch: number, slot: 0 | 1) =>
    evenRanges(Math.max(0, Math.min(batchRows, rows - batch * batchRows)), rowsOfCall).map(({ from, to }, at) => ({
      from: batch * batchRows + from,
      to: batch * batchRows + to,
      ...(slots[slot]?.[at] ?? { out: 0, result: 0 }),
    }));
  return {
    calls: (batch, slot) =>
      parts(batch, slot).map(({ from, to, out, result }) =>
        kernelCall(
          "canonicalText",
          order,
          from,
          to,
          columns.u,
          columns.i,
          columns.code,
          columns.time,
          columns.part,
          users.starts,
          users.bytes,
          items.starts,
          items.bytes,
          ratings.starts,
          ratings.bytes,
          out,
          result,
        ),
      ),
    async consume(batch, slot) {
      for (const { out, result } of parts(batch, slot)) {
        hash.update(bytesAt(space, out, int32At(space, result, 1)[0] ?? 0));
        // A few milliseconds each: whoever else waits for this thread has a turn.
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

function placeTexts(space: ColumnSpace, { bytes, start }: IdArena) {
  const starts = space.allocate(4 * start.length);
  const at = space.allocate(bytes.length + 8);
  int32At(space, starts, start.length).set(start);
  bytesAt(space, at, bytes.length).set(bytes);
  let longest = 0;
  for (let text = 1; text < start.length; text++)
    longest = Math.max(longest, (start[text] ?? 0) - (start[text - 1] ?? 0));
  return { starts, bytes: at, longest };
}
