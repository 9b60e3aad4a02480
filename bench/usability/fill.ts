/** The same runs for both sides: a workspace filled through the engine, and its runs as `runs.json` for MLflow. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runJob } from "../../core/contract/transport.ts";
import type { Transport } from "../../core/contract/transport.ts";
import { inEngine } from "../many-runs.ts";

const trainings = [
  { algorithm: "popularity", name: "popularity" },
  { algorithm: "biased-svd", name: "svd 8", hyperparameters: { factors: 8, epochs: 20 } },
  { algorithm: "biased-svd", name: "svd 16", hyperparameters: { factors: 16, epochs: 20 } },
  { algorithm: "biased-svd", name: "svd 32", hyperparameters: { factors: 32, epochs: 20, learningRate: 0.01 } },
  { algorithm: "ials", name: "ials 16", hyperparameters: { factors: 16, epochs: 8 } },
  { algorithm: "ials", name: "ials 32", hyperparameters: { factors: 32, epochs: 8 } },
] as const;

/** Does nothing where it was done before. Returns the file of runs. */
export async function fillForBoth(directory: string): Promise<string> {
  const file = join(directory, "runs.json");
  if (existsSync(file)) return file;
  mkdirSync(directory, { recursive: true });
  await inEngine(directory, async (transport) => {
    const { sourceId, snapshotId } = await runJob(transport, "sample.create", {
      users: 400,
      items: 500,
      ratings: 30_000,
    });
    const core = await runJob(transport, "snapshots.create", {
      sourceIds: [sourceId],
      name: "Sample, 20-core",
      recipe: [{ step: "k-core", k: 20 }],
    });
    await trainAll(transport, core.snapshotId, [trainings[0], trainings[2]]);
    const runs = await trainAll(transport, snapshotId, trainings);
    await publish(transport, [runs.get("popularity"), runs.get("ials 32")]);
    const { rows } = await transport.request("runs.query", {});
    const whole = await Promise.all(rows.map(({ id }) => transport.request("runs.get", { runId: id })));
    const snapshots = await transport.request("snapshots.list", {});
    const named = whole.map((run) => ({ ...run, snapshot: snapshots.find(({ id }) => id === run.snapshotId)?.name }));
    writeFileSync(file, JSON.stringify(named));
  });
  return file;
}

async function trainAll(
  transport: Transport,
  snapshotId: string,
  wanted: readonly (typeof trainings)[number][],
): Promise<ReadonlyMap<string, string>> {
  const { splitId } = await runJob(transport, "splits.create", { snapshotId, protocol: { protocol: "random" } });
  const ids = new Map<string, string>();
  for (const training of wanted)
    ids.set(training.name, (await runJob(transport, "runs.train", { splitId, ...training })).runId);
  return ids;
}

/** One version after the other, so that there is one to go back to. */
async function publish(transport: Transport, runIds: readonly (string | undefined)[]): Promise<void> {
  const [target] = await transport.request("targets.list", {});
  if (target === undefined) throw new Error("There is no local target.");
  for (const runId of runIds) {
    if (runId === undefined) throw new Error("Not all was trained.");
    await runJob(transport, "publish.run", { runId, targetId: target.id, overrideGates: true, probes: 20 });
  }
}
