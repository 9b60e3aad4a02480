import { readdir, readFile, writeFile } from "node:fs/promises";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run as runSchema } from "../contract/entities.ts";
import type { CurvePoint, Progress, SplitProtocol } from "../contract/entities.ts";
import { exists } from "../files/atomic.ts";
import { readJson } from "../files/json.ts";
import { nodeProcessHost } from "../jobs/process-host.ts";
import type { ChildHandle, ProcessHost } from "../jobs/process-host.ts";
import { columnOf } from "../evaluation/per-user.ts";
import type { TrainingSet } from "../models/algorithm.ts";
import { createRecommender } from "../recommend/recommender.ts";
import { loadTrainingData } from "../ratings/training-data.ts";
import { readBundleFolder } from "./bundle-folder.ts";
import { readPerUser } from "./per-user-file.ts";
import { reproduce, train } from "./train.ts";
import type { TrainContext } from "./train.ts";
import { openLaboratory } from "./training.fixture.ts";
import type { Laboratory } from "./training.fixture.ts";
import { workDirectory } from "./work-folder.ts";

const random: SplitProtocol = { protocol: "random", testShare: 0.2 };
const folds: SplitProtocol = { protocol: "k-fold", folds: 3 };
const quiet: TrainContext = { signal: new AbortController().signal, onProgress: () => undefined };

/** The real host, whose child can be got hold of. */
function watchedHost(): { host: ProcessHost; child: () => ChildHandle } {
  let last: ChildHandle | undefined;
  return {
    host: { fork: (entry, options) => (last = nodeProcessHost.fork(entry, options)) },
    child: () => {
      if (last === undefined) throw new Error("No child was started.");
      return last;
    },
  };
}

function rowsOf(ratings: TrainingSet | null): { u: number; i: number; rating: number }[] {
  if (ratings === null) return [];
  const starts = [...ratings.userStart];
  return [...ratings.item].map((i, at) => ({
    u: starts.findLastIndex((start) => start <= at),
    i,
    rating: ratings.rating[at] ?? NaN,
  }));
}

function total(values: ArrayLike<number> | undefined): number {
  return Array.from(values ?? []).reduce((sum, value) => sum + value, 0);
}

let laboratory: Laboratory;
beforeAll(async () => {
  laboratory = await openLaboratory();
});
afterAll(() => laboratory.remove());

describe("train", () => {
  it("leaves a whole run whose numbers follow from its files", async () => {
    const progress: Progress[] = [];
    const curve: CurvePoint[] = [];
    const task = await laboratory.task("holdout-svd", "biased-svd", random);
    const { run } = await train(task, nodeProcessHost, {
      ...quiet,
      onProgress: (point) => progress.push(point),
      onCurve: (point) => curve.push(point),
    });
    const directory = join(laboratory.runsDirectory, run.id);

    expect(await readJson(join(directory, "run.json"), runSchema)).toEqual(run);
    expect(run.modelHash).toBe(
      createHash("sha256")
        .update(await readFile(join(directory, "model", "model.safetensors")))
        .digest("hex"),
    );
    expect(run.curve).toEqual(curve);
    expect(curve.length).toBeGreaterThan(1);
    expect(progress.every(({ done }, at) => at === 0 || done >= (progress[at - 1]?.done ?? 0))).toBe(true);
    expect(await exists(workDirectory(laboratory.runsDirectory, run.id))).toBe(false);

    // RMSE once more, from the bundle and the test ratings alone.
    const { model, userIds } = await readBundleFolder(join(directory, "model"));
    expect(userIds[0]).toBe("0000");
    const { splitDirectory } = await laboratory.split(random);
    const { train: seen, test } = await loadTrainingData(laboratory.snapshotDirectory, {
      part: "holdout",
      splitDirectory,
    });
    const recommender = createRecommender(model);
    const held = rowsOf(test);
    const squares = total(held.map(({ u, i, rating }) => (recommender.predict(u, i) - rating) ** 2));
    expect(run.metrics.find(({ metric }) => metric === "rmse")?.value).toBeCloseTo(
      Math.sqrt(squares / held.length),
      12,
    );
    expect(run.evaluated).toMatchObject({ testRatings: held.length, coldUsers: 0, folds: null });
    expect(total(model.itemPopularity)).toBe(seen.item.length);

    const perUser = await readPerUser(directory);
    const ndcg = columnOf(perUser, "ndcg@10");
    expect(run.metrics.find(({ metric }) => metric === "ndcg@10")?.value).toBeCloseTo(total(ndcg) / ndcg.length, 12);

    // Started again after it has finished, it is not done again.
    expect((await train(task, nodeProcessHost, quiet)).run).toEqual(run);
  });

  it("gives the same bytes with another number of threads", async () => {
    const one = await train(
      await laboratory.task("one-thread", "biased-svd", random, { threads: 1 }),
      nodeProcessHost,
      quiet,
    );
    const three = await train(
      await laboratory.task("three-threads", "biased-svd", random, { threads: 3 }),
      nodeProcessHost,
      quiet,
    );
    expect(three.run.modelHash).toBe(one.run.modelHash);
    expect(three.run.metrics).toEqual(one.run.metrics);
  });

  it("pools the folds of a cross-validation and leaves no model", async () => {
    const { run } = await train(await laboratory.task("folds", "biases", folds), nodeProcessHost, quiet);
    const directory = join(laboratory.runsDirectory, run.id);
    expect((await readdir(directory)).sort()).toEqual(["per-user.parquet", "run.json"]);
    expect(run).toMatchObject({
      modelHash: null,
      evaluated: { testRatings: laboratory.snapshot.ratings, users: 120, folds: 3 },
    });
    expect(run.foldModelsHash).toMatch(/^[0-9a-f]{64}$/);
    expect(total(columnOf(await readPerUser(directory), "test_ratings"))).toBe(laboratory.snapshot.ratings);
    await expect(readBundleFolder(join(directory, "model"))).rejects.toMatchObject({ code: "RB_NO_MODEL" });
  });

  it("refits on everything and carries the evaluation of the run that chose it", async () => {
    const { run: chosen } = await train(await laboratory.task("chosen", "puresvd", random), nodeProcessHost, quiet);
    const { run } = await train(laboratory.refitTask("refit", chosen), nodeProcessHost, quiet);
    expect(run.refitOf).toBe("chosen");
    expect(run.metrics).toEqual(chosen.metrics);
    expect(run.modelHash).not.toBe(chosen.modelHash);
    const { model, card } = await readBundleFolder(join(laboratory.runsDirectory, "refit", "model"));
    expect(total(model.itemPopularity)).toBe(laboratory.snapshot.ratings);
    expect(card.refitOf).toBe("chosen");
    expect(await readPerUser(join(laboratory.runsDirectory, "refit"))).toEqual(
      await readPerUser(join(laboratory.runsDirectory, "chosen")),
    );
  });

  it("reports what the child met: a model that diverges", async () => {
    const task = await laboratory.task("diverges", "biased-svd", random);
    const hyperparameters = { ...task.hyperparameters, learningRate: 1e6 };
    await expect(train({ ...task, hyperparameters }, nodeProcessHost, quiet)).rejects.toMatchObject({
      code: "RB_TRAIN_DIVERGED",
    });
    expect(await exists(join(laboratory.runsDirectory, "diverges"))).toBe(false);
  });

  it("refuses a damaged model and says so", async () => {
    const { run } = await train(await laboratory.task("damaged", "popularity", random), nodeProcessHost, quiet);
    const path = join(laboratory.runsDirectory, run.id, "model", "model.safetensors");
    const bytes = await readFile(path);
    const last = bytes.length - 3;
    bytes.writeUInt8(bytes.readUInt8(last) ^ 1, last);
    await writeFile(path, bytes);
    await expect(readBundleFolder(join(laboratory.runsDirectory, run.id, "model"))).rejects.toMatchObject({
      code: "RB_CORRUPT",
    });
  });
});

describe("an interrupted training", () => {
  /** Long enough to be caught in the middle. */
  const long = (epochs: number) => ({ factors: 32, epochs });

  it("says how its process died, and goes on from the finished folds to the same bytes", async () => {
    const task = await laboratory.task("killed", "biased-svd", folds);
    const hyperparameters = { ...task.hyperparameters, ...long(200) };
    const whole = await train({ ...task, hyperparameters, runId: "whole" }, nodeProcessHost, quiet);

    const { host, child } = watchedHost();
    const onProgress = ({ message }: Progress) => {
      const { pid } = child();
      if (message.startsWith("Fold 2") && pid !== undefined) process.kill(pid, "SIGKILL");
    };
    await expect(train({ ...task, hyperparameters }, host, { ...quiet, onProgress })).rejects.toMatchObject({
      code: "RB_WORKER_DIED",
      details: { reason: "SIGKILL", probablyOutOfMemory: true },
    });
    expect(await exists(join(laboratory.runsDirectory, "killed"))).toBe(false);
    expect(await readdir(workDirectory(laboratory.runsDirectory, "killed"))).toContain("fold-0.bin");

    const messages: string[] = [];
    const { run } = await train({ ...task, hyperparameters }, nodeProcessHost, {
      ...quiet,
      onProgress: ({ message }) => messages.push(message),
    });
    expect(messages.some((message) => message.startsWith("Fold 1"))).toBe(false);
    expect(run.foldModelsHash).toBe(whole.run.foldModelsHash);
    expect(run.metrics).toEqual(whole.run.metrics);
    expect(await exists(workDirectory(laboratory.runsDirectory, "killed"))).toBe(false);
  });

  it("ends when it is cancelled, and so does its process", async () => {
    const task = await laboratory.task("cancelled", "biased-svd", random);
    const hyperparameters = { ...task.hyperparameters, ...long(1000) };
    const abort = new AbortController();
    const { host, child } = watchedHost();
    const training = train({ ...task, hyperparameters }, host, {
      signal: abort.signal,
      onProgress: () => undefined,
      onCurve: () => abort.abort(),
    });
    await expect(training).rejects.toMatchObject({ code: "RB_CANCELLED" });
    await new Promise<void>((resolve) => child().onExit(() => resolve()));
    expect(await exists(join(laboratory.runsDirectory, "cancelled"))).toBe(false);
    await expect(train(task, nodeProcessHost, { ...quiet, signal: abort.signal })).rejects.toMatchObject({
      code: "RB_CANCELLED",
    });
  });
});

describe("reproduce", () => {
  it.each([random, folds])("finds the same bytes ($protocol), and notices others", async (protocol) => {
    const task = await laboratory.task(`original-${protocol.protocol}`, "biased-svd", protocol);
    const { run } = await train(task, nodeProcessHost, quiet);
    const found = await reproduce(run, { ...task, threads: 1 }, nodeProcessHost, quiet);
    expect(found).toEqual({ identical: true, expected: run.modelHash ?? run.foldModelsHash, actual: found.expected });
    expect((await reproduce(run, { ...task, seed: 43 }, nodeProcessHost, quiet)).identical).toBe(false);
  });
});
