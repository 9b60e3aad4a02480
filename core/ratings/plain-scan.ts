import type { Kernels } from "../compute/kernels.ts";
import { createArena, createIdTable } from "./id-table.ts";
import type { IdTable } from "./id-table.ts";
import { maximumRecordBytes } from "./record-scanner.ts";
import { createValueCounts } from "./value-counts.ts";

/** Where the columns of a plain file are; −1: there is none. */
export interface PlainLayout {
  readonly delimiter: number;
  readonly width: number;
  readonly user: number;
  readonly item: number;
  readonly rating: number;
  readonly time: number;
  readonly header: boolean;
}

/** Records of a plain file, as columns in shared memory. */
export interface PlainBlock {
  readonly rows: number;
  readonly line: Int32Array;
  readonly u: Int32Array;
  readonly i: Int32Array;
  readonly rating: Float64Array;
  /** As written: seconds, milliseconds, microseconds. 0 where the file has no times. */
  readonly time: Float64Array;
}

export interface PlainScan {
  /**
   * Reads on. False: the file is not plain, and nothing read so far is to be used. Plain is ASCII without quotes, spaces
   * or control characters, each record on a line of its own with the right number of fields, ids of 1 to 512 characters,
   * ratings and times that are decimal numbers of few digits: where the exact path could come to no other result.
   */
  push(chunk: Uint8Array): boolean;
  end(): boolean;
  readonly users: IdTable;
  readonly items: IdTable;
  /** Every rating that occurs, and how often. */
  readonly values: ReadonlyMap<number, number>;
  readonly rows: number;
  /** Lines read, empty ones and the header among them. */
  readonly lines: number;
  readonly earliest: number;
  readonly latest: number;
}

/** The largest chunk that may be pushed. */
export const largestChunk = 512 * 1024;
/** `1,1,1` and a line end: no shorter record is plain. */
const fewestBytes = 6;
/** What an unfinished line and a chunk may hold, and so the rows of one call. */
const bufferBytes = maximumRecordBytes + largestChunk + 16;
const rowsOfCall = Math.ceil(largestChunk / fewestBytes) + 16;
/** More different ratings than a scale has: the exact path, which counts them on disk. */
const mostValues = 10_000;
/** Where the kernels' memory begins to be ours. */
const memoryBase = 1024;

/** Bytes that may stand in a field: visible ASCII but `"`, and `+`, which ids damaged by a spreadsheet have. */
const isPlain = (byte: number) => byte > 32 && byte < 127 && byte !== 34 && byte !== 43;

/**
 * `onBlock` is given the records of each chunk; the arrays are its to keep. The memory is for this scan alone.
 */
export function createPlainScan(
  layout: PlainLayout,
  { kernels, memory }: { readonly kernels: Kernels; readonly memory: WebAssembly.Memory },
  onBlock: (block: PlainBlock) => void,
): PlainScan {
  const { delimiter, width, user, item, rating, time } = layout;
  const arena = createArena(memory, memoryBase);
  const buffer = arena.allocate(bufferBytes);
  const ordinary = arena.allocate(256);
  const fields = arena.allocate(12 * (width + 1));
  const state = arena.allocate(16);
  const columns = {
    line: arena.allocate(4 * rowsOfCall),
    u: arena.allocate(4 * rowsOfCall),
    i: arena.allocate(4 * rowsOfCall),
    rating: arena.allocate(8 * rowsOfCall),
    time: arena.allocate(8 * rowsOfCall),
  };
  const users = createIdTable(arena);
  const items = createIdTable(arena);
  const values = createValueCounts();
  const stateWords = () => new Int32Array(memory.buffer, state, 3);
  const bytes = () => new Uint8Array(memory.buffer);
  for (let byte = 0; byte < 256; byte++) bytes()[ordinary + byte] = isPlain(byte) && byte !== delimiter ? 1 : 0;
  stateWords().set([1, layout.header ? 0 : 1, 0]);

  let carried = 0;
  let rows = 0;
  let earliest = Infinity;
  let latest = -Infinity;

  const keep = (count: number) => {
    const ints = (from: number) => {
      const copy = new Int32Array(new SharedArrayBuffer(4 * count));
      copy.set(new Int32Array(memory.buffer, from, count));
      return copy;
    };
    const doubles = (from: number) => {
      const copy = new Float64Array(new SharedArrayBuffer(8 * count));
      copy.set(new Float64Array(memory.buffer, from, count));
      return copy;
    };
    const block: PlainBlock = {
      rows: count,
      line: ints(columns.line),
      u: ints(columns.u),
      i: ints(columns.i),
      rating: doubles(columns.rating),
      time: doubles(columns.time),
    };
    for (let row = 0; row < count; row++) {
      values.add(block.rating[row]!);
      const moment = block.time[row]!;
      if (moment < earliest) earliest = moment;
      if (moment > latest) latest = moment;
    }
    rows += count;
    onBlock(block);
  };

  const consume = (length: number, final: boolean): boolean => {
    users.reserve(rowsOfCall, length);
    items.reserve(rowsOfCall, length);
    bytes()[buffer + length] = 0;
    const read = kernels.readRecords(
      buffer,
      length,
      final ? 1 : 0,
      delimiter,
      width,
      user,
      item,
      rating,
      time,
      ordinary,
      fields,
      users.pointer,
      items.pointer,
      columns.line,
      columns.u,
      columns.i,
      columns.rating,
      columns.time,
      state,
    );
    if (read === -1) return false;
    const count = stateWords()[2]!;
    if (count > 0) keep(count);
    carried = length - read;
    bytes().copyWithin(buffer, buffer + read, buffer + length);
    return carried <= maximumRecordBytes && values.size <= mostValues;
  };

  return {
    push(chunk) {
      bytes().set(chunk, buffer + carried);
      return consume(carried + chunk.length, false);
    },
    end: () => consume(carried, true),
    users,
    items,
    get values() {
      return values.counts();
    },
    get rows() {
      return rows;
    },
    get lines() {
      return stateWords()[0]! - 1;
    },
    get earliest() {
      return earliest;
    },
    get latest() {
      return latest;
    },
  };
}
