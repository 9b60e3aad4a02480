import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { Pool, PoolClient, QueryResult } from "pg";
import { z } from "zod";
import { ReelbenchError } from "../contract/errors.ts";
import { connectionFailure } from "./connection-failure.ts";

/** A pool or one of its clients inside a transaction. */
export type Database = Pick<Pool, "query">;

export interface ConnectionOptions {
  /** postgres://user:password@host:port/database, checked with `parsePostgresUrl`. */
  readonly url: string;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  /** Connections at most; default 4. */
  readonly connections?: number;
  /** Milliseconds; defaults 5000 and 30000. */
  readonly connectTimeout?: number;
  readonly statementTimeout?: number;
}

/** Milliseconds that the server, or the way to it, may be slow to say that it ended a statement; past them nobody is there. */
const answerMargin = 5_000;
/** Milliseconds of quiet after which the kernel asks whether the other end is there, every second, ten times. */
export const keepAliveAfter = 5_000;

/**
 * A pool of connections that never wait for ever: connecting, each statement, a lock and an idle transaction all have a
 * limit. A connection lost while idle is dropped and replaced, not thrown into the process; `onIdleError` hears of it. So is one
 * whose other end vanished without a word (half open): by the kernel's keepalive where nothing is asked on it, else by its
 * silence, and then with all that lie idle beside it.
 */
export function createProductionPool(
  options: ConnectionOptions,
  onIdleError: (error: Error) => void = () => undefined,
): Pool {
  const statementTimeout = options.statementTimeout ?? 30_000;
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: options.applicationName,
    max: options.connections ?? 4,
    connectionTimeoutMillis: options.connectTimeout ?? 5_000,
    statement_timeout: statementTimeout,
    // The server ends the statement first; this is for a server that no longer answers at all.
    query_timeout: statementTimeout + answerMargin,
    // Before the statement's own limit: who is waited for is the better answer.
    lock_timeout: Math.min(Math.ceil(statementTimeout * 0.8), 10_000),
    idle_in_transaction_session_timeout: 60_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveAfter,
  });
  pool.on("error", onIdleError);
  suspectTheIdle(pool);
  return pool;
}

/** Ends a pool, in a second at most: it waits for every connection's end, and one to a Postgres that fell silent has none. */
export async function endPool(pool: Pool): Promise<void> {
  await Promise.race([pool.end().catch(() => undefined), sleep(1_000, undefined, { ref: false })]);
}

/** When one connection was silent, what lies idle has gone the same way: it is opened anew rather than asked and waited for. */
function suspectTheIdle(pool: Pool): void {
  const idle = new Set<PoolClient>();
  pool.on("acquire", (client) => idle.delete(client));
  pool.on("remove", (client) => idle.delete(client));
  pool.on("release", (error: unknown, client) => {
    if (!isSilence(error)) return void idle.add(client);
    const suspects = [...idle];
    idle.clear();
    // As though each had told of its loss itself: the pool drops those that do.
    for (const suspect of suspects) suspect.emit("error", new Error("Dropped: another connection was silent."));
  });
}

/** What the driver says when an answer does not come, though the server would have ended the statement by then. */
function isSilence(error: unknown): boolean {
  return error instanceof Error && error.message === "Query read timeout";
}

/** Making a schema costs many times what looking at a row with it does. */
const listsOf = new WeakMap<z.ZodType, z.ZodType>();

function listOf<S extends z.ZodType>(schema: S): z.ZodArray<S> {
  const known = listsOf.get(schema);
  if (known instanceof z.ZodArray) return known as z.ZodArray<S>;
  const list = z.array(schema);
  listsOf.set(schema, list);
  return list;
}

/** Rows of an answer in the expected shape. What stands in a database is outside input: a mismatch is RB_CORRUPT. */
export function parseRows<S extends z.ZodType>(schema: S, result: QueryResult): z.output<S>[] {
  const parsed = listOf(schema).safeParse(result.rows);
  if (!parsed.success) {
    throw new ReelbenchError(
      "RB_CORRUPT",
      `The production database holds a row in an unexpected shape: ${z.prettifyError(parsed.error)}`,
    );
  }
  return parsed.data;
}

/** The only row, or null. */
export function parseRow<S extends z.ZodType>(schema: S, result: QueryResult): z.output<S> | null {
  return parseRows(schema, result)[0] ?? null;
}

/** Runs `work` in one transaction; anything thrown undoes all of it. Errors come out as `productionError` makes them. */
export async function inTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  let client: PoolClient;
  try {
    client = await pool.connect();
  } catch (error) {
    throw productionError(error);
  }
  let broken: Error | undefined;
  // A checked-out client whose connection dies emits `error`; the query under way rejects with the same cause.
  const onError = (error: Error) => {
    broken = error;
  };
  client.on("error", onError);
  try {
    await client.query("begin");
    const result = await work(client);
    await client.query("commit");
    return result;
  } catch (error) {
    // Nobody is there to be told to roll back; the server does so when it loses the connection.
    if (isSilence(error) && error instanceof Error) broken = error;
    else
      await client.query("rollback").catch((rollbackError: Error) => {
        broken = rollbackError;
      });
    throw productionError(error);
  } finally {
    client.off("error", onError);
    client.release(broken);
  }
}

/** Whether Postgres was away, or as good as away: it could not be reached, trusted or logged in to, or took too long. */
export function isTargetAway(error: unknown): boolean {
  return error instanceof ReelbenchError && /^RB_TARGET_(UNREACHABLE|BUSY|TLS|LOGIN)$/.test(error.code);
}

/** bigint and count(*) arrive as text. */
export const bigCount = z.coerce.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);

/** Node's and OpenSSL's codes for certificates and handshakes, and the driver's word that the server has no TLS. */
function isTlsFailure(code: string, message: string): boolean {
  return (
    /^(ERR_TLS_|ERR_SSL_|EPROTO$|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_OSSL)/.test(code) ||
    /server does not support SSL|response during SSL|self-signed certificate|certificate has expired/i.test(message)
  );
}

/**
 * An error of the driver as a ReelbenchError: RB_TARGET_UNREACHABLE where the database is away or starting, RB_TARGET_BUSY
 * where it took too long, RB_TARGET_LOGIN where it refuses the login, RB_TARGET_TLS where the encrypted connection cannot be made; RB_CONFLICT where a rule of the state machine refused; RB_TARGET_SCHEMA where tables or privileges are missing;
 * RB_DISK_FULL; otherwise RB_INTERNAL. Never holds a password: the driver's messages name the user and host only.
 */
export function productionError(error: unknown): ReelbenchError {
  if (error instanceof ReelbenchError) return error;
  if (!(error instanceof Error)) return new ReelbenchError("RB_INTERNAL", String(error));
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const wrap = (as: ConstructorParameters<typeof ReelbenchError>[0], message: string, remedy?: string) =>
    new ReelbenchError(as, message, { cause: error, remedy });
  if (error.name === "AbortError") return wrap("RB_CANCELLED", "Cancelled");
  if (isTlsFailure(code, error.message))
    return wrap("RB_TARGET_TLS", `The encrypted connection to Postgres could not be made: ${error.message}.`);
  if (/client password must be a string|password must be a non-empty string/.test(error.message))
    return wrap("RB_TARGET_LOGIN", "Postgres asks for a password, and there is none.");
  if (/^invalid response/i.test(error.message) || /unknown message ?type|received unexpected/i.test(error.message))
    return wrap("RB_TARGET_UNREACHABLE", "What answers there does not speak Postgres.");
  const away = connectionFailure(error, "Postgres");
  if (away !== null) return wrap("RB_TARGET_UNREACHABLE", `Postgres cannot be reached: ${away.reason}.`, away.remedy);
  if (code.startsWith("08") || code.startsWith("57P") || code === "53300")
    return wrap(
      "RB_TARGET_UNREACHABLE",
      `Postgres is not available: ${error.message}.`,
      "Try again in a moment; if it stays so, ask whoever runs this Postgres.",
    );
  if (code.startsWith("28") || code === "3D000")
    return wrap("RB_TARGET_LOGIN", `Postgres refused the login: ${error.message}.`);
  if (code === "55P03")
    return wrap(
      "RB_TARGET_BUSY",
      "Postgres answers, but somebody else's session holds what is needed here locked, and did not let go in time.",
      "Try again when that session has ended; whoever runs this Postgres finds it in pg_locks and pg_stat_activity.",
    );
  if (code === "57014") return wrap("RB_TARGET_BUSY", "Postgres answers, but did not finish within the time limit.");
  if (/"versions_not_withdrawn"/.test(error.message))
    return wrap("RB_CONFLICT", "This version was withdrawn; restore it before it is put into service.");
  if (code === "RB001" || /"versions_(arrived_whole|probed)"/.test(error.message))
    return wrap("RB_CONFLICT", `The target refused a change of state: ${error.message}.`);
  if (code === "42501") return wrap("RB_TARGET_SCHEMA", `The role may not do this on the target: ${error.message}.`);
  if (code === "42P01" || code === "3F000" || code === "42703" || code === "42883") {
    return wrap("RB_TARGET_SCHEMA", `The target's schema is missing or of another version: ${error.message}.`);
  }
  if (code === "53100") return wrap("RB_DISK_FULL", "The disk of the target's database is full.");
  return wrap("RB_INTERNAL", `Postgres: ${error.message}`);
}
