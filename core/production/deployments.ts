import type { Pool } from "pg";
import { z } from "zod";
import { ReelbenchError } from "../contract/errors.ts";
import { ask } from "./ask.ts";
import { bigCount, inTransaction, parseRow, parseRows } from "./database.ts";
import type { Database } from "./database.ts";
import { notify } from "./notices.ts";
import { versionState } from "./versions.ts";

const deploymentRow = z
  .object({
    channel: z.string(),
    active_version: z.string(),
    previous_version: z.string().nullable(),
    epoch: bigCount,
    activated_at: z.date(),
  })
  .transform((row) => ({
    channel: row.channel,
    version: row.active_version,
    previous: row.previous_version,
    epoch: row.epoch,
    activatedAt: row.activated_at,
  }));
export type Deployment = z.output<typeof deploymentRow>;

const historyRow = z
  .object({
    version: z.string(),
    from_version: z.string().nullable(),
    epoch: bigCount,
    reason: z.enum(["publish", "rollback"]),
    activated_at: z.date(),
  })
  .transform((row) => ({
    version: row.version,
    from: row.from_version,
    epoch: row.epoch,
    reason: row.reason,
    activatedAt: row.activated_at,
  }));
export type DeploymentEvent = z.output<typeof historyRow>;

const columns = "channel, active_version, previous_version, epoch, activated_at";

/** What a channel serves; null while nothing was ever activated on it. One primary-key read: servers poll it. */
export async function findDeployment(database: Database, channel: string): Promise<Deployment | null> {
  return parseRow(
    deploymentRow,
    await ask(database, `select ${columns} from reelbench.deployments where channel = $1`, [channel]),
  );
}

/** Newest first. */
export async function deploymentHistory(database: Database, channel: string, limit = 100): Promise<DeploymentEvent[]> {
  return parseRows(
    historyRow,
    await ask(
      database,
      "select version, from_version, epoch, reason, activated_at from reelbench.deployment_history where channel = $1 order by epoch desc limit $2",
      [channel, limit],
    ),
  );
}

export interface Activation {
  readonly channel: string;
  readonly version: string;
  readonly reason: "publish" | "rollback";
  /** Epoch the decision was made on (0: nothing was active). Another one means that somebody else was faster: RB_CONFLICT. */
  readonly expectedEpoch: number;
}

/**
 * Makes a version the one its channel serves (PUB-6): the pointer, both states, the history and the notice change in one
 * transaction or not at all. The version must be ready or retired, arrived whole and probed; activating what is active
 * changes nothing. Throws RB_CONFLICT, RB_NOT_FOUND.
 */
export async function activate(
  pool: Pool,
  { channel, version, reason, expectedEpoch }: Activation,
): Promise<Deployment> {
  return inTransaction(pool, async (client) => {
    // Two first activations of a channel find no row to lock; this orders them.
    await client.query("select pg_advisory_xact_lock(hashtextextended('reelbench.activate:' || $1, 0))", [channel]);
    const current = parseRow(
      deploymentRow,
      await client.query(`select ${columns} from reelbench.deployments where channel = $1 for update`, [channel]),
    );
    if (current?.version === version) return current;
    if ((current?.epoch ?? 0) !== expectedEpoch) {
      throw new ReelbenchError(
        "RB_CONFLICT",
        `Meanwhile ${current?.version ?? "nothing"} became active on channel ${channel}; nothing was changed.`,
      );
    }
    const candidate = parseRow(
      z.object({ state: versionState }),
      await client.query("select state from reelbench.versions where version = $1 for update", [version]),
    );
    if (candidate === null) throw new ReelbenchError("RB_NOT_FOUND", `Version ${version} is not on the target.`);
    if (candidate.state !== "active") {
      await client.query(
        "update reelbench.versions set state = 'active', activated_at = now(), retired_at = null where version = $1",
        [version],
      );
    }
    const next = parseRow(
      deploymentRow,
      await client.query(
        `insert into reelbench.deployments (channel, active_version, previous_version, epoch) values ($1, $2, null, 1)
         on conflict (channel) do update set active_version = $2, previous_version = deployments.active_version, epoch = deployments.epoch + 1, activated_at = now()
         returning ${columns}`,
        [channel, version],
      ),
    );
    if (next === null) throw new ReelbenchError("RB_INTERNAL", "The deployment was not written.");
    await client.query(
      `update reelbench.versions set state = 'retired', retired_at = now()
       where version = $1 and state = 'active' and not exists (select from reelbench.deployments where active_version = $1)`,
      [current?.version ?? null],
    );
    await client.query(
      "insert into reelbench.deployment_history (channel, epoch, version, from_version, reason) values ($1, $2, $3, $4, $5)",
      [channel, next.epoch, version, current?.version ?? null, reason],
    );
    await notify(client, { kind: "deployment", channel });
    return next;
  });
}
