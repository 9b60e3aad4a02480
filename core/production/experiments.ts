import { createHash, randomBytes } from "node:crypto";
import type { Pool } from "pg";
import { z } from "zod";
import { ReelbenchError } from "../contract/errors.ts";
import { ask } from "./ask.ts";
import type { CacheUser } from "./cache-keys.ts";
import { bigCount, inTransaction, parseRow, parseRows } from "./database.ts";
import type { Database } from "./database.ts";
import type { Arm } from "./exposures.ts";

const experimentRow = z
  .object({
    id: z.uuid(),
    channel: z.string(),
    name: z.string(),
    champion: z.string(),
    challenger: z.string(),
    share: z.number(),
    salt: z.string(),
    started_at: z.date(),
    ended_at: z.date().nullable(),
    end_reason: z.enum(["stopped", "champion-changed"]).nullable(),
  })
  .transform(({ started_at, ended_at, end_reason, ...row }) => ({
    ...row,
    startedAt: started_at,
    endedAt: ended_at,
    endReason: end_reason,
  }));
export type Experiment = z.output<typeof experimentRow>;

const columns = "id, channel, name, champion, challenger, share, salt, started_at, ended_at, end_reason";

/**
 * The arm of a user: the first 48 bits of SHA-256(salt, namespace, id) as a number in [0, 1), below `share` the challenger's.
 * The same on every replica and at every time, and independent between experiments.
 */
export function armOf({ salt, share }: Pick<Experiment, "salt" | "share">, { namespace, userId }: CacheUser): Arm {
  const digest = createHash("sha256").update(`${salt}\0${namespace}\0${userId}`).digest();
  return digest.readUIntBE(0, 6) / 2 ** 48 < share ? "challenger" : "champion";
}

/**
 * Begins an experiment against what the channel serves. Throws RB_CONFLICT where one runs already, the channel serves nothing
 * or the challenger itself, or the challenger was not published and probed.
 */
export async function startExperiment(
  pool: Pool,
  given: { readonly channel: string; readonly name: string; readonly challenger: string; readonly share: number },
): Promise<Experiment> {
  return inTransaction(pool, async (client) => {
    const running = await client.query(
      "select from reelbench.experiments where channel = $1 and ended_at is null for update",
      [given.channel],
    );
    if (running.rowCount !== 0)
      throw new ReelbenchError("RB_CONFLICT", `An experiment is running on channel ${given.channel}; stop it first.`);
    const deployment = parseRow(
      z.object({ active_version: z.string() }),
      await client.query("select active_version from reelbench.deployments where channel = $1 for share", [
        given.channel,
      ]),
    );
    if (deployment === null) throw new ReelbenchError("RB_CONFLICT", `Channel ${given.channel} serves nothing yet.`);
    if (deployment.active_version === given.challenger)
      throw new ReelbenchError("RB_CONFLICT", `Version ${given.challenger} is what channel ${given.channel} serves.`);
    // Locked, so that nobody withdraws it meanwhile (PUB-12).
    const challenger = parseRow(
      z.object({ withdrawn: z.boolean() }),
      await client.query(
        "select withdrawn_at is not null as withdrawn from reelbench.versions where version = $1 for share",
        [given.challenger],
      ),
    );
    if (challenger?.withdrawn === true)
      throw new ReelbenchError(
        "RB_CONFLICT",
        `Version ${given.challenger} was withdrawn; restore it before anybody is answered with it.`,
      );
    const row = parseRow(
      experimentRow,
      await client.query(
        `insert into reelbench.experiments (channel, name, champion, challenger, share, salt) values ($1, $2, $3, $4, $5, $6)
         on conflict do nothing returning ${columns}`,
        [
          given.channel,
          given.name,
          deployment.active_version,
          given.challenger,
          given.share,
          randomBytes(12).toString("base64url"),
        ],
      ),
    );
    if (row === null)
      throw new ReelbenchError("RB_CONFLICT", `An experiment is running on channel ${given.channel}; stop it first.`);
    return row;
  });
}

/** Ends it. Null: there is none of that id on the channel. One that is over stays as it is. */
export async function stopExperiment(database: Database, channel: string, id: string): Promise<Experiment | null> {
  await ask(
    database,
    "update reelbench.experiments set ended_at = now(), end_reason = 'stopped' where id = $1 and channel = $2 and ended_at is null",
    [id, channel],
  );
  return findExperiment(database, channel, id);
}

export async function findExperiment(database: Database, channel: string, id: string): Promise<Experiment | null> {
  return parseRow(
    experimentRow,
    await ask(database, `select ${columns} from reelbench.experiments where id = $1 and channel = $2`, [id, channel]),
  );
}

/** The one that runs on the channel, or null. */
export async function runningExperiment(database: Database, channel: string): Promise<Experiment | null> {
  return parseRow(
    experimentRow,
    await ask(database, `select ${columns} from reelbench.experiments where channel = $1 and ended_at is null`, [
      channel,
    ]),
  );
}

/** The newest first. */
export async function listExperiments(database: Database, channel: string, limit = 100): Promise<Experiment[]> {
  return parseRows(
    experimentRow,
    await ask(
      database,
      `select ${columns} from reelbench.experiments where channel = $1 order by started_at desc, id limit $2`,
      [channel, limit],
    ),
  );
}

/** One arm: means over its users, so that somebody who asks often weighs no more than others. */
export interface ArmOutcome {
  readonly users: number;
  readonly answers: number;
  /** Mean over users of the share of their lists that were hits (`reelbench.exposure_outcomes`). */
  readonly mean: number;
  /** Sample variance of that share over users; 0 with one user. */
  readonly variance: number;
}

const none: ArmOutcome = { users: 0, answers: 0, mean: 0, variance: 0 };

/** What users of both arms took up, of the exposures that are still kept. */
export async function experimentOutcomes(database: Database, id: string): Promise<Record<Arm, ArmOutcome>> {
  const rows = parseRows(
    z.object({
      arm: z.enum(["champion", "challenger"]),
      users: bigCount,
      answers: bigCount,
      mean: z.number(),
      variance: z.number(),
    }),
    await ask(
      database,
      `select arm, count(*) as users, sum(answers) as answers, avg(rate)::float8 as mean, coalesce(var_samp(rate), 0)::float8 as variance
       from (select arm, namespace, user_id, count(*) as answers, avg(hit::int)::float8 as rate
             from reelbench.exposure_outcomes where experiment = $1 group by arm, namespace, user_id) per_user
       group by arm`,
      [id],
    ),
  );
  const of = (arm: Arm): ArmOutcome => {
    const row = rows.find((each) => each.arm === arm);
    return row === undefined
      ? none
      : { users: row.users, answers: row.answers, mean: row.mean, variance: row.variance };
  };
  return { champion: of("champion"), challenger: of("challenger") };
}
