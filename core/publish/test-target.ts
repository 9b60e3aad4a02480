import type { Pool } from "pg";
import { z } from "zod";
import { ReelbenchError, toReelbenchError } from "../contract/errors.ts";
import type { PrivilegeReport, TargetTest } from "../contract/publishing.ts";
import { ask } from "../production/ask.ts";
import { createProductionPool, parseRow } from "../production/database.ts";
import { productionMigrations, schemaVersion } from "../production/migrate.ts";
import { reportPrivileges } from "./privileges.ts";
import { explainSilence } from "./reach-target.ts";
import { closeRedis, openRedis } from "./redis-target.ts";
import { parseTarget } from "./target-address.ts";
import type { TargetAddress } from "./target-address.ts";

/** gen_random_uuid() without an extension came with 13. */
const oldestPostgres = 130_000;

/** Tries a target without changing it. Never throws: each check says what it found, and what failed stops those after it. */
export async function testTarget(
  address: TargetAddress,
  signal: AbortSignal = AbortSignal.timeout(30_000),
): Promise<TargetTest> {
  const checks: TargetTest["checks"] = [];
  let privileges: PrivilegeReport | null = null;
  const attempt = async (check: string, work: () => Promise<string>): Promise<boolean> => {
    try {
      signal.throwIfAborted();
      checks.push({ check, passed: true, message: await work(), code: null, remedy: null });
      return true;
    } catch (error) {
      const { code, message, remedy } = toReelbenchError(error);
      checks.push({ check, passed: false, message, code, remedy });
      return false;
    }
  };
  let target: Required<TargetAddress> | undefined;
  const parsed = await attempt("address", async () => {
    target = parseTarget(address);
    return `Channel ${target.channel}.`;
  });
  if (!parsed || target === undefined) return { ok: false, checks, privileges };
  const { postgresUrl, redisUrl } = target;
  const pool = createProductionPool({
    url: postgresUrl,
    applicationName: "reelbench test",
    connections: 1,
    statementTimeout: 10_000,
  });
  try {
    const reached = await attempt("postgres", () =>
      checkVersion(pool).catch(async (error: unknown) => {
        throw await explainSilence(error, postgresUrl);
      }),
    );
    if (reached) {
      await attempt("encryption", () => checkEncryption(pool, new URL(postgresUrl).hostname));
      await attempt("privileges", async () => {
        privileges = await reportPrivileges(pool, await mustMigrate(pool));
        return sayPrivileges(privileges);
      });
      await attempt("schema", () => checkSchema(pool));
    }
  } finally {
    await pool.end();
  }
  if (redisUrl === null) await attempt("redis", async () => "None given: servers cache in their own memory only.");
  else await attempt("redis", () => checkRedis(redisUrl, signal));
  return { ok: checks.every(({ passed }) => passed), checks, privileges };
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

const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** No failure: a network of its own may be protection enough. But it is said. */
async function checkEncryption(pool: Pool, host: string): Promise<string> {
  const row = parseRow(
    z.object({ ssl: z.boolean(), version: z.string().nullable() }),
    await ask(pool, "select ssl, version from pg_stat_ssl where pid = pg_backend_pid()"),
  );
  if (row?.ssl === true) return `Encrypted (${row.version ?? "TLS"}).`;
  if (loopback.test(host)) return "Not encrypted; it does not leave this machine.";
  return "Not encrypted: whoever is on the way can read ratings and change models. Add ?sslmode=verify-full to the URL.";
}

/** A role that may not even look has to be given that first; whether it must migrate shows then. */
async function mustMigrate(pool: Pool): Promise<boolean> {
  try {
    return (await schemaVersion(pool)) < productionMigrations().length;
  } catch (error) {
    if (toReelbenchError(error).code === "RB_TARGET_SCHEMA") return false;
    throw error;
  }
}

/** Throws RB_TARGET_SCHEMA where something is missing; what there is too much of is no failure. */
function sayPrivileges({ role, grants, excess }: PrivilegeReport): string {
  if (grants.length > 0)
    throw new ReelbenchError(
      "RB_TARGET_SCHEMA",
      `The role ${role} lacks privileges to publish. An administrator gives them with: ${grants.join(" ")}`,
    );
  return excess.length === 0
    ? `The role ${role} may publish, and no more than that.`
    : `The role ${role} may publish, and more than it needs: ${excess.join("; ")}.`;
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
