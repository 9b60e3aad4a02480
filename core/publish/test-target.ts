import type { Pool } from "pg";
import { z } from "zod";
import { ReelbenchError, toReelbenchError } from "../contract/errors.ts";
import { ask } from "../production/ask.ts";
import { createProductionPool, parseRow } from "../production/database.ts";
import { productionMigrations, schemaVersion } from "../production/migrate.ts";
import { closeRedis, openRedis } from "./redis-target.ts";
import { parseTarget } from "./target-address.ts";
import type { TargetAddress } from "./target-address.ts";

export interface TargetCheck {
  readonly check: string;
  readonly passed: boolean;
  readonly message: string;
}

/** gen_random_uuid() without an extension came with 13. */
const oldestPostgres = 130_000;

/** Tries a target without changing it. Never throws: each check says what it found, and what failed stops those after it. */
export async function testTarget(
  address: TargetAddress,
  signal: AbortSignal = AbortSignal.timeout(30_000),
): Promise<{ ok: boolean; checks: TargetCheck[] }> {
  const checks: TargetCheck[] = [];
  const attempt = async (check: string, work: () => Promise<string>): Promise<boolean> => {
    try {
      signal.throwIfAborted();
      checks.push({ check, passed: true, message: await work() });
      return true;
    } catch (error) {
      checks.push({ check, passed: false, message: toReelbenchError(error).message });
      return false;
    }
  };
  let target: Required<TargetAddress> | undefined;
  const parsed = await attempt("address", async () => {
    target = parseTarget(address);
    return `Channel ${target.channel}.`;
  });
  if (!parsed || target === undefined) return { ok: false, checks };
  const { postgresUrl, redisUrl } = target;
  const pool = createProductionPool({
    url: postgresUrl,
    applicationName: "reelbench test",
    connections: 1,
    statementTimeout: 10_000,
  });
  try {
    const reached = await attempt("postgres", () => checkVersion(pool));
    if (reached) {
      await attempt("privileges", () => checkPrivileges(pool));
      await attempt("schema", () => checkSchema(pool));
    }
  } finally {
    await pool.end();
  }
  if (redisUrl === null)
    checks.push({ check: "redis", passed: true, message: "None given: servers cache in their own memory only." });
  else await attempt("redis", () => checkRedis(redisUrl, signal));
  return { ok: checks.every(({ passed }) => passed), checks };
}

async function checkVersion(pool: Pool): Promise<string> {
  const row = parseRow(
    z.object({ number: z.coerce.number().int(), version: z.string(), encoding: z.string(), replica: z.boolean() }),
    await ask(
      pool,
      "select current_setting('server_version_num') as number, current_setting('server_version') as version, current_setting('server_encoding') as encoding, pg_is_in_recovery() as replica",
    ),
  );
  if (row === null || row.number < oldestPostgres)
    throw new ReelbenchError("RB_TARGET_SCHEMA", `Postgres ${row?.version ?? "?"} is too old; 13 or newer is needed.`);
  if (row.encoding !== "UTF8")
    throw new ReelbenchError("RB_TARGET_SCHEMA", `The database's encoding is ${row.encoding}; UTF8 is needed.`);
  if (row.replica)
    throw new ReelbenchError("RB_TARGET_SCHEMA", "This is a read-only replica; give the primary's address.");
  return `Connected to Postgres ${row.version}.`;
}

async function checkPrivileges(pool: Pool): Promise<string> {
  const row = parseRow(
    z.object({ create: z.boolean(), usage: z.boolean().nullable(), owns: z.boolean().nullable() }),
    await ask(
      pool,
      `select has_database_privilege(current_database(), 'CREATE') as create,
         (select has_schema_privilege(oid, 'USAGE') from pg_namespace where nspname = 'reelbench') as usage,
         (select bool_and(has_table_privilege(c.oid, 'INSERT') and has_table_privilege(c.oid, 'UPDATE') and has_table_privilege(c.oid, 'DELETE'))
          from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'reelbench' and c.relkind = 'r') as owns`,
    ),
  );
  if (row?.usage == null) {
    if (row?.create !== true)
      throw new ReelbenchError(
        "RB_TARGET_SCHEMA",
        "The role may not create the schema: GRANT CREATE ON DATABASE … to it for the first publication.",
      );
    return "The role may create the schema.";
  }
  if (!row.usage || row.owns === false)
    throw new ReelbenchError(
      "RB_TARGET_SCHEMA",
      "The role may not write to the schema reelbench; docs/operations/database-roles.md lists what it needs.",
    );
  return "The role may publish.";
}

async function checkSchema(pool: Pool): Promise<string> {
  const version = await schemaVersion(pool);
  const known = productionMigrations().length;
  if (version > known)
    throw new ReelbenchError(
      "RB_TARGET_SCHEMA",
      `The schema is version ${version}, newer than this build's ${known}. Update Reelbench.`,
    );
  if (version === 0) return "Empty; the first publication creates the schema.";
  return version === known
    ? `Version ${version}, as this build's.`
    : `Version ${version}; publishing brings it to ${known}.`;
}

async function checkRedis(url: string, signal: AbortSignal): Promise<string> {
  const redis = await openRedis(url, signal);
  try {
    await redis.ping();
    const settings = await redis.configGet("appendonly").catch(() => null); // Managed services forbid CONFIG.
    const appendOnly = settings?.["appendonly"];
    if (appendOnly === undefined) return "Answers. Whether it keeps what it is told could not be read.";
    return appendOnly === "yes"
      ? "Answers, and keeps what it is told (appendonly)."
      : "Answers. Append-only persistence is off: as a cache that is fine.";
  } finally {
    await closeRedis(redis);
  }
}
