import { rm } from "node:fs/promises";
import { availableParallelism, tmpdir, totalmem } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { DuckDBConnection, DuckDBDataChunk, DuckDBValue } from "@duckdb/node-api";
import { z } from "zod";
import { ReelbenchError } from "../contract/errors.ts";
import { temporaryPath } from "../files/atomic.ts";
import type * as duckdbModule from "./duckdb.ts";
import type { ColumnBlock, NamedColumn } from "./table-function.ts";

/** One in-memory DuckDB, alive for one operation. */
export interface Database {
  run(sql: string, values?: Parameters): Promise<void>;
  /** Rows as plain objects, parsed by the schema: BIGINT arrives as a decimal string, lists as arrays. */
  all<S extends z.ZodType>(schema: S, sql: string, values?: Parameters): Promise<z.output<S>[]>;
  /** The only row of a query that always has exactly one. */
  one<S extends z.ZodType>(schema: S, sql: string, values?: Parameters): Promise<z.output<S>>;
  /** Columnar chunks, for the paths where an object for each row would be too slow. */
  chunks(sql: string, values?: Parameters): AsyncIterable<DuckDBDataChunk>;
  /** Where the numbers of a chunk's column without NULLs lie: the arguments of a typed array of elements of `width` bytes. */
  bytesOfColumn(chunk: DuckDBDataChunk, column: number, width: number): [ArrayBuffer, number, number];
  /** Makes `FROM name()` read arrays where they lie (`table-function.ts`). */
  registerColumns(name: string, columns: readonly NamedColumn[], blocks: readonly ColumnBlock[]): void;
}

/** Texts together are a list, to be unnested. */
type Parameters = (DuckDBValue | readonly string[])[];
type DuckDB = typeof duckdbModule;

export interface DatabaseOptions {
  readonly signal?: AbortSignal;
  readonly threads?: number;
  /**
   * A folder in which it may spill, under a temporary name that the workspace's next opening sweeps should this process be
   * killed. Left out: the system's folder for temporary files.
   */
  readonly spillInto?: string;
}

/** A BIGINT or HUGEINT as it arrives in a row, as a number. */
export const integer = z.union([z.number(), z.string()]).transform(Number).pipe(z.number());

/** What DuckDB does in this process; null where it is only being opened. */
const underWay = new Set<{ connection: DuckDBConnection | null }>();
let ended = false;

/**
 * For the end of the process: interrupts all that DuckDB does in it, waits (two seconds at most) until that has stopped, and
 * refuses anything more with RB_CANCELLED. A thread of DuckDB's that comes back while Node is being taken down aborts the process.
 */
export async function endDatabases(): Promise<void> {
  ended = true;
  for (const until = performance.now() + 2000; underWay.size > 0 && performance.now() < until;) {
    // Again and again: what is between two statements would begin the next.
    for (const { connection } of underWay) connection?.interrupt();
    await sleep(10);
  }
}

const gigabyte = 1024 ** 3;

/** Half of the machine's memory, 8 GB at most: past it DuckDB spills to disk. */
function memoryLimit(): string {
  return `${String(Math.max(1, Math.min(8, Math.floor(totalmem() / gigabyte / 2))))}GB`;
}

/**
 * Opens a DuckDB in memory for `work` and always closes it. It can neither install nor load extensions, so it never
 * touches the network. Aborting the signal interrupts the running query; `work` then rejects with RB_CANCELLED.
 */
export function withDatabase<T>(options: DatabaseOptions, work: (database: Database) => Promise<T>): Promise<T> {
  return withConnection(options, (connection, duckdb) => work(databaseOver(connection, duckdb, options.signal)));
}

/** The same for what needs DuckDB's own connection (appenders). */
export async function withConnection<T>(
  options: DatabaseOptions,
  work: (connection: DuckDBConnection, duckdb: DuckDB) => Promise<T>,
): Promise<T> {
  throwIfAborted(options.signal);
  if (ended) throw new ReelbenchError("RB_CANCELLED");
  const here: { connection: DuckDBConnection | null } = { connection: null };
  underWay.add(here);
  try {
    return await withOpenConnection(options, here, work);
  } finally {
    underWay.delete(here);
  }
}

async function withOpenConnection<T>(
  options: DatabaseOptions,
  here: { connection: DuckDBConnection | null },
  work: (connection: DuckDBConnection, duckdb: DuckDB) => Promise<T>,
): Promise<T> {
  const duckdb = await import("./duckdb.ts");
  const temporaryDirectory = temporaryPath(options.spillInto ?? tmpdir());
  const instance = await duckdb.DuckDBInstance.create(":memory:", {
    threads: String(options.threads ?? availableParallelism()),
    memory_limit: memoryLimit(),
    temp_directory: temporaryDirectory,
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    allow_community_extensions: "false",
  });
  try {
    const connection = await instance.connect();
    here.connection = connection;
    const interrupt = () => connection.interrupt();
    options.signal?.addEventListener("abort", interrupt);
    try {
      await connection.run("SET TimeZone = 'UTC'");
      await connection.run("SET lock_configuration = true");
      return await work(connection, duckdb);
    } finally {
      options.signal?.removeEventListener("abort", interrupt);
      here.connection = null;
      connection.closeSync();
    }
  } catch (error) {
    throw ended || options.signal?.aborted === true
      ? new ReelbenchError("RB_CANCELLED", undefined, { cause: error })
      : classified(error);
  } finally {
    instance.closeSync();
    await rm(temporaryDirectory, { recursive: true, force: true });
  }
}

function databaseOver(connection: DuckDBConnection, duckdb: DuckDB, signal: AbortSignal | undefined): Database {
  // Left out is not the same as none: only a statement by itself can be given any.
  const bound = (values: Parameters | undefined): DuckDBValue[] | undefined =>
    values?.map((value) => (isList(value) ? duckdb.listValue(value) : value));
  const all: Database["all"] = async (schema, sql, values) => {
    throwIfAborted(signal);
    const reader = await connection.runAndReadAll(sql, bound(values));
    return z.array(schema).parse(reader.getRowObjectsJson());
  };
  return {
    all,
    async run(sql, values) {
      throwIfAborted(signal);
      await connection.run(sql, bound(values));
    },
    async one(schema, sql, values) {
      const [row] = await all(schema, sql, values);
      if (row === undefined)
        throw new ReelbenchError("RB_INTERNAL", "A query that has exactly one row answered with none.");
      return row;
    },
    registerColumns: (name, columns, blocks) => duckdb.registerColumns(connection, name, columns, blocks),
    bytesOfColumn: duckdb.bytesOfColumn,
    async *chunks(sql, values) {
      throwIfAborted(signal);
      const result = await connection.stream(sql, bound(values));
      for (;;) {
        throwIfAborted(signal);
        const chunk = await result.fetchChunk();
        if (chunk === null || chunk.rowCount === 0) return;
        yield chunk;
      }
    },
  };
}

function isList(value: Parameters[number]): value is readonly string[] {
  return Array.isArray(value);
}

/** DuckDB's own words, classified where a person can do something about the cause. */
function classified(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof ReelbenchError) return error;
  if (/no space left|ENOSPC|disk.*full/i.test(error.message))
    return new ReelbenchError("RB_DISK_FULL", undefined, { cause: error });
  const damaged = /No magic bytes found at end of file '([^']+)'|'([^']+)' too small to be a Parquet file/.exec(
    error.message,
  );
  const path = damaged?.[1] ?? damaged?.[2];
  if (path !== undefined)
    return new ReelbenchError("RB_CORRUPT", `${path} is damaged: its end is missing.`, { cause: error });
  return error;
}

export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new ReelbenchError("RB_CANCELLED");
}

/** A path as an SQL string literal, for the statements (COPY … TO) that take no bound parameter. */
export function sqlPath(path: string): string {
  return `'${path.replaceAll("'", "''")}'`;
}
