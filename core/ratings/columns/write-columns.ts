import type { FileHandle } from "node:fs/promises";
import { kernelCall } from "../../compute/kernels.ts";
import type { KernelCall } from "../../compute/kernels.ts";
import { unusedPart } from "../split-parts.ts";
import { bytesAt } from "./column-space.ts";
import type { BatchStep, ColumnSpace } from "./column-space.ts";
import { footer, magic, pageHeader } from "./parquet-file.ts";
import type { FileChunk, FileColumn } from "./parquet-file.ts";

/** Rows of a group. Fixed: the file's bytes depend on nothing but what it holds. */
export const groupRows = 131_072;
/** A number takes eight bytes and a definition level one bit at most; the rest is for headers. */
const mostBytes = 9 * groupRows + 4096;
const resultBytes = 32;
/** Wider dictionaries would cost more in every group than they save. */
const mostValuesOfDictionary = 256;

/** Where a column of all rows lies in the memory. */
export type ColumnInMemory =
  | {
      readonly kind: "ints";
      readonly name: string;
      readonly type: "INT32" | "INT64";
      readonly at: number;
      readonly map: number;
    }
  | { readonly kind: "times"; readonly name: string; readonly at: number; readonly unit: number }
  | { readonly kind: "bytes"; readonly name: string; readonly at: number }
  | {
      readonly kind: "codes";
      readonly name: string;
      readonly at: number;
      readonly values: Float64Array;
      readonly valuesAt: number;
    };

export interface ColumnsToWrite {
  readonly rows: number;
  /** Which rows [rows], 32 bits each; 0: all, in their order. */
  readonly order: number;
  readonly columns: readonly ColumnInMemory[];
}

/**
 * Writes columns as a Parquet file, a group of rows for each thread in a batch. The first bytes are written when the first batch
 * is consumed, the last by `finish`.
 */
export function columnWriter(
  space: ColumnSpace,
  file: FileHandle,
  { rows, order, columns }: ColumnsToWrite,
): { readonly step: BatchStep; readonly batches: number; finish(): Promise<void> } {
  const described = columns.map(describe);
  const perBatch = space.threads;
  const slots = [0, 1].map(() =>
    Array.from({ length: perBatch }, () =>
      columns.map(() => ({
        out: space.allocate(mostBytes),
        scratch: space.allocate(8 * groupRows),
        result: space.allocate(resultBytes),
      })),
    ),
  );
  const groups: FileChunk[][] = [];
  let place = magic.length;
  const groupCount = Math.ceil(rows / groupRows);
  const dictionaries = columns.map((column, index) => dictionaryPage(column, described[index]));

  const places = (batch: number, slot: 0 | 1) =>
    (slots[slot] ?? []).flatMap((buffers, at) => {
      const group = batch * perBatch + at;
      return group < groupCount
        ? [{ buffers, from: group * groupRows, n: Math.min(groupRows, rows - group * groupRows) }]
        : [];
    });

  const write = async (parts: readonly Uint8Array[]) => {
    const { bytesWritten } = await file.writev(parts, place);
    const bytes = parts.reduce((sum, part) => sum + part.length, 0);
    // Hardly ever anything is left: a disk that is nearly full says so at the second attempt.
    if (bytesWritten < bytes)
      await file.write(Buffer.concat(parts), bytesWritten, bytes - bytesWritten, place + bytesWritten);
    place += bytes;
  };

  return {
    batches: Math.ceil(groupCount / perBatch),
    step: {
      calls: (batch, slot) =>
        places(batch, slot).flatMap(({ buffers, from, n }) =>
          columns.flatMap((column, index) => {
            const buffer = buffers[index];
            return buffer === undefined ? [] : [encoding(column, order, from, n, buffer)];
          }),
        ),
      async consume(batch, slot) {
        for (const { buffers, n } of places(batch, slot)) {
          const chunks: FileChunk[] = [];
          const parts: Uint8Array[] = [];
          let offset = place;
          for (const [index, { out, result }] of buffers.entries()) {
            const column = described[index];
            if (column === undefined) continue;
            const left = new DataView(space.memory.buffer, result, resultBytes);
            const data = bytesAt(space, out, left.getUint32(0, true));
            const header = pageHeader(column, "data", n, data.length);
            const dictionary = dictionaries[index] ?? Buffer.alloc(0);
            const bytes = dictionary.length + header.length + data.length;
            const known = left.getInt32(4, true);
            chunks.push({
              rows: n,
              offset,
              bytes,
              dictionaryBytes: dictionary.length,
              unknown: n - known,
              ...(column.type === "DOUBLE" || known === 0 ? {} : rangeOf(column, left)),
            });
            parts.push(dictionary, header, data);
            offset += bytes;
          }
          groups.push(chunks);
          await write(parts);
        }
      },
    },
    async finish() {
      await file.write(magic, 0, magic.length, 0);
      await write([footer(described, groups)]);
    },
  };
}

function describe(column: ColumnInMemory): FileColumn {
  const { name } = column;
  switch (column.kind) {
    case "ints":
      return { name, type: column.type, optional: false, encoding: "deltas" };
    case "times":
      return { name, type: "INT64", optional: true, encoding: "deltas" };
    case "bytes":
      return { name, type: "INT32", converted: "UINT_8", optional: true, encoding: "deltas" };
    case "codes":
      return {
        name,
        type: "DOUBLE",
        optional: false,
        encoding: column.values.length <= mostValuesOfDictionary ? "dictionary" : "plain",
      };
  }
}

function encoding(
  column: ColumnInMemory,
  order: number,
  from: number,
  n: number,
  { out, scratch, result }: { readonly out: number; readonly scratch: number; readonly result: number },
): KernelCall {
  switch (column.kind) {
    case "ints":
      return kernelCall("encodeInts", column.at, order, column.map, from, n, scratch, out, result);
    case "times":
      return kernelCall("encodeTimes", column.at, order, column.unit, from, n, scratch, out, result);
    case "bytes":
      return kernelCall("encodeBytes", column.at, order, unusedPart, from, n, scratch, out, result);
    case "codes":
      return column.values.length <= mostValuesOfDictionary
        ? kernelCall("encodeCodes", column.at, order, bitsOf(column.values.length), from, n, out, result)
        : kernelCall("encodeValues", column.at, order, column.valuesAt, from, n, out, result);
  }
}

/** Enough for numbers below `values`; one at least, as readers expect. */
const bitsOf = (values: number): number => Math.max(1, Math.ceil(Math.log2(values)));

function dictionaryPage(column: ColumnInMemory, described: FileColumn | undefined): Buffer {
  if (column.kind !== "codes" || described?.encoding !== "dictionary") return Buffer.alloc(0);
  const values = Buffer.alloc(8 * column.values.length);
  column.values.forEach((value, index) => values.writeDoubleLE(value, 8 * index));
  return Buffer.concat([pageHeader(described, "dictionary", column.values.length, values.length), values]);
}

/** The least and greatest value as Parquet's plain encoding has them. */
function rangeOf({ type }: FileColumn, left: DataView): { least: Uint8Array; greatest: Uint8Array } {
  const size = type === "INT32" ? 4 : 8;
  const bytes = (at: number) =>
    new Uint8Array(left.buffer.slice(left.byteOffset + at, left.byteOffset + at + size) as ArrayBuffer);
  return { least: bytes(8), greatest: bytes(16) };
}
