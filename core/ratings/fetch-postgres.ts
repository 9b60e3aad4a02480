import { createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import pg from "pg";
import { to as copyTo } from "pg-copy-streams";
import { ReelbenchError } from "../contract/errors.ts";
import type { WorkContext } from "../jobs/work-context.ts";
import { connectionFailure } from "../production/connection-failure.ts";

const connectTimeoutMs = 10_000;
const newline = 10;

export interface PostgresQuery {
  /** With its password: given to the driver and shown nowhere. */
  readonly url: string;
  /** One SELECT, VALUES or TABLE statement. */
  readonly query: string;
  readonly timeoutSeconds: number;
}

/** Who answers at this address. Throws RB_TARGET_UNREACHABLE, RB_TARGET_LOGIN. */
export async function postgresVersion(url: string): Promise<string> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ server_version: string }>("SHOW server_version");
    return rows[0]?.server_version ?? "";
  });
}

/**
 * Streams the answer of a query as CSV with a header into `path`, in a read-only transaction. What the query's text is, is decided
 * by Postgres alone: it must stand by itself as one statement before it is copied from.
 *
 * Throws RB_TARGET_UNREACHABLE, RB_TARGET_LOGIN, RB_INVALID_INPUT (the query fails, writes, or takes longer than allowed), RB_DISK_FULL, RB_CANCELLED.
 */
export async function fetchPostgres(
  { url, query, timeoutSeconds }: PostgresQuery,
  path: string,
  context: WorkContext,
): Promise<{ readonly rows: number; readonly bytes: number }> {
  const statement = query.trim().replace(/;\s*$/, "");
  return withClient(url, async (client, processId) => {
    const cancel = () => void cancelBackend(url, processId);
    context.signal.addEventListener("abort", cancel, { once: true });
    try {
      await client.query("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
      await client.query(`SET LOCAL statement_timeout = ${String(timeoutSeconds * 1000)}`);
      await client.query("SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO'; SET LOCAL client_encoding = 'UTF8'");
      // With parameters, even none, Postgres takes one statement only: nothing can hide behind a bracket or a semicolon.
      await client.query({ text: `DECLARE reelbench_check NO SCROLL CURSOR FOR ${statement}`, values: [] });
      await client.query("CLOSE reelbench_check");
      const copied = client.query(copyTo(`COPY (${statement}\n) TO STDOUT (FORMAT csv, HEADER)`));
      await pipeline(copied, progressOf(context), createWriteStream(path, { flags: "wx" }), {
        signal: context.signal,
      });
      await client.query("COMMIT");
      return { rows: copied.rowCount, bytes: (await stat(path)).size };
    } catch (error) {
      if (context.signal.aborted) throw new ReelbenchError("RB_CANCELLED", undefined, { cause: error });
      throw queryError(error, timeoutSeconds);
    } finally {
      context.signal.removeEventListener("abort", cancel);
    }
  });
}

/** Counts lines as they pass; the header is not among the rows, and a line break inside a text counts as one. */
function progressOf(context: WorkContext): Transform {
  let lines = -1;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, at + 1)) lines++;
      context.onProgress({
        done: Math.max(0, lines),
        total: null,
        unit: "rows",
        message: "Fetching what the query answers",
      });
      done(null, chunk);
    },
  });
}

async function withClient<T>(url: string, work: (client: pg.Client, processId: number) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    application_name: "reelbench import",
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
  });
  // A connection that dies also rejects what waits for it; without a listener it would end the process.
  client.on("error", () => undefined);
  try {
    await client.connect();
  } catch (error) {
    await client.end().catch(() => undefined);
    throw connectError(error);
  }
  try {
    const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    return await work(client, rows[0]?.pid ?? 0);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** A login that is refused asks for something else than a database that is away. */
function connectError(error: unknown): ReelbenchError {
  const { code } = error as { code?: unknown };
  if (typeof code === "string" && (code.startsWith("28") || code === "3D000"))
    return new ReelbenchError("RB_TARGET_LOGIN", `Postgres refused the login: ${messageOf(error)}.`, {
      remedy: "Check user, password and database in the address, and that Postgres admits this computer.",
      cause: error,
    });
  const away = error instanceof Error ? connectionFailure(error, "Postgres") : null;
  return new ReelbenchError(
    "RB_TARGET_UNREACHABLE",
    `Postgres cannot be reached: ${away?.reason ?? messageOf(error)}.`,
    {
      remedy: away?.remedy ?? "Check the address and the network, and that Postgres is running.",
      cause: error,
    },
  );
}

/** The query would go on in the database although nobody waits for it any more. */
async function cancelBackend(url: string, processId: number): Promise<void> {
  await withClient(url, (client) => client.query("SELECT pg_cancel_backend($1)", [processId])).catch(() => undefined);
}

function queryError(error: unknown, timeoutSeconds: number): unknown {
  const { code } = error as { code?: unknown };
  if (code === "ENOSPC") return new ReelbenchError("RB_DISK_FULL", undefined, { cause: error });
  if (code === "57014")
    return new ReelbenchError("RB_INVALID_INPUT", `The query took longer than ${String(timeoutSeconds)} seconds.`, {
      remedy: "Allow it more time, or ask for fewer rows.",
      cause: error,
    });
  if (code === "25006")
    return new ReelbenchError("RB_INVALID_INPUT", `The query writes: ${messageOf(error)}.`, {
      remedy: "It is run read-only. Give a query that only selects.",
      cause: error,
    });
  if (typeof code === "string" && /^[0-9A-Z]{5}$/.test(code))
    return new ReelbenchError("RB_INVALID_INPUT", `Postgres refuses the query: ${messageOf(error)}.`, {
      remedy: "Correct the query. It must be one statement that selects rows.",
      cause: error,
    });
  return new ReelbenchError("RB_TARGET_UNREACHABLE", `The connection to Postgres was lost: ${messageOf(error)}`, {
    cause: error,
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
