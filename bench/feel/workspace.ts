/** The workspace that nobody should have to wait in: twenty-five million ratings and ten thousand runs on them. */
import type { MethodInput } from "../../core/contract/methods.ts";
import { runJob } from "../../core/contract/transport.ts";
import type { Transport } from "../../core/contract/transport.ts";
import { movieLensShapes } from "../../core/ratings/sample.ts";
import { lookAround } from "../../e2e/screenshots/screens.ts";
import type { Known } from "../../e2e/screenshots/screens.ts";
import { inEngine, multiplyRuns } from "../many-runs.ts";

/** Few factors and epochs: what is measured is the workbench, not the models. */
const trainings: readonly Omit<MethodInput<"runs.train">, "splitId">[] = [
  { algorithm: "popularity" },
  { algorithm: "puresvd", hyperparameters: { factors: 16 } },
  { algorithm: "biases" },
];

interface Wanted {
  /** A file of ratings; null: they are invented. */
  readonly ratings: string | null;
  readonly shape: keyof typeof movieLensShapes;
  readonly runs: number;
}

/**
 * Three runs are trained, the others are these with other settings and metrics, each with a folder of its own. What is there already
 * is kept: a command that was ended goes on where it was.
 */
export async function makeLargeWorkspace(directory: string, wanted: Wanted): Promise<void> {
  await inEngine(directory, (transport) => fill(transport, wanted));
  await timed(`${String(wanted.runs)} runs there`, () => multiplyRuns(directory, wanted.runs));
}

async function fill(transport: Transport, wanted: Wanted): Promise<void> {
  const snapshotId = (await transport.request("snapshots.list", {}))[0]?.id ?? (await makeSnapshot(transport, wanted));
  const protocol = { protocol: "random" } as const;
  const splitId =
    (await transport.request("splits.list", {}))[0]?.id ??
    (await timed("a split made", () => runJob(transport, "splits.create", { snapshotId, protocol }))).splitId;
  for (const training of trainings) {
    const where = `state = succeeded and algorithm = ${training.algorithm}`;
    const { total } = await transport.request("runs.query", { where, limit: 1 });
    if (total === 0)
      await timed(`${training.algorithm} trained`, () => runJob(transport, "runs.train", { splitId, ...training }));
  }
}

async function makeSnapshot(transport: Transport, { ratings, shape }: Wanted): Promise<string> {
  if (ratings === null) {
    const made = () => runJob(transport, "sample.create", movieLensShapes[shape]);
    return (await timed("ratings invented and imported", made)).snapshotId;
  }
  const sourceId =
    (await transport.request("sources.list", {}))[0]?.id ??
    (await timed("ratings imported", () => runJob(transport, "sources.import", { path: ratings }))).sourceId;
  const made = () => runJob(transport, "snapshots.create", { sourceIds: [sourceId] });
  return (await timed("a snapshot made", made)).snapshotId;
}

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await work();
  console.log(`${((performance.now() - started) / 1000).toFixed(1).padStart(8)} s  ${what}`);
  return result;
}

/** The largest snapshot, and runs of the split that has most of them. */
export function inSight(directory: string, files: string): Promise<Known> {
  return inEngine(directory, async (transport) => {
    const seen = await lookAround(transport, "large", files);
    const { rows } = await transport.request("runs.query", { where: "state = succeeded", limit: 1000 });
    const sizes = new Map<string, number>();
    for (const { splitId } of rows) sizes.set(splitId, (sizes.get(splitId) ?? 0) + 1);
    const split = [...sizes].sort((a, b) => b[1] - a[1])[0]?.[0] ?? seen.split;
    const ofSplit = rows.filter(({ splitId }) => splitId === split);
    const large = rows.find(({ snapshotId, algorithm }) => snapshotId === seen.snapshot && algorithm !== "popularity");
    return { ...seen, split, runs: ofSplit.slice(0, 4).map(({ id }) => id), factors: large?.id ?? seen.factors };
  });
}
