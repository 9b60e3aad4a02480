import { join } from "node:path";
import { z } from "zod";
import { LRUCache } from "lru-cache";
import type { MethodOutput, ParsedInput } from "../contract/methods.ts";
import { ReelbenchError } from "../contract/errors.ts";
import { checkComparable } from "../evaluation/comparable.ts";
import { familyOf } from "../evaluation/metric.ts";
import { hasMetric, ratio, userStatistic } from "../evaluation/statistic.ts";
import type { PerUserTable } from "../evaluation/per-user.ts";
import { integer, withDatabase } from "../ratings/database.ts";
import { readPerUser } from "../training/per-user-file.ts";
import type { DirectHandlers } from "./handlers.ts";
import { finishedRun, presentSnapshot } from "./rooms.ts";
import type { Rooms } from "./rooms.ts";

/** What a page is cut from: who is better served by which of two runs. Rows in the users' dense order. */
interface Pairing {
  readonly users: Int32Array;
  readonly value: Float64Array;
  readonly against: Float64Array;
  /** How much better the run is for the user; above zero: the run wins, whatever the metric's direction. */
  readonly gain: Float64Array;
}

interface UserName {
  readonly userId: string;
  readonly ratings: number;
}

export function perUserHandlers(rooms: Rooms): DirectHandlers<"runs.perUser"> {
  const pairings = new LRUCache<string, Promise<Pairing>>({ max: 20 });
  const names = new LRUCache<string, Promise<ReadonlyMap<number, UserName>>>({ max: 3 });
  return {
    "runs.perUser": async (input) => {
      const { runId, againstId, metric } = input;
      const run = finishedRun(rooms, runId);
      const against = finishedRun(rooms, againstId);
      const pairing = await remembered(pairings, `${runId} ${againstId} ${metric}`, async () => {
        const [ours, theirs] = await Promise.all([readPerUser(run.directory), readPerUser(against.directory)]);
        checkComparable([
          { run: run.entity, perUser: ours },
          { run: against.entity, perUser: theirs },
        ]);
        return pair(ours, theirs, metric);
      });
      const known = await remembered(names, run.entity.snapshotId, () =>
        namesOf(presentSnapshot(rooms, run.entity.snapshotId).directory),
      );
      return page(pairing, known, input);
    },
  };
}

/** Finished runs and snapshots do not change; a failure is not kept. */
function remembered<T extends object>(
  cache: LRUCache<string, Promise<T>>,
  key: string,
  make: () => Promise<T>,
): Promise<T> {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const made = make();
  cache.set(key, made);
  made.catch(() => cache.delete(key));
  return made;
}

function namesOf(directory: string): Promise<ReadonlyMap<number, UserName>> {
  return withDatabase({ spillInto: join(directory, "..") }, async (database) => {
    const rows = await database.all(
      z.object({ u: integer, user_id: z.string(), ratings: integer }),
      `SELECT u, user_id, ratings FROM read_parquet($2) AS users JOIN (SELECT u, count(*) AS ratings FROM read_parquet($1) GROUP BY u) USING (u)`,
      [join(directory, "ratings.parquet"), join(directory, "users.parquet")],
    );
    return new Map(rows.map(({ u, user_id, ratings }) => [u, { userId: user_id, ratings }]));
  });
}

/** Users who have a value in both. Throws RB_INVALID_INPUT where the metric has no values for single users. */
export function pair(ours: PerUserTable, theirs: PerUserTable, metric: string): Pairing {
  if (!hasMetric(ours, metric) || !hasMetric(theirs, metric))
    throw new ReelbenchError("RB_INVALID_INPUT", `Not both runs have ${metric} for single users.`);
  const [a, b] = [userStatistic(ours, metric), userStatistic(theirs, metric)];
  const sign = familyOf(metric).higherIsBetter ? 1 : -1;
  const rows = Array.from(ours.users.keys()).filter((row) => a.denominator[row] !== 0 && b.denominator[row] !== 0);
  const of = (statistic: typeof a) =>
    Float64Array.from(rows, (row) =>
      ratio(statistic.numerator[row] ?? 0, statistic.denominator[row] ?? 1, statistic.root),
    );
  const [value, against] = [of(a), of(b)];
  return {
    users: Int32Array.from(rows, (row) => ours.users[row] ?? 0),
    value,
    against,
    gain: value.map((one, at) => sign * (one - (against[at] ?? 0))),
  };
}

function page(
  { users, value, against, gain }: Pairing,
  names: ReadonlyMap<number, UserName>,
  { sort, only, offset, limit }: ParsedInput<"runs.perUser">,
): MethodOutput<"runs.perUser"> {
  const ratingsOf = (row: number) => names.get(users[row] ?? -1)?.ratings ?? 0;
  const rows = Array.from(gain.keys()).filter((row) => only === "all" || outcome(gain[row] ?? 0) === only);
  const orders = {
    losses: (a: number, b: number) => (gain[a] ?? 0) - (gain[b] ?? 0),
    wins: (a: number, b: number) => (gain[b] ?? 0) - (gain[a] ?? 0),
    activity: (a: number, b: number) => ratingsOf(b) - ratingsOf(a),
  } as const;
  // Equal users stay in the order of their numbers.
  rows.sort((a, b) => orders[sort](a, b) || a - b);
  const counts = { win: 0, loss: 0, tie: 0 };
  for (const one of gain) counts[outcome(one)]++;
  return {
    users: users.length,
    wins: counts.win,
    losses: counts.loss,
    ties: counts.tie,
    histogram: histogram(gain),
    total: rows.length,
    rows: rows.slice(offset, offset + limit).map((row) => ({
      userId: names.get(users[row] ?? -1)?.userId ?? String(users[row]),
      ratings: ratingsOf(row),
      value: value[row] ?? 0,
      against: against[row] ?? 0,
      gain: gain[row] ?? 0,
    })),
  };
}

function outcome(gain: number): "win" | "loss" | "tie" {
  return gain > 0 ? "win" : gain < 0 ? "loss" : "tie";
}

const bins = 31;

/** Users by gain, in bins of equal width; zero, and what is next to nothing, lies in the middle one. */
function histogram(gain: Float64Array): MethodOutput<"runs.perUser">["histogram"] {
  let largest = 0;
  for (const one of gain) largest = Math.max(largest, Math.abs(one));
  if (largest === 0) return [];
  const width = (2 * largest) / bins;
  const counts = new Int32Array(bins);
  for (const one of gain) {
    const bin = Math.min(bins - 1, Math.max(0, Math.floor((one + largest) / width)));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return Array.from(counts, (users, bin) => ({ from: bin * width - largest, to: (bin + 1) * width - largest, users }));
}
