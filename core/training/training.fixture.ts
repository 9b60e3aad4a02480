import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Run, Snapshot, SplitProtocol } from "../contract/entities.ts";
import { createRandom } from "../random.ts";
import { algorithmById, parseHyperparameters } from "../models/registry.ts";
import { createSnapshot } from "../ratings/snapshot.ts";
import { importSource } from "../ratings/import.ts";
import { foldsOf } from "../ratings/split-parts.ts";
import { createSplit } from "../ratings/split.ts";
import type { TrainingTaskInput } from "./task.ts";

const quiet = { signal: new AbortController().signal, onProgress: () => undefined };

/** A small snapshot on disk, made from a file as a person's would be: two tastes, ids with leading zeros. */
export interface Laboratory {
  readonly root: string;
  readonly runsDirectory: string;
  readonly snapshot: Snapshot;
  readonly snapshotDirectory: string;
  split(protocol: SplitProtocol): Promise<{ splitId: string; splitDirectory: string }>;
  task(
    runId: string,
    algorithm: string,
    protocol: SplitProtocol,
    change?: Partial<TrainingTaskInput>,
  ): Promise<TrainingTaskInput>;
  refitTask(runId: string, of: Run): TrainingTaskInput;
  remove(): Promise<void>;
}

export async function openLaboratory(users = 120, items = 60): Promise<Laboratory> {
  const root = await mkdtemp(join(tmpdir(), "reelbench-training-"));
  const [sources, snapshots, splits, runsDirectory] = (await Promise.all(
    ["sources", "snapshots", "splits", "runs"].map(async (name) => {
      await mkdir(join(root, name));
      return join(root, name);
    }),
  )) as [string, string, string, string];
  const path = join(root, "ratings.csv");
  await writeFile(path, ratingsFile(users, items));
  const source = await importSource({ path, options: {}, itemsPath: null }, sources, quiet);
  const snapshot = await createSnapshot(
    { sources: [{ id: source.id, directory: join(sources, source.id) }], recipe: [] },
    snapshots,
    quiet,
  );
  const snapshotDirectory = join(snapshots, snapshot.id);
  const split: Laboratory["split"] = async (protocol) => {
    const made = await createSplit({ snapshot, snapshotDirectory, protocol, seed: 7 }, splits, quiet);
    return { splitId: made.id, splitDirectory: join(splits, made.id) };
  };
  const base = (runId: string, algorithm: string) => ({
    runId,
    name: runId,
    snapshot,
    snapshotDirectory,
    algorithm,
    hyperparameters: parseHyperparameters(algorithmById(algorithm), {}),
    seed: 42,
    threads: 2,
    codeVersion: "test",
    createdAt: "2026-01-01T00:00:00Z",
    runsDirectory,
  });
  return {
    root,
    runsDirectory,
    snapshot,
    snapshotDirectory,
    split,
    task: async (runId, algorithm, protocol, change = {}) => {
      const { splitId, splitDirectory } = await split(protocol);
      const folds = foldsOf(protocol);
      const selection =
        folds === null
          ? { kind: "holdout" as const, splitDirectory }
          : { kind: "k-fold" as const, splitDirectory, folds };
      return { ...base(runId, algorithm), splitId, selection, ...change };
    },
    refitTask: (runId, of) => ({
      ...base(runId, of.algorithm),
      hyperparameters: of.hyperparameters,
      splitId: of.splitId,
      selection: { kind: "all" },
      refitOf: { run: of, directory: join(runsDirectory, of.id) },
    }),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

/** Even users like even items. Every user has at least ten ratings. */
function ratingsFile(users: number, items: number): string {
  const random = createRandom(3);
  const lines = ["userId,movieId,rating,timestamp"];
  for (let u = 0; u < users; u++) {
    const chosen = new Set<number>();
    while (chosen.size < 10 + random.below(12)) chosen.add(Math.min(random.below(items), random.below(items)));
    for (const i of chosen) {
      const liked = u % 2 === i % 2 ? 4 : 2;
      lines.push(`${String(u).padStart(4, "0")},${i},${liked + random.below(2)},${1_000_000_000 + random.below(1e8)}`);
    }
  }
  return `${lines.join("\n")}\n`;
}
