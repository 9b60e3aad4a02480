import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SplitProtocol } from "../contract/entities.ts";
import { algorithmById, parseHyperparameters } from "../models/registry.ts";
import { loadCatalogue } from "../ratings/catalogue.ts";
import { loadTrainingData } from "../ratings/training-data.ts";
import { executeTraining } from "./execute.ts";
import { trainingTask } from "./task.ts";
import { openLaboratory } from "./training.fixture.ts";
import type { Laboratory } from "./training.fixture.ts";

/** Every way of splitting goes through a whole training. */
let laboratory: Laboratory;
beforeAll(async () => {
  laboratory = await openLaboratory();
});
afterAll(() => laboratory.remove());

const context = { signal: new AbortController().signal, onProgress: () => undefined, onCurve: () => undefined };
const source = { loadTrainingData, loadCatalogue };
const svd = parseHyperparameters(algorithmById("biased-svd"), { factors: 8, epochs: 60 });
let runs = 0;

async function run(algorithm: string, protocol: SplitProtocol, change: Parameters<Laboratory["task"]>[3] = {}) {
  const task = await laboratory.task(`run${String(runs++)}`, algorithm, protocol, change);
  return executeTraining(trainingTask.parse(task), source, context);
}

const metric = (made: Awaited<ReturnType<typeof run>>, name: string) =>
  made.metrics.find((value) => value.metric === name)?.value;

describe("a training", () => {
  it("by rolling origin trains a model for each cut-off", async () => {
    const made = await run("popularity", { protocol: "rolling-origin", cutoffs: 3, testShare: 0.3 });
    expect(made.evaluated?.folds).toBe(3);
    expect(made.modelHash).toBeNull();
    expect(made.evaluated?.testRatings).toBeGreaterThan(0.25 * laboratory.snapshot.ratings);
  });

  it("on held-out users answers them by what they gave, not as strangers", async () => {
    const protocol = { protocol: "held-out-users", testShare: 0.25, foldInShare: 0.8, foldInBy: "random" } as const;
    // Even users rate even items higher: told from what they gave only by a model with factors.
    const personal = await run("biased-svd", protocol, { hyperparameters: svd });
    expect(personal.evaluated).toMatchObject({ users: 30, coldUsers: 0, folds: null });
    const general = await run("biases", protocol);
    expect(metric(personal, "rmse")).toBeLessThan(0.8 * (metric(general, "rmse") ?? 0));
  });

  it("on likes claims no error of ratings, and is another model than one on all", async () => {
    const protocol = { protocol: "random", testShare: 0.2 } as const;
    const all = await run("biases", protocol);
    const likes = await run("biases", protocol, {
      training: { likes: { from: 4, values: "equal", low: "left-out" } },
    });
    expect(metric(all, "rmse")).toBeGreaterThan(0);
    expect(metric(likes, "rmse")).toBeUndefined();
    expect(metric(likes, "recall@10")).toBeGreaterThan(0);
    expect(likes.modelHash).not.toBe(all.modelHash);
    expect(likes.training).toEqual({ likes: { from: 4, values: "equal", low: "left-out" } });
    expect(likes.evaluated?.testRatings).toBe(all.evaluated?.testRatings);
  });
});
