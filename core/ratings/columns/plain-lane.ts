import type { ColumnSpace } from "./column-space.ts";
import { bytesAt, float64At, int32At } from "./column-space.ts";
import { createIdTable } from "./id-table.ts";
import type { IdTable } from "./id-table.ts";

/** Where the columns of a plain file are; −1: there is none. */
export interface PlainLayout {
  readonly delimiter: number;
  readonly width: number;
  readonly user: number;
  readonly item: number;
  readonly rating: number;
  readonly time: number;
  readonly header: boolean;
  /** Whether a field may stand in quotes. */
  readonly quotes: boolean;
}

/** More different ratings than a scale has: the exact path, which counts them on disk. The kernel's number. */
const mostValues = 10_000;
const ratingSlots = 32_768;
const cacheBytes = 256 * 16;

/** Bytes that may stand in a field: visible ASCII but `"`, and `+`, which ids damaged by a spreadsheet have. */
const isPlain = (byte: number) => byte > 32 && byte < 127 && byte !== 34 && byte !== 43;

/** 1 for every byte that may stand in a field, [256] in the memory. */
export function allocateOrdinary(space: ColumnSpace, delimiter: number): number {
  const at = space.allocate(256);
  bytesAt(space, at, 256).forEach((_, byte, bytes) => (bytes[byte] = isPlain(byte) && byte !== delimiter ? 1 : 0));
  return at;
}

/** One of the readers that take turns at a file's pieces, with numbers of its own for users, items and ratings. */
export interface PlainLane {
  readonly users: IdTable;
  readonly items: IdTable;
  /** The arguments of the kernel `readPlainRecords`. */
  readonly pointer: number;
  /** Two places for pieces: one is read by the kernel while the other is filled. Views of the memory as it is now. */
  place(slot: 0 | 1): Buffer;
  /** Lines of a piece in one of the places, and those of them that are records. Another piece may be read meanwhile. */
  count(piece: Buffer): { readonly lines: number; readonly records: number };
  /** Readies the kernel for a piece: the number of its first line, how many records it must find, and the row of the first. */
  begin(piece: Buffer, line: number, records: number, firstRow: number): void;
  /** Rows read by the kernel; −1: not plain. */
  rows(): number;
  /** Least and greatest time so far. */
  times(): readonly [number, number];
  /** Ratings by number, and how often each was read. */
  values(): Float64Array;
  counts(): Int32Array;
}

export function createLane(
  space: ColumnSpace,
  layout: PlainLayout,
  places: { readonly ordinary: number; readonly columns: number; readonly pieceBytes: number },
): PlainLane {
  const pointer = space.allocate(96);
  const slots = [0, 1].map(() => space.allocate(places.pieceBytes + 32)) as [number, number];
  const counted = space.allocate(8);
  const roles = space.allocate(layout.width);
  const { user, item, rating, time } = layout;
  [user, item, rating, time].forEach((column, index) => {
    if (column !== -1) bytesAt(space, roles, layout.width)[column] = index + 1;
  });
  const users = createIdTable(space, space.kernels);
  const items = createIdTable(space, space.kernels);
  const ratings = space.allocate(20);
  const tables = [8 * mostValues, 4 * mostValues, 4 * ratingSlots, cacheBytes].map((size) => space.allocate(size));
  const [values = 0, counts = 0] = tables;
  int32At(space, ratings + 4, 4).set(tables);
  int32At(space, pointer + 20, 9).set([
    layout.delimiter,
    layout.width,
    roles,
    layout.quotes ? 1 : 0,
    places.ordinary,
    users.pointer,
    items.pointer,
    ratings,
    places.columns,
  ]);
  float64At(space, pointer + 72, 2).set([Infinity, -Infinity]);
  const valueCount = () => int32At(space, ratings, 1)[0] ?? 0;
  return {
    users,
    items,
    pointer,
    place: (slot) => Buffer.from(space.memory.buffer, slots[slot], places.pieceBytes),
    count(piece) {
      space.kernels.countLines(piece.byteOffset, piece.length, counted);
      const [lines = 0, records = 0] = int32At(space, counted, 2);
      return { lines, records };
    },
    begin(piece, line, records, firstRow) {
      users.reserve(records, piece.length);
      items.reserve(records, piece.length);
      int32At(space, pointer, 5).set([piece.byteOffset, piece.length, line, records, firstRow]);
    },
    rows: () => int32At(space, pointer + 64, 1)[0] ?? -1,
    times: () => [float64At(space, pointer + 72, 2)[0] ?? NaN, float64At(space, pointer + 72, 2)[1] ?? NaN],
    values: () => float64At(space, values, valueCount()).slice(),
    counts: () => int32At(space, counts, valueCount()).slice(),
  };
}
