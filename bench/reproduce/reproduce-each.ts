import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ProcessHost } from "../../core/jobs/process-host.ts";
import { nodeProcessHost } from "../../core/jobs/process-host.ts";
import type { Algorithm } from "../../core/models/algorithm.ts";
import { parseHyperparameters } from "../../core/models/hyperparameters.ts";
import { importSource } from "../../core/ratings/import.ts";
import { generateSample } from "../../core/ratings/sample.ts";
import { createSnapshot } from "../../core/ratings/snapshot.ts";
import { createSplit } from "../../core/ratings/split.ts";
import { reproduce, train } from "../../core/training/train.ts";
import { shortened } from "../shortened.ts";

export interface ReproducedRun {
  readonly algorithm: string;
  /** The hash that the run recorded. */
  readonly expected: string;
  readonly attempts: readonly { readonly host: string; readonly threads: number; readonly actual: string }[];
}

const quiet = { signal: new AbortController().signal, onProgress: () => undefined };
const shape = { seed: 5, users: 300, items: 260, ratings: 12_000 };

/** Trains each algorithm once, with one thread in Node, and reproduces the run on every host with every number of threads. */
export async function reproduceEach(
  algorithms: readonly Algorithm[],
  hosts: readonly (readonly [string, ProcessHost])[],
  threads: readonly number[],
  onRow: (row: ReproducedRun) => void = () => undefined,
): Promise<ReproducedRun[]> {
  const folder = await mkdtemp(join(tmpdir(), "reelbench-reproduce-"));
  try {
    const data = await prepare(folder);
    const rows: ReproducedRun[] = [];
    for (const algorithm of algorithms) {
      const task = {
        ...data,
        runId: `r-${algorithm.info.id}`,
        name: algorithm.info.name,
        algorithm: algorithm.info.id,
        hyperparameters: parseHyperparameters(algorithm, shortened(algorithm, 3, 8)),
        seed: 11,
        threads: 1,
      };
      const { run } = await train(task, nodeProcessHost, quiet);
      const attempts = [];
      for (const [host, processes] of hosts) {
        for (const count of threads) {
          const { actual } = await reproduce(run, { ...task, threads: count }, processes, quiet);
          attempts.push({ host, threads: count, actual });
        }
      }
      const row = { algorithm: algorithm.info.id, expected: run.modelHash ?? "", attempts };
      onRow(row);
      rows.push(row);
    }
    return rows;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What every task has in common: a sample with times, titles and genres, divided at random. */
async function prepare(folder: string) {
  const place = (name: string) => join(folder, name);
  for (const name of ["sources", "snapshots", "splits", "runs"]) await mkdir(place(name));
  const { ratingsPath, itemsPath } = await generateSample(shape, place("sample"));
  const source = await importSource({ path: ratingsPath, options: {}, itemsPath }, place("sources"), quiet);
  const sources = [{ id: source.id, directory: join(place("sources"), source.id) }];
  const snapshot = await createSnapshot({ sources, recipe: [] }, place("snapshots"), quiet);
  const snapshotDirectory = join(place("snapshots"), snapshot.id);
  const split = await createSplit(
    { snapshot, snapshotDirectory, protocol: { protocol: "random", testShare: 0.2 }, seed: 7 },
    place("splits"),
    quiet,
  );
  return {
    snapshot,
    snapshotDirectory,
    splitId: split.id,
    selection: { kind: "holdout" as const, splitDirectory: join(place("splits"), split.id) },
    codeVersion: "bench",
    createdAt: "2026-01-01T00:00:00Z",
    runsDirectory: place("runs"),
  };
}
