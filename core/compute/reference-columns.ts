/**
 * The kernels of assembly/columns.ts in plain TypeScript, as the formats read (parquet.apache.org, "Encodings"): see reference.ts.
 * Bits are digits of one large integer, and unknown values are null.
 */

export interface Encoded {
  readonly bytes: readonly number[];
  readonly known: number;
  /** Of the values that are known; null where none is. */
  readonly least: bigint | null;
  readonly greatest: bigint | null;
}

const [block, miniblock] = [128, 32];

function varint(value: bigint): number[] {
  return value < 128n ? [Number(value)] : [Number(value & 127n) | 128, ...varint(value >> 7n)];
}

const zigzag = (value: bigint): bigint => (value >= 0n ? 2n * value : -2n * value - 1n);

/** Numbers of `width` bits each, the first in the lowest bits, in so many bytes. */
function packed(numbers: readonly bigint[], width: number, bytes: number): number[] {
  const all = numbers.reduce((sum, value, at) => sum | (value << BigInt(at * width)), 0n);
  return Array.from({ length: bytes }, (_, at) => Number((all >> BigInt(8 * at)) & 255n));
}

const least = (values: readonly bigint[]): bigint => values.reduce((a, b) => (b < a ? b : a));
const greatest = (values: readonly bigint[]): bigint => values.reduce((a, b) => (b > a ? b : a));
const bitsOf = (value: bigint): number => (value === 0n ? 0 : value.toString(2).length);

/** DELTA_BINARY_PACKED. */
function deltas(values: readonly bigint[]): number[] {
  const header = [BigInt(block), BigInt(block / miniblock), BigInt(values.length), zigzag(values[0] ?? 0n)];
  const differences = values.slice(1).map((value, at) => value - (values[at] ?? 0n));
  const out = header.flatMap(varint);
  for (let from = 0; from < differences.length; from += block) {
    const own = differences.slice(from, from + block);
    const smallest = least(own);
    const minis = Array.from({ length: block / miniblock }, (_, mini) =>
      own.slice(mini * miniblock, (mini + 1) * miniblock).map((difference) => difference - smallest),
    );
    const widths = minis.map((mini) => mini.reduce((most, value) => Math.max(most, bitsOf(value)), 0));
    out.push(...varint(zigzag(smallest)), ...widths);
    minis.forEach((mini, at) => out.push(...packed(mini, widths[at] ?? 0, (miniblock / 8) * (widths[at] ?? 0))));
  }
  return out;
}

function summary(bytes: readonly number[], values: readonly bigint[]): Encoded {
  const known = values.length;
  return { bytes, known, least: known === 0 ? null : least(values), greatest: known === 0 ? null : greatest(values) };
}

/** At least one. */
export function encodeInts(values: readonly number[]): Encoded {
  const whole = values.map(BigInt);
  return summary(deltas(whole), whole);
}

/** Definition levels of one bit with their length in front, then the differences of what is known. */
export function encodeOptional(values: readonly (number | null)[]): Encoded {
  const known = values.filter((value) => value !== null).map(BigInt);
  const groups = Math.ceil(values.length / 8);
  const isEven = known.length === values.length || known.length === 0;
  const levels = isEven
    ? [...varint(BigInt(values.length) << 1n), known.length === 0 ? 0 : 1]
    : [
        ...varint((BigInt(groups) << 1n) | 1n),
        ...packed(
          values.map((value) => (value === null ? 0n : 1n)),
          1,
          groups,
        ),
      ];
  return summary([...packed([BigInt(levels.length)], 32, 4), ...levels, ...deltas(known)], known);
}

/** Whole seconds of times counted `unit` to a second. */
export function wholeSeconds(times: readonly number[], unit: number): (number | null)[] {
  return times.map((time) => {
    const seconds = Math.floor(time / unit);
    return Number.isNaN(seconds) ? null : seconds;
  });
}

/** RLE_DICTIONARY: one bit-packed run. */
export function encodeCodes(codes: readonly number[], width: number): number[] {
  const groups = Math.ceil(codes.length / 8);
  return [width, ...varint((BigInt(groups) << 1n) | 1n), ...packed(codes.map(BigInt), width, groups * width)];
}

/** PLAIN doubles. */
export function encodeValues(values: readonly number[]): number[] {
  return [...new Uint8Array(Float64Array.from(values).buffer)];
}

// ── and back: null for what is not written like that ────────────────────────────────────────────────────────────────

interface Read {
  readonly value: bigint;
  readonly next: number;
}

function readVarint(bytes: Uint8Array, from: number): Read | null {
  const length = bytes.subarray(from, from + 10).findIndex((byte) => byte < 128) + 1;
  if (length === 0) return null;
  const digits = [...bytes.subarray(from, from + length)];
  const value = digits.reduce((sum, byte, at) => sum | (BigInt(byte & 127) << BigInt(7 * at)), 0n);
  return { value: BigInt.asUintN(64, value), next: from + length };
}

const unzigzag = (value: bigint): bigint => (value % 2n === 0n ? value / 2n : -(value + 1n) / 2n);

/** Number `at` of those of `width` bits each. */
function unpacked(bytes: Uint8Array, width: number, at: number): bigint {
  let value = 0n;
  for (let bit = 0; bit < width; bit++) {
    const place = at * width + bit;
    value |= BigInt(((bytes[place >> 3] ?? 0) >> (place & 7)) & 1) << BigInt(bit);
  }
  return value;
}

/** Differences wider than any of 32-bit numbers or seconds are not read. */
const widest = 56;

function readDeltas(bytes: Uint8Array, n: number): bigint[] | null {
  let at = 0;
  for (const expected of [block, block / miniblock, n]) {
    const read = readVarint(bytes, at);
    if (read?.value !== BigInt(expected)) return null;
    at = read.next;
  }
  const first = readVarint(bytes, at);
  if (first === null) return null;
  if (n === 0) return [];
  let value = unzigzag(first.value);
  const values = [value];
  at = first.next;
  while (values.length < n) {
    const smallest = readVarint(bytes, at);
    if (smallest === null) return null;
    const widths = bytes.subarray(smallest.next, smallest.next + block / miniblock);
    if (widths.length < block / miniblock) return null;
    at = smallest.next + block / miniblock;
    for (const width of widths) {
      if (values.length === n) break;
      const data = bytes.subarray(at, at + (miniblock / 8) * width);
      if (width > widest || data.length < (miniblock / 8) * width) return null;
      for (let k = 0, count = Math.min(miniblock, n - values.length); k < count; k++) {
        value = BigInt.asIntN(64, value + unzigzag(smallest.value) + unpacked(data, width, k));
        values.push(value);
      }
      at += data.length;
    }
  }
  return values;
}

/** From 0 to `below` − 1. */
export function decodeInts(bytes: Uint8Array, n: number, below: number): number[] | null {
  const values = readDeltas(bytes, n);
  return values?.every((value) => value >= 0n && value < BigInt(below)) === true ? values.map(Number) : null;
}

/** Which values are known, and the bytes behind the levels. */
function readLevels(bytes: Uint8Array, n: number): { known: boolean[]; rest: Uint8Array } | null {
  if (bytes.length < 4) return null;
  const length = Number(unpacked(bytes, 32, 0));
  if (length > bytes.length - 4) return null;
  const [levels, rest] = [bytes.subarray(4, 4 + length), bytes.subarray(4 + length)];
  const header = readVarint(levels, 0);
  if (header === null) return null;
  const data = levels.subarray(header.next);
  const isPacked = header.value % 2n === 1n;
  const groups = Math.ceil(n / 8);
  if (header.value / 2n !== BigInt(isPacked ? groups : n) || data.length !== (isPacked ? groups : 1)) return null;
  if (!isPacked && (data[0] ?? 0) > 1) return null;
  return {
    known: Array.from({ length: n }, (_, at) => (isPacked ? unpacked(data, 1, at) === 1n : data[0] === 1)),
    rest,
  };
}

/** Null where unknown. `readsNone`: whether differences are read, and must be right, even where the levels say that there are none. */
export function decodeOptional(bytes: Uint8Array, n: number, readsNone: boolean): (bigint | null)[] | null {
  const levels = readLevels(bytes, n);
  if (levels === null) return null;
  const count = levels.known.filter(Boolean).length;
  const isOneRunOfNone =
    readVarint(bytes.subarray(4), 0)?.value === BigInt(n) * 2n && bytes[4 + varint(BigInt(n) * 2n).length] === 0;
  if (isOneRunOfNone && !readsNone) return levels.known.map(() => null);
  const values = readDeltas(levels.rest, count);
  if (values === null) return null;
  let next = 0;
  return levels.known.map((isKnown) => (isKnown ? (values[next++] ?? null) : null));
}

/** Numbers of a dictionary of `size` values. */
export function decodeCodes(bytes: Uint8Array, n: number, size: number): number[] | null {
  const width = bytes[0] ?? 255;
  const header = readVarint(bytes, 1);
  const groups = Math.ceil(n / 8);
  if (header === null || width > 16 || header.value !== BigInt(2 * groups + 1)) return null;
  const data = bytes.subarray(header.next, header.next + groups * width);
  if (data.length < groups * width) return null;
  const codes = Array.from({ length: n }, (_, at) => Number(unpacked(data, width, at)));
  return codes.every((code) => code < size) ? codes : null;
}
