import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { kernelCall } from "../../compute/kernels.ts";
import type { KernelCall } from "../../compute/kernels.ts";
import { unusedPart } from "../split-parts.ts";
import { int32At } from "./column-space.ts";
import type { ColumnSpace } from "./column-space.ts";
import { magic, readFooter, readPage } from "./parquet-file.ts";
import type { FileChunk, FileColumn, ReadFooter } from "./parquet-file.ts";

/** A group of more rows is none that `write-columns.ts` wrote. */
const mostRows = 1 << 20;
const mostValues = 256;
const largestFooter = 256 * 1024 * 1024;

/** Where a column of the file goes, from `at` on. */
export type ColumnTarget =
  /** 32 bits each; numbers below `below`, each replaced by what `map` (0: nothing) has for it. */
  | { readonly kind: "ints"; readonly name: string; readonly at: number; readonly below: number; readonly map: number }
  /** float64, NaN where unknown. */
  | { readonly kind: "times"; readonly name: string; readonly at: number }
  /** 8 bits, 255 where unknown. */
  | { readonly kind: "bytes"; readonly name: string; readonly at: number }
  /** float32, NaN nowhere. */
  | { readonly kind: "ratings"; readonly name: string; readonly at: number }
  /** 16 bits: `codeOf` a value. */
  | { readonly kind: "codes"; readonly name: string; readonly at: number; codeOf(value: number): number };

/** A Parquet file that `write-columns.ts` wrote. */
export interface ColumnsFile {
  readonly rows: number;
  readonly footer: ReadFooter;
  readonly handle: FileHandle;
}

/** Opens such a file; null when it is of another writer, or damaged. Close its handle. */
export async function openColumnsFile(path: string): Promise<ColumnsFile | null> {
  const handle = await open(path);
  try {
    const { size } = await handle.stat();
    const tail = Buffer.alloc(8);
    await handle.read(tail, 0, 8, Math.max(0, size - 8));
    const length = tail.readUInt32LE(0);
    if (size >= 12 && tail.subarray(4).equals(magic) && length <= Math.min(size - 12, largestFooter)) {
      const bytes = Buffer.alloc(length);
      await handle.read(bytes, 0, length, size - 8 - length);
      const footer = readFooter(bytes, size);
      if (footer !== null && footer.groups.every(({ rows }) => rows <= mostRows))
        return { rows: footer.groups.reduce((sum, { rows }) => sum + rows, 0), footer, handle };
    }
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  return null;
}

interface Buffers {
  readonly bytes: number;
  readonly scratch: number;
  readonly map: number;
  readonly result: number;
}

/**
 * Decodes columns of a file into the space, its first row to row `firstRow` of the targets. Whether all was as
 * `write-columns.ts` writes it; if not, what the targets hold is of no use.
 */
export async function readColumns(
  space: ColumnSpace,
  { footer, handle }: ColumnsFile,
  targets: readonly ColumnTarget[],
  firstRow: number,
): Promise<boolean> {
  const columns = targets.map(({ name }) => footer.columns.findIndex((column) => column.name === name));
  if (!targets.every((target, index) => fits(target, footer.columns[columns[index] ?? -1]))) return false;
  const longest = columns.map((column) =>
    Math.max(0, ...footer.groups.map(({ chunks }) => chunks[column]?.bytes ?? 0)),
  );
  const scratchRows = Math.max(0, ...footer.groups.map(({ rows }) => rows));
  const slots = [0, 1].map(() =>
    Array.from({ length: space.threads }, () =>
      longest.map((bytes) => ({
        bytes: space.allocate(bytes + 16),
        scratch: space.allocate(8 * scratchRows),
        map: space.allocate(4 * mostValues),
        result: space.allocate(4),
      })),
    ),
  );
  const starts: number[] = [];
  let rows = firstRow;
  for (const group of footer.groups) {
    starts.push(rows);
    rows += group.rows;
  }
  /** Reads the groups of a batch and says what is to be called; null when a page is not as it should be. */
  const load = async (batch: number): Promise<{ calls: KernelCall[]; results: number[] } | null> => {
    const calls: KernelCall[] = [];
    const results: number[] = [];
    for (const [at, lane] of (slots[batch % 2] ?? []).entries()) {
      const group = footer.groups[batch * space.threads + at];
      for (const [index, target] of group === undefined ? [] : targets.entries()) {
        const column = columns[index] ?? -1;
        const [chunk, described, buffers] = [group?.chunks[column], footer.columns[column], lane[index]];
        if (chunk === undefined || described === undefined || buffers === undefined) return null;
        const row = starts[batch * space.threads + at] ?? 0;
        const call = await loadChunk(space, handle, { chunk, described, target, buffers, row });
        if (call === null) return null;
        calls.push(call);
        results.push(buffers.result);
      }
    }
    return { calls, results };
  };
  const batches = Math.ceil(footer.groups.length / space.threads);
  let next = batches > 0 ? await load(0) : null;
  for (let batch = 0; batch < batches; batch++) {
    if (next === null) return false;
    const { calls, results } = next;
    const running = space.run([calls]);
    running.catch(() => undefined); // Awaited below, behind the reading of what comes next.
    next = batch + 1 < batches ? await load(batch + 1) : null;
    await running;
    if (results.some((result) => int32At(space, result, 1)[0] !== 1)) return false;
  }
  return true;
}

function fits(target: ColumnTarget, column: FileColumn | undefined): boolean {
  if (column === undefined) return false;
  switch (target.kind) {
    case "ints":
      return column.type === "INT32" && !column.optional && column.encoding === "deltas";
    case "times":
      return column.type === "INT64" && column.optional && column.encoding === "deltas";
    case "bytes":
      return column.type === "INT32" && column.optional && column.encoding === "deltas";
    case "codes":
    case "ratings":
      return column.type === "DOUBLE" && !column.optional && column.encoding === "dictionary";
  }
}

interface Loading {
  readonly chunk: FileChunk;
  readonly described: FileColumn;
  readonly target: ColumnTarget;
  readonly buffers: Buffers;
  readonly row: number;
}

async function loadChunk(
  space: ColumnSpace,
  handle: FileHandle,
  { chunk, described, target, buffers, row }: Loading,
): Promise<KernelCall | null> {
  // Straight into the memory of the kernels: copies, and fresh buffers even more so, take longer than decoding.
  const bytes = Buffer.from(space.memory.buffer, buffers.bytes, chunk.bytes);
  const { bytesRead } = await handle.read(bytes, 0, chunk.bytes, chunk.offset);
  if (bytesRead !== chunk.bytes) return null;
  const data = bytes.subarray(chunk.dictionaryBytes);
  const page = readPage(data, described);
  if (page?.kind !== "data" || page.values !== chunk.rows || page.from + page.bytes !== data.length) return null;
  const { scratch, map, result } = buffers;
  const from = buffers.bytes + chunk.dictionaryBytes + page.from;
  const length = page.bytes;
  const n = chunk.rows;
  switch (target.kind) {
    case "ints":
      return kernelCall("decodeInts", from, length, n, target.below, target.map, scratch, target.at + 4 * row, result);
    case "times":
      return kernelCall("decodeTimes", from, length, n, scratch, target.at + 8 * row, result);
    case "bytes":
      return kernelCall("decodeBytes", from, length, n, unusedPart, scratch, target.at + row, result);
    case "ratings": {
      const values = dictionaryOf(bytes.subarray(0, chunk.dictionaryBytes), described);
      if (values === null) return null;
      new Float32Array(space.memory.buffer, map, values.length).set(values);
      return kernelCall("decodeRatings", from, length, n, values.length, map, target.at + 4 * row, result);
    }
    case "codes": {
      const values = dictionaryOf(bytes.subarray(0, chunk.dictionaryBytes), described);
      if (values === null) return null;
      const codes = Uint16Array.from(values, (value) => target.codeOf(value));
      new Uint16Array(space.memory.buffer, map, codes.length).set(codes);
      return kernelCall("decodeCodes", from, length, n, codes.length, map, target.at + 2 * row, result);
    }
  }
}

/** A dictionary page's values; null where there is none such, or one of them is no number. */
function dictionaryOf(bytes: Buffer, column: FileColumn): Float64Array | null {
  const page = readPage(bytes, column);
  if (page?.kind !== "dictionary" || page.bytes !== 8 * page.values || page.values > mostValues) return null;
  const values = new Float64Array(page.values);
  for (let at = 0; at < values.length; at++) values[at] = bytes.readDoubleLE(page.from + 8 * at);
  return values.every((value) => Number.isFinite(value)) ? values : null;
}
