import type { ThriftFields, ThriftStruct, ThriftRead } from "./thrift.ts";
import { readThrift, writeThrift } from "./thrift.ts";

/** Numbers of Parquet's own (github.com/apache/parquet-format, parquet.thrift). */
const physical = { INT32: 1, INT64: 2, DOUBLE: 5 } as const;
const encodings = { plain: 0, rle: 3, deltas: 5, dictionary: 8 } as const;
const [dataPage, dictionaryPage] = [0, 2];
const uncompressed = 0;
/** ConvertedType: how an INT32 is to be understood. */
const converted = { UINT_8: 11 } as const;
export const magic = Buffer.from("PAR1", "latin1");
/** Files of another writer are left to DuckDB. */
const writer = "Reelbench columns 1";

export interface FileColumn {
  readonly name: string;
  readonly type: keyof typeof physical;
  readonly converted?: keyof typeof converted;
  /** Whether values may be unknown. */
  readonly optional: boolean;
  /** How its pages hold its values: as differences, as they are, or as numbers of a dictionary. */
  readonly encoding: "deltas" | "plain" | "dictionary";
}

/** Where a column of a group of rows lies in the file, and what its values are between. */
export interface FileChunk {
  readonly rows: number;
  readonly offset: number;
  readonly bytes: number;
  /** How many of the bytes, the first ones, are the dictionary. */
  readonly dictionaryBytes: number;
  readonly unknown: number;
  readonly least?: Uint8Array;
  readonly greatest?: Uint8Array;
}

export function pageHeader(column: FileColumn, kind: "data" | "dictionary", values: number, bytes: number): Buffer {
  const size = { 2: bytes, 3: bytes };
  if (kind === "dictionary")
    return writeThrift({ 1: dictionaryPage ?? 2, ...size, 7: { 1: values, 2: encodings.plain } });
  return writeThrift({
    1: dataPage ?? 0,
    ...size,
    5: { 1: values, 2: encodings[column.encoding], 3: encodings.rle, 4: encodings.rle },
  });
}

/** What stands behind the last group: the footer, its length and the magic number. `groups`: chunks by column. */
export function footer(columns: readonly FileColumn[], groups: readonly (readonly FileChunk[])[]): Buffer {
  const schema: ThriftFields[] = [
    { 4: "ratings", 5: columns.length },
    ...columns.map((column) => ({
      1: physical[column.type],
      3: column.optional ? 1 : 0,
      4: column.name,
      ...(column.converted === undefined ? {} : { 6: converted[column.converted] }),
    })),
  ];
  const rowsOf = (group: readonly FileChunk[]) => group[0]?.rows ?? 0;
  const fields = writeThrift({
    1: 1,
    2: schema,
    3: BigInt(groups.reduce((sum, group) => sum + rowsOf(group), 0)),
    4: groups.map((group) => ({
      1: group.map((chunk, index) => columnChunk(columns[index], chunk)),
      2: BigInt(group.reduce((sum, { bytes }) => sum + bytes, 0)),
      3: BigInt(rowsOf(group)),
    })),
    6: writer,
  });
  const length = Buffer.alloc(4);
  length.writeUInt32LE(fields.length);
  return Buffer.concat([fields, length, magic]);
}

function columnChunk(column: FileColumn | undefined, chunk: FileChunk): ThriftFields {
  if (column === undefined) throw new Error("A chunk belongs to no column.");
  const { rows, offset, bytes, dictionaryBytes, unknown, least, greatest } = chunk;
  const statistics = least === undefined || greatest === undefined ? {} : { 5: greatest, 6: least };
  return {
    2: BigInt(offset),
    3: {
      1: physical[column.type],
      2: [encodings[column.encoding], encodings.rle, ...(dictionaryBytes > 0 ? [encodings.plain] : [])],
      3: [column.name],
      4: uncompressed,
      5: BigInt(rows),
      6: BigInt(bytes),
      7: BigInt(bytes),
      9: BigInt(offset + dictionaryBytes),
      ...(dictionaryBytes > 0 ? { 11: BigInt(offset) } : {}),
      12: { 3: BigInt(unknown), ...statistics },
    },
  };
}

/** A file of this writer, as its footer describes it. */
export interface ReadFooter {
  readonly columns: readonly FileColumn[];
  readonly groups: readonly { readonly rows: number; readonly chunks: readonly FileChunk[] }[];
}

/** Reads a footer; null where the file is of another writer or not what it says. `size`: of the whole file. */
export function readFooter(bytes: Uint8Array, size: number): ReadFooter | null {
  const fields = readThrift(bytes)?.fields;
  if (fields === undefined || textOf(fields.get(6)) !== writer) return null;
  const [root, ...leaves] = structsOf(fields.get(2));
  if (root === undefined || root.get(5) !== leaves.length) return null;
  const groups = structsOf(fields.get(4)).map((group) => {
    const rows = numberOf(group.get(3));
    return { rows, chunks: structsOf(group.get(1)).map((chunk) => chunkOf(chunk, rows)) };
  });
  const first = structsOf(structsOf(fields.get(4))[0]?.get(1));
  const columns = leaves.map((leaf, index) => columnOf(leaf, structOf(first[index]?.get(3))));
  const isSound = groups.every(
    ({ rows, chunks }) =>
      Number.isSafeInteger(rows) &&
      rows >= 0 &&
      chunks.length === columns.length &&
      chunks.every(
        ({ offset, bytes: length, dictionaryBytes, unknown }) =>
          offset >= 4 && dictionaryBytes >= 0 && dictionaryBytes < length && offset + length <= size && unknown >= 0,
      ),
  );
  const total = groups.reduce((sum, { rows }) => sum + rows, 0);
  const known = columns.filter((column) => column !== null);
  return isSound && total === numberOf(fields.get(3)) && known.length === columns.length
    ? { columns: known, groups }
    : null;
}

function columnOf(leaf: ThriftStruct, chunk: ThriftStruct | null): FileColumn | null {
  const type = Object.entries(physical).find(([, number]) => number === leaf.get(1))?.[0];
  const [encoding] = listOf(chunk?.get(2));
  const named = Object.entries(encodings).find(([, number]) => number === encoding)?.[0];
  if (type !== "INT32" && type !== "INT64" && type !== "DOUBLE") return null;
  if (named !== "deltas" && named !== "plain" && named !== "dictionary") return null;
  return { name: textOf(leaf.get(4)), type, optional: leaf.get(3) === 1, encoding: named };
}

function chunkOf(chunk: ThriftStruct, rows: number): FileChunk {
  const fields = structOf(chunk.get(3));
  const data = numberOf(fields?.get(9));
  const dictionary = fields?.get(11);
  const offset = dictionary === undefined ? data : numberOf(dictionary);
  const statistics = structOf(fields?.get(12));
  // NaN for what is not there: every check of it fails.
  const isPlain = fields?.get(4) === uncompressed && numberOf(fields.get(5)) === rows;
  return {
    rows,
    offset: isPlain ? offset : Number.NaN,
    bytes: numberOf(fields?.get(7)),
    dictionaryBytes: data - offset,
    unknown: numberOf(statistics?.get(3)),
  };
}

export interface ReadPage {
  readonly kind: "data" | "dictionary";
  readonly values: number;
  /** Where its bytes begin behind the header, and how many there are. */
  readonly from: number;
  readonly bytes: number;
}

/** The page at the start of `bytes`, which holds it whole; null where there is none such. */
export function readPage(bytes: Uint8Array, column: FileColumn): ReadPage | null {
  const read = readThrift(bytes);
  if (read === null) return null;
  const { fields, length } = read;
  const size = numberOf(fields.get(3));
  if (!(size >= 0) || fields.get(2) !== size || length + size > bytes.length) return null;
  const isData = fields.get(1) === dataPage;
  if (!isData && fields.get(1) !== dictionaryPage) return null;
  const header = structOf(fields.get(isData ? 5 : 7));
  if (header?.get(2) !== (isData ? encodings[column.encoding] : encodings.plain)) return null;
  return { kind: isData ? "data" : "dictionary", values: numberOf(header.get(1)), from: length, bytes: size };
}

const numberOf = (value: ThriftRead | undefined): number => (typeof value === "number" ? value : Number.NaN);
const textOf = (value: ThriftRead | undefined): string =>
  value instanceof Uint8Array ? Buffer.from(value).toString("utf8") : "";
const listOf = (value: ThriftRead | undefined): readonly ThriftRead[] => (isThriftList(value) ? value : []);
const isThriftList = (value: ThriftRead | undefined): value is readonly ThriftRead[] => Array.isArray(value);
const structOf = (value: ThriftRead | undefined): ThriftStruct | null => (value instanceof Map ? value : null);
const structsOf = (value: ThriftRead | undefined): ThriftStruct[] =>
  listOf(value).map((element) => structOf(element) ?? new Map<number, ThriftRead>());
