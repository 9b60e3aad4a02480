import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { kernelCall } from "../../compute/kernels.ts";
import { ReelbenchError } from "../../contract/errors.ts";
import { int32At } from "./column-space.ts";
import type { ColumnSpace } from "./column-space.ts";
import { createIdTable } from "./id-table.ts";
import { piecesOf, roomFor } from "./pieces.ts";
import type { Pieces } from "./pieces.ts";
import { allocateOrdinary, createLane } from "./plain-lane.ts";
import type { PlainLane, PlainLayout } from "./plain-lane.ts";

/** The records of a plain file as columns in a space. Users, items: numbers in the order in which they first appear. */
export interface PlainColumns {
  readonly rows: number;
  /** Where the columns lie: 32 bits each, `code` 16, `time` float64 (as written; 0 where the file has none). */
  readonly line: number;
  readonly u: number;
  readonly i: number;
  readonly code: number;
  readonly time: number;
  readonly users: readonly string[];
  readonly items: readonly string[];
  /** Ratings by code, in ascending order, and how often each occurs. */
  readonly values: Float64Array;
  readonly counts: Float64Array;
  readonly earliest: number;
  readonly latest: number;
  /** Of the whole file. */
  readonly sha256: string;
  readonly bytes: number;
  /** Records by a count that shares nothing with the reading (assembly/lines.ts); the header is none. */
  readonly records: number;
}

const usualPiece = 1024 * 1024;
/** Columns are made for so many more rows than the file's first pieces promise. */
const margin = 1.1;

/**
 * Reads a file of plain records, its pieces in turns by as many readers as the space has threads. Null where something is
 * not plain: ASCII without spaces or control characters, each record on a line of its own with the right number of fields, ids
 * of 1 to 512 characters, ratings and times that are decimal numbers of few digits: where the exact path could come to no
 * other result. Fields may stand in quotes that hold no quote. Throws RangeError when memory does not suffice, RB_CONFLICT
 * when the file changes meanwhile, RB_CANCELLED.
 */
export async function readPlainColumns(
  space: ColumnSpace,
  path: string,
  layout: PlainLayout,
  onBytes: (bytes: number) => void = () => undefined,
  pieceBytes = usualPiece,
): Promise<PlainColumns | null> {
  const file = await open(path);
  try {
    const before = await file.stat();
    const read = await readAll(space, file, layout, { size: before.size, pieceBytes, onBytes });
    const after = await file.stat();
    if (after.size !== before.size || after.mtimeMs !== before.mtimeMs)
      throw new ReelbenchError("RB_CONFLICT", `${path} changed while it was being read. Import it again.`);
    return read;
  } finally {
    await file.close();
  }
}

/** What one reader made of one piece. */
interface Read {
  readonly lane: number;
  readonly from: number;
  readonly to: number;
  /** Ids of the lane's tables that this piece brought. */
  readonly users: readonly [number, number];
  readonly items: readonly [number, number];
}

async function readAll(
  space: ColumnSpace,
  file: FileHandle,
  layout: PlainLayout,
  { size, pieceBytes, onBytes }: { readonly size: number; readonly pieceBytes: number; onBytes(bytes: number): void },
): Promise<PlainColumns | null> {
  const hash = createHash("sha256");
  const pieces = piecesOf(file, pieceBytes, hash);
  const ordinary = allocateOrdinary(space, layout.delimiter);
  const columns = createColumns(space);
  const lanes = Array.from({ length: space.threads }, () =>
    createLane(space, layout, { ordinary, columns: columns.pointer, pieceBytes: roomFor(pieceBytes) }),
  );
  const reads: Read[] = [];
  let rows = 0;
  let line = 1;
  let done = 0;
  let slot: 0 | 1 = 0;
  let next = await take(pieces, lanes, slot);
  if (layout.header && next !== null) {
    const header = headerOf(next[0]);
    if (header === null) return null;
    line += header.lines;
    next[0] = next[0]?.subarray(header.bytes) ?? Buffer.alloc(0);
  }
  let counted = countsOf(lanes, next);
  while (next !== null && next.length > 0) {
    const loaded = next;
    const bytes = loaded.reduce((sum, piece) => sum + piece.length, 0);
    const sizes = lanes.map((lane) => [lane.users.size, lane.items.size] as const);
    const total = counted.reduce((sum, { records }) => sum + records, 0);
    if (rows + total > columns.capacity)
      columns.widen(Math.ceil(Math.max(rows + total, ((rows + total) / (done + bytes)) * size * margin)), rows);
    const started = loaded.map((piece, at) => {
      const { lines = 0, records = 0 } = counted[at] ?? {};
      lanes[at]?.begin(piece, line, records, rows);
      line += lines;
      rows += records;
      return { lane: at, from: rows - records, to: rows };
    });
    const running = space.run([started.map(({ lane }) => kernelCall("readPlainRecords", lanes[lane]?.pointer ?? 0))]);
    running.catch(() => undefined); // Awaited below, behind the reading of what comes next.
    slot = slot === 0 ? 1 : 0;
    next = await take(pieces, lanes, slot);
    counted = countsOf(lanes, next);
    await running;
    for (const { lane: index, from, to } of started) {
      const lane = lanes[index];
      const [users = 0, items = 0] = sizes[index] ?? [];
      if (lane === undefined || lane.rows() !== to - from) return null;
      reads.push({ lane: index, from, to, users: [users, lane.users.size], items: [items, lane.items.size] });
    }
    done += bytes;
    onBytes(done);
  }
  if (next === null) return null;
  const merged = await merge(space, lanes, reads, ordinary, columns);
  const times = lanes.map((lane) => lane.times());
  return {
    ...merged,
    ...columns.places(),
    rows,
    records: rows,
    earliest: Math.min(...times.map(([earliest]) => earliest)),
    latest: Math.max(...times.map(([, latest]) => latest)),
    sha256: hash.digest("hex"),
    bytes: size,
  };
}

/** A piece for each reader, fewer at the end; null when a line is too long. */
async function take(pieces: Pieces, lanes: readonly PlainLane[], slot: 0 | 1): Promise<Buffer[] | null> {
  const taken: Buffer[] = [];
  for (const lane of lanes) {
    const piece = await pieces.next(lane.place(slot));
    if (piece === "long") return null;
    if (piece === null) break;
    taken.push(piece);
  }
  return taken;
}

const countsOf = (lanes: readonly PlainLane[], pieces: readonly Buffer[] | null) =>
  (pieces ?? []).map((piece, at) => lanes[at]?.count(piece) ?? { lines: 0, records: 0 });

/** The empty lines in front of the header and the header itself; null when it could be more than a line. */
function headerOf(piece: Buffer | undefined): { readonly bytes: number; readonly lines: number } | null {
  let at = 0;
  for (let lines = 1; piece !== undefined; lines++) {
    const end = piece.indexOf(10, at);
    if (end === -1) return null;
    const text = piece.toString("latin1", at, end).replace(/\r$/, "");
    at = end + 1;
    if (text === "") continue;
    const isWhole = text.split('"').length % 2 === 1;
    return isWhole && text.trim() !== "" && !/[\r\0]/.test(text) ? { bytes: at, lines } : null;
  }
  return null;
}

type Merged = Pick<PlainColumns, "users" | "items" | "values" | "counts">;

/** One numbering for all lanes: users and items as the file's pieces first have them, ratings in ascending order. */
async function merge(
  space: ColumnSpace,
  lanes: readonly PlainLane[],
  reads: readonly Read[],
  ordinary: number,
  columns: GrowingColumns,
): Promise<Merged> {
  const { values, counts, codes } = mergeValues(space, lanes);
  const [first] = lanes;
  const single = lanes.length === 1 && first !== undefined;
  const users = single ? null : mergeIds(space, lanes, reads, ordinary, "users");
  const items = single ? null : mergeIds(space, lanes, reads, ordinary, "items");
  const { u, i, code } = columns.places();
  await space.run([
    reads.map(({ lane, from, to }) =>
      kernelCall("renumber", u, i, code, from, to, users?.maps[lane] ?? 0, items?.maps[lane] ?? 0, codes[lane] ?? 0),
    ),
  ]);
  return {
    users: (users?.table ?? first?.users)?.ids() ?? [],
    items: (items?.table ?? first?.items)?.ids() ?? [],
    values,
    counts,
  };
}

function mergeIds(
  space: ColumnSpace,
  lanes: readonly PlainLane[],
  reads: readonly Read[],
  ordinary: number,
  kind: "users" | "items",
) {
  const table = createIdTable(space, space.kernels);
  table.reserve(
    lanes.reduce((sum, lane) => sum + lane[kind].size, 0),
    lanes.reduce((sum, lane) => sum + lane[kind].bytes, 0),
  );
  const maps = lanes.map((lane) => space.allocate(4 * lane[kind].size));
  for (const read of reads) {
    const [from, to] = read[kind];
    space.kernels.mergeIds(
      lanes[read.lane]?.[kind].pointer ?? 0,
      from,
      to,
      table.pointer,
      ordinary,
      maps[read.lane] ?? 0,
    );
  }
  return { table, maps };
}

function mergeValues(space: ColumnSpace, lanes: readonly PlainLane[]) {
  const values = Float64Array.from(new Set(lanes.flatMap((lane) => [...lane.values()]))).sort();
  const codeOf = new Map(Array.from(values, (value, code) => [value, code]));
  const counts = new Float64Array(values.length);
  const codes = lanes.map((lane) => {
    const own = lane.values();
    const map = space.allocate(2 * own.length);
    const numbers = Uint16Array.from(own, (value) => codeOf.get(value) ?? 0);
    new Uint16Array(space.memory.buffer, map, own.length).set(numbers);
    lane.counts().forEach((n, index) => (counts[numbers[index] ?? 0] = (counts[numbers[index] ?? 0] ?? 0) + n));
    return map;
  });
  return { values, counts, codes };
}

interface GrowingColumns {
  readonly pointer: number;
  readonly capacity: number;
  /** Gives the columns room for so many rows and keeps the first ones. */
  widen(capacity: number, rows: number): void;
  places(): Pick<PlainColumns, "line" | "u" | "i" | "code" | "time">;
}

const widths = [4, 4, 4, 2, 8] as const;

function createColumns(space: ColumnSpace): GrowingColumns {
  const pointer = space.allocate(4 * widths.length);
  const at = () => int32At(space, pointer, widths.length);
  let capacity = 0;
  return {
    pointer,
    get capacity() {
      return capacity;
    },
    widen(wanted, rows) {
      capacity = wanted;
      for (const [index, width] of widths.entries()) {
        const to = space.allocate(width * capacity);
        const from = at()[index] ?? 0;
        new Uint8Array(space.memory.buffer).copyWithin(to, from, from + width * rows);
        at()[index] = to;
      }
    },
    places() {
      const [line = 0, u = 0, i = 0, code = 0, time = 0] = at();
      return { line, u, i, code, time };
    },
  };
}
