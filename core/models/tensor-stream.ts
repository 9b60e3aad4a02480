import { ReelbenchError } from "../contract/errors.ts";
import { checkLayout, readSafetensorsHeader } from "./safetensors.ts";
import type { PlacedTensor, Tensor } from "./safetensors.ts";

/** Rows of a tensor's first axis, ascending and each once; "all": the whole tensor. */
export type RowSelection = "all" | Int32Array;

/** Memory of so many bytes for the numbers of one tensor. */
type Allocate = (bytes: number) => ArrayBufferLike;

/**
 * Reads `model.safetensors` piece by piece and keeps only the rows that `select` names: a model of a gigabyte needs no more
 * memory than what is kept of it. Every length and every value is checked as `decodeSafetensors` does, those that are not
 * kept, too. The pieces' own hashes are the caller's to check. Throws RB_CORRUPT.
 */
export async function readTensors(
  pieces: AsyncIterable<Uint8Array>,
  bytes: number,
  select: (name: string, shape: readonly number[]) => RowSelection,
  allocate: Allocate = (size) => new ArrayBuffer(size),
): Promise<Map<string, Tensor>> {
  let head = Buffer.alloc(0);
  let receivers: Receiver[] | null = null;
  let words = 0;
  let rest = Buffer.alloc(0);
  const kept = new Map<string, Tensor>();
  for await (const piece of pieces) {
    let data = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    if (receivers === null) {
      head = Buffer.concat([head, data]);
      const header = readSafetensorsHeader(head, bytes);
      if (header === null) continue; // More of it is to come.
      receivers = checkLayout(header, bytes).map((tensor) => receiverOf(tensor, select, kept, allocate));
      data = head.subarray(header.dataStart);
      head = Buffer.alloc(0);
    }
    const aligned = rest.length === 0 && data.byteOffset % 4 === 0 ? data : joined(rest, data);
    const count = Math.floor(aligned.length / 4);
    for (const receive of receivers) receive(words, count, aligned);
    words += count;
    rest = Buffer.from(aligned.subarray(count * 4));
  }
  if (receivers === null)
    throw new ReelbenchError("RB_CORRUPT", "model.safetensors is damaged: it ends in its header.");
  return kept;
}

/** Numbers may straddle two pieces; a copy of its own starts where a Float32Array may. */
function joined(rest: Uint8Array, data: Uint8Array): Uint8Array {
  const copy = new Uint8Array(rest.length + data.length);
  copy.set(rest);
  copy.set(data, rest.length);
  return copy;
}

/** Takes the `count` numbers that `bytes` begin with, the first of which is number `from` of all tensors' numbers. */
type Receiver = (from: number, count: number, bytes: Uint8Array) => void;

function receiverOf(
  { name, dtype, shape, begin, length }: PlacedTensor,
  select: (name: string, shape: readonly number[]) => RowSelection,
  kept: Map<string, Tensor>,
  allocate: Allocate,
): Receiver {
  const first = begin / 4;
  const width = shape.slice(1).reduce((product, size) => product * size, 1);
  const rows = select(name, shape);
  const size = rows === "all" ? length / 4 : rows.length * width;
  const memory = allocate(size * 4);
  const data = dtype === "I32" ? new Int32Array(memory) : new Float32Array(memory);
  kept.set(name, { shape: rows === "all" ? shape : [rows.length, ...shape.slice(1)], data });
  return (from, count, { buffer, byteOffset }) => {
    const start = Math.max(from, first);
    const end = Math.min(from + count, first + length / 4);
    if (start >= end) return;
    const view = (at: number, until: number) =>
      dtype === "I32"
        ? new Int32Array(buffer, byteOffset + (at - from) * 4, until - at)
        : new Float32Array(buffer, byteOffset + (at - from) * 4, until - at);
    const values = view(start, end);
    if (values instanceof Float32Array) checkFinite(name, values);
    if (rows === "all") return data.set(values, start - first);
    // The first selected row that ends after `start`.
    for (let at = lowerBound(rows, Math.floor((start - first) / width)); at < rows.length; at++) {
      const row = first + (rows[at] ?? 0) * width;
      if (row >= end) return;
      const [a, b] = [Math.max(row, start), Math.min(row + width, end)];
      if (a < b) data.set(view(a, b), at * width + (a - row));
    }
  };
}

function checkFinite(name: string, values: Float32Array): void {
  for (const value of values)
    if (!Number.isFinite(value))
      throw new ReelbenchError(
        "RB_CORRUPT",
        `model.safetensors is damaged: the tensor "${name}" holds a value that is not a finite number.`,
      );
}

/** The first place of a value of at least `wanted`. */
function lowerBound(ascending: Int32Array, wanted: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
