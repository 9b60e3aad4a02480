import type { Pool, PoolClient } from "pg";
import { z } from "zod";
import { toReelbenchError } from "../core/contract/errors.ts";
import { ask } from "../core/production/ask.ts";
import { parseRows, productionError } from "../core/production/database.ts";
import { keepExposurePartitions } from "../core/production/exposures.ts";
import type { AccountServices } from "./accounts/account-services.ts";
import { trimSessions } from "./accounts/session-rows.ts";
import { trimAudit } from "./audit/audit-log.ts";
import type { ServerConfig } from "./config.ts";
import type { Logger } from "./telemetry/logger.ts";

const sessionsKeptDays = 30;
const probesKeptDays = 7;
/** Rows of one statement: what a lock, a replica or a crash has to deal with at once. */
const batchRows = 2_000;
const batches = 500;

export interface House {
  /** A pool of one connection for work that takes minutes. */
  readonly database: Pool;
  readonly config: Pick<ServerConfig, "auditDays" | "exposures" | "channel">;
  readonly accounts: AccountServices | null;
  readonly logger: Logger;
}

/**
 * What has been over for long goes; partitions are made ahead; signing keys that are old enough get a successor; tables that
 * have changed much are vacuumed. Servers that share a target take turns by an advisory lock. Each task is tried even where
 * one before it failed (a role may lack its grant). Never throws.
 */
export async function keepHouse({ database, config, accounts, logger }: House): Promise<void> {
  const attempt = async (task: string, work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (error) {
      logger.warn({ task, error: toReelbenchError(error).toEnvelope() }, "housekeeping failed; it is tried again");
    }
  };
  await attempt("housekeeping", () =>
    whileAlone(database, async (client) => {
      if (config.exposures !== null) {
        const { days } = config.exposures;
        await attempt("exposures", async () => {
          const { made, dropped } = await keepExposurePartitions(client, days);
          if (made + dropped > 0) logger.info({ made, dropped }, "exposures' partitions");
        });
      }
      await attempt("probes", () => trimProbes(client));
      await attempt("servers", () =>
        ask(client, "delete from reelbench.servers where seen_at < now() - interval '1 day'"),
      );
      await attempt("vacuum", async () => {
        for (const table of await changedTables(client)) {
          await ask(client, `vacuum (analyze, skip_locked) reelbench.${table}`);
          logger.debug({ table }, "vacuumed");
        }
      });
    }),
  );
  await attempt("audit", () => trimAudit(database, config.auditDays));
  if (accounts === null) return;
  await attempt("sessions", () => trimSessions(database, sessionsKeptDays));
  await attempt("signing keys", () => accounts.signingKeys.maintain());
}

/** Runs `work` if no other server does; the lock goes with the connection, however that ends. */
async function whileAlone(database: Pool, work: (client: PoolClient) => Promise<void>): Promise<void> {
  const client = await database.connect().catch((error: unknown) => {
    throw productionError(error);
  });
  let broken: Error | undefined;
  const onError = (error: Error) => {
    broken = error;
  };
  client.on("error", onError);
  try {
    const lock = "hashtextextended('reelbench housekeeping', 0)";
    const { rows } = await client.query<{ mine: boolean }>(`select pg_try_advisory_lock(${lock}) as mine`);
    if (rows[0]?.mine !== true) return;
    await work(client);
    await client.query(`select pg_advisory_unlock(${lock})`);
  } finally {
    client.off("error", onError);
    client.release(broken);
  }
}

async function trimProbes(client: PoolClient): Promise<void> {
  for (let batch = 0; batch < batches; batch++) {
    const { rowCount } = await ask(
      client,
      `delete from reelbench.probe_answers where (round_id, n, server_id) in (
         select a.round_id, a.n, a.server_id from reelbench.probe_rounds r join reelbench.probe_answers a on a.round_id = r.id
         where r.expires_at < now() - make_interval(days => $1) limit $2)`,
      [probesKeptDays, batchRows],
    );
    if ((rowCount ?? 0) < batchRows) return;
  }
}

/** Autovacuum waits for a fifth of a table to change; and it never analyses the parent of partitions. */
async function changedTables(client: PoolClient): Promise<string[]> {
  const rows = parseRows(
    z.object({ name: z.string().regex(/^[a-z0-9_]+$/) }),
    await ask(
      client,
      `select s.relname as name from pg_stat_user_tables s join pg_class c on c.oid = s.relid
       where s.schemaname = 'reelbench' and c.relkind = 'r' and s.n_dead_tup > 5000 and s.n_dead_tup > 0.1 * s.n_live_tup
       union all
       select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = 'reelbench' and c.relkind = 'p'
         and coalesce((select max(last_analyze) from pg_stat_user_tables t where t.relid = c.oid), '-infinity') < now() - interval '1 day'
       order by name`,
    ),
  );
  return rows.map(({ name }) => name);
}
