import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { CurvePoint, Run } from "../contract/entities.ts";
import { algorithms } from "../models/registry.ts";
import { loadCatalogue } from "../ratings/catalogue.ts";
import { loadTrainingData } from "../ratings/training-data.ts";
import { executeReproduction, executeTraining } from "./execute.ts";
import { trainingTask } from "./task.ts";
import type { TrainingTask } from "./task.ts";
import { openLaboratory } from "./training.fixture.ts";
import type { Laboratory } from "./training.fixture.ts";

const source = { loadTrainingData, loadCatalogue };
const most = 30;
let laboratory: Laboratory;
beforeAll(async () => {
  laboratory = await openLaboratory(60, 40);
});
afterAll(() => laboratory.remove());
afterEach(() => void vi.restoreAllMocks());

type Change = Partial<Pick<TrainingTask, "training" | "threads">> & { readonly settings?: Record<string, number> };

/** A rate so high that it overfits within the epochs there are. */
async function taskOf(runId: string, algorithm: string, { settings = {}, ...change }: Change): Promise<TrainingTask> {
  const task = await laboratory.task(runId, algorithm, { protocol: "random", testShare: 0.2 });
  return trainingTask.parse({
    ...task,
    hyperparameters: { ...task.hyperparameters, epochs: most, ...settings },
    ...change,
  });
}

const stopping = (change: object = {}) => ({
  earlyStopping: { patience: 2, every: 1, validation: { protocol: "random" as const, share: 0.2 }, ...change },
});
const overfit = { learningRate: 0.1, regularization: 0.001, factors: 16 };

function context(onCurve: (point: CurvePoint) => void = () => undefined, signal = new AbortController().signal) {
  return { signal, onProgress: () => undefined, onCurve };
}

const judged = (run: Run, metric: string) =>
  run.curve.flatMap(({ epoch, values }) => {
    const value = values[`validation-${metric}`];
    return value === undefined ? [] : [{ epoch, value }];
  });

describe("early stopping", () => {
  it("ends after patience judgements without improvement, and trains on everything for the best number of epochs", async () => {
    const task = await taskOf("stopped", "biased-svd", { training: stopping(), settings: overfit });
    const run = await executeTraining(task, source, context());
    const [stopped] = run.stopped ?? [];
    const values = judged(run, "rmse");
    const least = Math.min(...values.map(({ value }) => value));
    expect(stopped?.value).toBe(least);
    expect(stopped?.epochs).toBe(values.find(({ value }) => value === least)?.epoch);
    expect(stopped?.tried).toBe((stopped?.epochs ?? 0) + 2);
    expect(stopped?.tried).toBeLessThan(most);
    // The model is the one that a training of so many epochs on the whole training part leaves.
    const plain = await taskOf("plain", "biased-svd", { settings: { ...overfit, epochs: stopped?.epochs ?? 0 } });
    expect((await executeTraining(plain, source, context())).modelHash).toBe(run.modelHash);
    expect(run.hyperparameters["epochs"]).toBe(most);
  });

  it("is the same with another number of threads, and when reproduced", async () => {
    const change = { training: stopping(), settings: overfit };
    const two = await executeTraining(await taskOf("two", "biased-svd", change), source, context());
    const one = await executeTraining(await taskOf("one", "biased-svd", { ...change, threads: 1 }), source, context());
    expect(one.stopped).toEqual(two.stopped);
    expect(one.modelHash).toBe(two.modelHash);
    expect(await executeReproduction(await taskOf("two", "biased-svd", change), source, context())).toBe(two.modelHash);
  });

  it.each([2, 5])("goes on where it was interrupted in epoch %i", async (at) => {
    const change = { training: stopping(), settings: overfit };
    const whole = await executeTraining(await taskOf(`whole-${String(at)}`, "biased-svd", change), source, context());
    let now = 0;
    const clock = vi.spyOn(performance, "now").mockImplementation(() => (now += 6000));
    const abort = new AbortController();
    const giveUp = (point: CurvePoint) => {
      if (point.epoch === at) abort.abort();
    };
    const interrupted = executeTraining(
      await taskOf(`cut-${String(at)}`, "biased-svd", change),
      source,
      context(giveUp, abort.signal),
    );
    await expect(interrupted).rejects.toMatchObject({ code: "RB_CANCELLED" });
    clock.mockRestore();
    const after = await executeTraining(await taskOf(`cut-${String(at)}`, "biased-svd", change), source, context());
    expect(after.stopped).toEqual(whole.stopped);
    expect(after.modelHash).toBe(whole.modelHash);
    expect(after.curve.map(({ values }) => values)).toEqual(whole.curve.map(({ values }) => values));
  });

  it.each(
    algorithms.filter(({ info }) => info.offers.includes("early-stopping")).map(({ info }) => [info.id, info] as const),
  )("judges %s as it learns", async (id, { predictsRatings }) => {
    const training = stopping({ every: 2, patience: 1 });
    const run = await executeTraining(
      await taskOf(`each-${id}`, id, { training, settings: { epochs: 6 } }),
      source,
      context(),
    );
    const metric = predictsRatings ? "rmse" : "ndcg@10";
    const values = judged(run, metric);
    expect(values.map(({ epoch }) => epoch % 2)).toEqual(values.map(() => 0));
    expect(run.stopped?.[0]?.metric).toBe(metric);
    expect(values.length).toBeGreaterThan(0);
  });

  it("refuses an algorithm without epochs, and a metric that cannot be measured", async () => {
    const without = executeTraining(await taskOf("no-epochs", "ease", { training: stopping() }), source, context());
    await expect(without).rejects.toMatchObject({ code: "RB_INVALID_INPUT" });
    const training = stopping({ metric: "rmse" });
    const unrated = executeTraining(await taskOf("no-ratings", "ials", { training }), source, context());
    await expect(unrated).rejects.toMatchObject({ code: "RB_INVALID_INPUT" });
  });

  it("says for each fold where it ended", async () => {
    const task = await laboratory.task("folds", "biased-svd", { protocol: "k-fold", folds: 3 });
    const run = await executeTraining(
      trainingTask.parse({ ...task, hyperparameters: { ...task.hyperparameters, epochs: 8 }, training: stopping() }),
      source,
      context(),
    );
    expect(run.stopped).toHaveLength(3);
  });
});
