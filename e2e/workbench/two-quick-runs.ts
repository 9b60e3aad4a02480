import { inEngine } from "../../bench/many-runs.ts";
import { runJob } from "../../core/contract/transport.ts";

/** Two quick runs of one split in a workspace that nothing has open. */
export async function twoQuickRuns(directory: string): Promise<readonly string[]> {
  return inEngine(directory, async (transport) => {
    const { snapshotId } = await runJob(transport, "sample.create", { users: 120, items: 150, ratings: 5000 });
    const { splitId } = await runJob(transport, "splits.create", { snapshotId, protocol: { protocol: "random" } });
    const ids: string[] = [];
    for (const algorithm of ["popularity", "biases"])
      ids.push((await runJob(transport, "runs.train", { splitId, algorithm })).runId);
    return ids;
  });
}
