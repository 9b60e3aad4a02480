import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { PoolClient } from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { ReelbenchError } from "../contract/errors.ts";
import { productionError } from "./database.ts";

/**
 * Rows for `COPY … FROM STDIN (FORMAT binary)`: bytes travel as they are, where text would double them.
 * The format: https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS (Binary Format).
 */
export type CopyField = Uint8Array;

const header = Buffer.concat([Buffer.from("PGCOPY\n\xff\r\n\0", "latin1"), Buffer.alloc(8)]);
const trailer = Buffer.from([0xff, 0xff]);

export const copyText = (value: string): CopyField => Buffer.from(value, "utf8");

export function copyInt4(value: number): CopyField {
  const field = Buffer.alloc(4);
  field.writeInt32BE(value);
  return field;
}

function copyInt8(value: number): CopyField {
  const field = Buffer.alloc(8);
  field.writeBigInt64BE(BigInt(value));
  return field;
}

function copyFloat4(value: number): CopyField {
  const field = Buffer.alloc(4);
  field.writeFloatBE(value);
  return field;
}

/** One-dimensional arrays; the numbers are Postgres' object ids of text, float4 and int8. */
export const copyTextArray = (values: readonly string[]): CopyField => copyArray(25, values.map(copyText));
export const copyFloat4Array = (values: readonly number[]): CopyField => copyArray(700, values.map(copyFloat4));
export const copyInt8Array = (values: readonly (number | null)[]): CopyField =>
  copyArray(
    20,
    values.map((value) => (value === null ? null : copyInt8(value))),
  );

function copyArray(elementType: number, elements: readonly (CopyField | null)[]): CopyField {
  const hasNull = elements.includes(null) ? 1 : 0;
  if (elements.length === 0) return Buffer.concat([copyInt4(0), copyInt4(0), copyInt4(elementType)]);
  const head = [copyInt4(1), copyInt4(hasNull), copyInt4(elementType), copyInt4(elements.length), copyInt4(1)];
  return Buffer.concat([
    ...head,
    ...elements.flatMap((element) => (element === null ? [copyInt4(-1)] : [copyInt4(element.length), element])),
  ]);
}

function* encodeRow(fields: readonly CopyField[]): Generator<Uint8Array> {
  const count = Buffer.alloc(2);
  count.writeInt16BE(fields.length);
  yield count;
  for (const field of fields) {
    yield copyInt4(field.length);
    yield field;
  }
}

async function* encode(
  rows: AsyncIterable<readonly CopyField[]> | Iterable<readonly CopyField[]>,
): AsyncGenerator<Uint8Array> {
  yield header;
  for await (const row of rows) yield* encodeRow(row);
  yield trailer;
}

/**
 * Copies rows into a table, all or none. A copy that is not through after `timeout` milliseconds is given up: no statement
 * timeout reaches one that waits for its own network. Batches are a few megabytes.
 */
export async function copyRows(
  client: PoolClient,
  tableAndColumns: string,
  rows: AsyncIterable<readonly CopyField[]> | Iterable<readonly CopyField[]>,
  signal: AbortSignal,
  timeout = 120_000,
): Promise<void> {
  const late = AbortSignal.timeout(timeout);
  try {
    const destination = client.query(copyFrom(`copy ${tableAndColumns} from stdin (format binary)`));
    await pipeline(Readable.from(encode(rows)), destination, { signal: AbortSignal.any([signal, late]) });
  } catch (error) {
    if (signal.aborted) throw new ReelbenchError("RB_CANCELLED", undefined, { cause: error });
    if (late.aborted)
      throw new ReelbenchError(
        "RB_TARGET_UNREACHABLE",
        `Postgres did not take a batch within ${timeout / 1000} seconds.`,
        {
          cause: error,
        },
      );
    throw productionError(error);
  }
}
