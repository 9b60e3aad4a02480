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

async function* encode(rows: Rows, onPiece: () => void): AsyncGenerator<Uint8Array> {
  yield header;
  for await (const row of rows) {
    for (const piece of encodeRow(row)) {
      onPiece();
      yield piece;
    }
  }
  yield trailer;
}

type Rows = AsyncIterable<readonly CopyField[]> | Iterable<readonly CopyField[]>;

/**
 * Copies rows into a table, all or none, inside the client's transaction. A slow link may take as long as it needs; a copy
 * of which nothing more goes out for `stall` milliseconds is given up with RB_TARGET_UNREACHABLE. Neither Postgres' limit
 * for a statement nor the driver's for an answer holds for it: both would count all of the time that the network takes.
 */
export async function copyRows(
  client: PoolClient,
  tableAndColumns: string,
  rows: Rows,
  signal: AbortSignal,
  stall = 120_000,
): Promise<void> {
  const stalled = new AbortController();
  const timer = setTimeout(() => stalled.abort(), stall);
  try {
    await client.query("set local statement_timeout = 0");
    // The driver's own timer would throw into the process once the copy has failed for another reason.
    const destination = client.query(
      Object.assign(copyFrom(`copy ${tableAndColumns} from stdin (format binary)`), { query_timeout: longestTimer }),
    );
    const pieces = Readable.from(encode(rows, () => timer.refresh()));
    await unlessStalled(
      pipeline(pieces, destination, { signal: AbortSignal.any([signal, stalled.signal]) }),
      stalled.signal,
    );
    await client.query("set local statement_timeout to default");
  } catch (error) {
    if (signal.aborted) throw new ReelbenchError("RB_CANCELLED", undefined, { cause: error });
    if (stalled.signal.aborted)
      throw new ReelbenchError(
        "RB_TARGET_UNREACHABLE",
        `Postgres took nothing more of a batch for ${stall / 1000} seconds.`,
        {
          cause: error,
        },
      );
    throw productionError(error);
  } finally {
    clearTimeout(timer);
  }
}

const longestTimer = 2 ** 31 - 1;

/** A pipeline that was aborted waits for the other side to agree; one that no longer answers never does. */
function unlessStalled(work: Promise<void>, stalled: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    stalled.addEventListener("abort", () => reject(new Error("stalled")), { once: true });
    work.then(resolve, reject);
  });
}
