import { z } from "zod";
import { ReelbenchError } from "../contract/errors.ts";

/** A tensor of float32 or int32, row-major. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

/** Far above what a handful of tensors needs; a longer header is an attack or a mistake. */
const largestHeader = 64 * 1024;
const lengthBytes = 8;

const headerEntry = z.strictObject({
  dtype: z.enum(["F32", "I32"]),
  shape: z.array(z.int().nonnegative()).max(8),
  data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
});
const headerSchema = z.record(z.string(), headerEntry);

/**
 * The safetensors layout (https://github.com/huggingface/safetensors): header length as 8 bytes little-endian, header as
 * JSON padded with spaces to 8 bytes, then the tensors' bytes in the order given, without gaps. Deterministic.
 */
export function encodeSafetensors(tensors: ReadonlyMap<string, Tensor>): Uint8Array {
  const entries: Record<string, z.infer<typeof headerEntry>> = {};
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    entries[name] = {
      dtype: data instanceof Int32Array ? "I32" : "F32",
      shape: [...shape],
      data_offsets: [offset, offset + data.byteLength],
    };
    offset += data.byteLength;
  }
  const json = JSON.stringify(entries);
  const headerText = new TextEncoder().encode(json.padEnd(Math.ceil(json.length / 8) * 8, " "));
  const bytes = new Uint8Array(lengthBytes + headerText.length + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerText.length), true);
  bytes.set(headerText, lengthBytes);
  let at = lengthBytes + headerText.length;
  for (const { data } of tensors.values()) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/**
 * Reads bytes that may come from anywhere. Every length is checked before it is used: header within bounds, float32 or int32 only,
 * each tensor's bytes exactly its shape's, tensors one after the other without gap or overlap to the last byte, all
 * values finite. Throws RB_CORRUPT. The tensors are copies.
 */
export function decodeSafetensors(bytes: Uint8Array): Map<string, Tensor> {
  const header = readSafetensorsHeader(bytes, bytes.length);
  if (header === null) throw corrupt("it is shorter than its own header");
  const tensors = new Map<string, Tensor>();
  for (const { name, dtype, shape, begin, length } of checkLayout(header, bytes.length))
    tensors.set(name, { shape, data: copyNumbers(bytes, header.dataStart + begin, length, dtype, name) });
  return tensors;
}

interface SafetensorsHeader {
  readonly entries: z.infer<typeof headerSchema>;
  readonly dataStart: number;
}

export interface PlacedTensor {
  readonly name: string;
  readonly dtype: "F32" | "I32";
  readonly shape: readonly number[];
  /** Bytes, from where the data start. */
  readonly begin: number;
  readonly length: number;
}

/** The tensors in the order of their bytes, of which each is exactly as many as its shape needs, without gap or overlap. Throws RB_CORRUPT. */
export function checkLayout({ entries, dataStart }: SafetensorsHeader, fileBytes: number): PlacedTensor[] {
  const placed = Object.entries(entries).sort(
    ([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1],
  );
  let expected = 0;
  const tensors: PlacedTensor[] = [];
  for (const [name, { dtype, shape, data_offsets: offsets }] of placed) {
    const [begin, end] = offsets;
    const length = shape.reduce((product, size) => product * size, 1) * 4;
    if (begin !== expected) throw corrupt(`the tensor "${name}" overlaps another or leaves a gap`);
    if (!Number.isSafeInteger(length) || end - begin !== length)
      throw corrupt(`the tensor "${name}" has ${end - begin} bytes, its shape needs ${length}`);
    if (dataStart + end > fileBytes) throw corrupt(`the tensor "${name}" goes beyond the end of the file`);
    expected = end;
    tensors.push({ name, dtype, shape, begin, length });
  }
  if (dataStart + expected !== fileBytes)
    throw corrupt(`${fileBytes - dataStart - expected} bytes follow the last tensor`);
  return tensors;
}

/** The header at the beginning of a file of `fileBytes`; null where `bytes` do not hold all of it. Throws RB_CORRUPT. */
export function readSafetensorsHeader(bytes: Uint8Array, fileBytes: number): SafetensorsHeader | null {
  if (fileBytes < lengthBytes) throw corrupt("it is shorter than its own header");
  if (bytes.length < lengthBytes) return null;
  const declared = new DataView(bytes.buffer, bytes.byteOffset, lengthBytes).getBigUint64(0, true);
  if (declared > BigInt(largestHeader) || Number(declared) > fileBytes - lengthBytes)
    throw corrupt(`its header claims ${declared} bytes`);
  const dataStart = lengthBytes + Number(declared);
  if (bytes.length < dataStart) return null;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(lengthBytes, dataStart)));
  } catch (error) {
    throw corrupt("its header is not JSON", error);
  }
  const parsed = headerSchema.safeParse(value);
  if (!parsed.success)
    throw corrupt(`its header does not describe float32 or int32 tensors: ${z.prettifyError(parsed.error)}`);
  return { entries: parsed.data, dataStart };
}

function copyNumbers(
  bytes: Uint8Array,
  begin: number,
  length: number,
  dtype: "F32" | "I32",
  name: string,
): Tensor["data"] {
  // A copy, because the file's offset need not be a multiple of four. Not `slice`: a Buffer's shares its memory.
  const { buffer } = new Uint8Array(bytes.subarray(begin, begin + length));
  if (dtype === "I32") return new Int32Array(buffer);
  const data = new Float32Array(buffer);
  for (const value of data)
    if (!Number.isFinite(value)) throw corrupt(`the tensor "${name}" holds a value that is not a finite number`);
  return data;
}

function corrupt(reason: string, cause?: unknown): ReelbenchError {
  return new ReelbenchError("RB_CORRUPT", `model.safetensors is damaged: ${reason}.`, { cause });
}
