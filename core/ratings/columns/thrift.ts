/**
 * Thrift's compact protocol, as far as Parquet's headers and footers use it
 * (github.com/apache/thrift, doc/specs/thrift-compact-protocol.md).
 */
const wire = {
  true: 1,
  false: 2,
  int8: 3,
  int16: 4,
  int32: 5,
  int64: 6,
  double: 7,
  binary: 8,
  list: 9,
  set: 10,
  struct: 12,
} as const;

/** What is written: numbers as i32, bigints as i64, lists of one kind. */
export type ThriftValue = number | bigint | string | Uint8Array | readonly ThriftValue[] | ThriftFields;
/** A struct: fields by id. */
export interface ThriftFields {
  readonly [id: number]: ThriftValue;
}

export function writeThrift(fields: ThriftFields): Buffer {
  const bytes: number[] = [];
  writeStruct(bytes, fields);
  return Buffer.from(bytes);
}

function writeStruct(into: number[], fields: ThriftFields): void {
  let last = 0;
  // Whole numbers as keys come in ascending order.
  for (const [key, value] of Object.entries(fields as Readonly<Record<string, ThriftValue>>)) {
    const id = Number(key);
    into.push(((id - last) << 4) | wireType(value));
    writeValue(into, value);
    last = id;
  }
  into.push(0);
}

function wireType(value: ThriftValue): number {
  if (typeof value === "number") return wire.int32;
  if (typeof value === "bigint") return wire.int64;
  if (typeof value === "string" || value instanceof Uint8Array) return wire.binary;
  return isList(value) ? wire.list : wire.struct;
}

const isList = (value: ThriftValue): value is readonly ThriftValue[] => Array.isArray(value);

function writeValue(into: number[], value: ThriftValue): void {
  if (typeof value === "number" || typeof value === "bigint") return writeVarint(into, zigzag(BigInt(value)));
  if (typeof value === "string" || value instanceof Uint8Array) {
    const bytes = typeof value === "string" ? Buffer.from(value, "utf8") : value;
    writeVarint(into, BigInt(bytes.length));
    into.push(...bytes);
    return;
  }
  if (!isList(value)) return writeStruct(into, value);
  const type = wireType(value[0] ?? 0);
  if (value.length < 15) into.push((value.length << 4) | type);
  else {
    into.push(0xf0 | type);
    writeVarint(into, BigInt(value.length));
  }
  for (const element of value) writeValue(into, element);
}

const zigzag = (value: bigint): bigint => BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));

function writeVarint(into: number[], value: bigint): void {
  let rest = value;
  for (; rest >= 128n; rest >>= 7n) into.push(Number(rest & 127n) | 128);
  into.push(Number(rest));
}

/** What is read: integers as numbers, bytes as they are. Fields by id. */
export type ThriftRead = number | boolean | Uint8Array | readonly ThriftRead[] | ThriftStruct;
export type ThriftStruct = ReadonlyMap<number, ThriftRead>;

/** Deeper than any footer; a hostile one must not use up the stack. */
const deepest = 16;

/** The struct at the start of `bytes` and where it ends; null where there is none. */
export function readThrift(bytes: Uint8Array): { readonly fields: ThriftStruct; readonly length: number } | null {
  const reader = { bytes, at: 0 };
  try {
    return { fields: readStruct(reader, 0), length: reader.at };
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

interface Reader {
  readonly bytes: Uint8Array;
  at: number;
}

function readByte(reader: Reader): number {
  const byte = reader.bytes[reader.at++];
  if (byte === undefined) throw new RangeError("The bytes end inside a struct.");
  return byte;
}

function readStruct(reader: Reader, depth: number): ThriftStruct {
  if (depth > deepest) throw new RangeError("Structs lie too deep.");
  const fields = new Map<number, ThriftRead>();
  let last = 0;
  for (;;) {
    const header = readByte(reader);
    if (header === 0) return fields;
    const id = header >> 4 === 0 ? unzigzag(readVarint(reader)) : last + (header >> 4);
    fields.set(id, readValue(reader, header & 15, depth));
    last = id;
  }
}

function readValue(reader: Reader, type: number, depth: number): ThriftRead {
  switch (type) {
    case wire.true:
      return true;
    case wire.false:
      return false;
    case wire.int8:
      return readByte(reader);
    case wire.int16:
    case wire.int32:
    case wire.int64:
      return unzigzag(readVarint(reader));
    case wire.double:
      return readDouble(reader);
    case wire.binary: {
      const length = readVarint(reader);
      const from = reader.at;
      if (length > reader.bytes.length - from) throw new RangeError("The bytes end inside a text.");
      reader.at += length;
      return reader.bytes.subarray(from, from + length);
    }
    case wire.list:
    case wire.set:
      return readList(reader, depth);
    case wire.struct:
      return readStruct(reader, depth + 1);
    default:
      throw new RangeError("A field is of no known type.");
  }
}

function readList(reader: Reader, depth: number): ThriftRead[] {
  const header = readByte(reader);
  const length = header >> 4 === 15 ? readVarint(reader) : header >> 4;
  // Every element takes a byte at least.
  if (length > reader.bytes.length - reader.at || depth > deepest) throw new RangeError("The bytes end inside a list.");
  const type = header & 15;
  return Array.from({ length }, () =>
    type === wire.true || type === wire.false ? readByte(reader) === 1 : readValue(reader, type, depth + 1),
  );
}

function readDouble(reader: Reader): number {
  const bytes = Buffer.from(Array.from({ length: 8 }, () => readByte(reader)));
  return bytes.readDoubleLE();
}

/** Up to 2^53 exact; no length or place in a file is more. */
function readVarint(reader: Reader): number {
  let value = 0;
  for (let factor = 1; factor < 2 ** 70; factor *= 128) {
    const byte = readByte(reader);
    value += (byte & 127) * factor;
    if (byte < 128) return value;
  }
  throw new RangeError("A number has too many digits.");
}

const unzigzag = (value: number): number => (value % 2 === 0 ? value / 2 : -(value + 1) / 2);
