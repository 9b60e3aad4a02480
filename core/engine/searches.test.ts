import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { memoryPorts } from "../contract/memory-port.ts";
import type { MethodInput } from "../contract/methods.ts";
import { connect, followJob, runJob, serveEngine } from "../contract/transport.ts";
import type { Transport } from "../contract/transport.ts";
import { openEngine } from "../engine.ts";
import type { Engine } from "../engine.ts";
import { nodeProcessHost } from "../jobs/process-host.ts";
import { machineMemory } from "../training/machine-memory.ts";

// Each trial is a process of its own, which machines that do other things as well start slowly.
vi.setConfig({ testTimeout: 180_000 });

let folder: string;
let engine: Engine;
let transport: Transport;
let snapshotId: string;
let splitId: string;

async function open(options: { readonly memory?: number }): Promise<void> {
  const workspaceDirectory = join(folder, "workspace");
  engine = await openEngine({ workspaceDirectory, processHost: nodeProcessHost, threads: 2, ...options });
  const [front, back] = memoryPorts();
  serveEngine(engine, back);
  transport = connect(front);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "reelbench-search-"));
  await open({});
  ({ snapshotId } = await runJob(transport, "sample.create", { users: 150, items: 120, ratings: 6000 }));
  ({ splitId } = await runJob(transport, "splits.create", { snapshotId, protocol: { protocol: "random" } }));
}, 180_000);

afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

const request = (changes: Partial<MethodInput<"searches.start">> = {}): MethodInput<"searches.start"> => ({
  splitId,
  algorithm: "biases",
  sampler: { sampler: "tpe", startup: 3 },
  trials: 5,
  parallel: 2,
  seed: 3,
  ...changes,
});
/** What a search did, without what differs from one to the other: ids and times. */
const taken = async (searchId: string) =>
  (await transport.request("searches.get", { searchId })).steps.map(
    ({ runId: _run, seconds: _seconds, ...step }) => step,
  );

test("a search ends with its best settings judged by the test, once", async () => {
  const { searchId, runId } = await runJob(transport, "searches.start", request());
  const { search, steps } = await transport.request("searches.get", { searchId });
  expect(search).toMatchObject({ state: "succeeded", metric: "rmse", higherIsBetter: false, winnerRunId: runId });
  expect(steps.map(({ step, state }) => [step, state])).toEqual([0, 1, 2, 3, 4].map((step) => [step, "succeeded"]));
  const best = steps.toSorted((a, b) => (a.value ?? 0) - (b.value ?? 0))[0];
  expect(search.best).toMatchObject({ step: best?.step, value: best?.value });
  expect(search.warnings.join()).toMatch(/flatters/);

  const winner = await transport.request("runs.get", { runId });
  const split = await transport.request("splits.get", { splitId });
  expect(winner).toMatchObject({ hyperparameters: search.best?.hyperparameters, search: { part: { part: "test" } } });
  expect(winner.evaluated?.testRatings).toBe(split.test);
  expect(winner.modelHash).not.toBeNull();
  // The trials saw a tenth of the training part and never the test.
  const trial = await transport.request("runs.get", { runId: best?.runId ?? "" });
  expect(trial).toMatchObject({
    modelHash: null,
    search: { part: { part: "validation", inner: { protocol: "random" } } },
  });
  expect((trial.evaluated?.testRatings ?? 0) / split.train).toBeCloseTo(0.1, 1);
  expect(trial.metrics.find(({ metric }) => metric === "rmse")?.value).toBe(best?.value);

  // Trials are runs, but not among those a person looks through or compares.
  expect((await transport.request("runs.list", {})).map(({ id }) => id)).toEqual([runId]);
  expect(await transport.request("runs.list", { trials: true })).toHaveLength(6);
  await expect(transport.request("runs.compare", { runIds: [runId, trial.id] })).rejects.toMatchObject({
    code: "RB_INCOMPARABLE",
    message: expect.stringContaining("validation") as string,
  });
  expect(await runJob(transport, "runs.reproduce", { runId: trial.id })).toMatchObject({ identical: true });

  const { searchId: again } = await runJob(transport, "searches.start", request());
  expect(await taken(again)).toEqual(await taken(searchId));
  expect((await transport.request("searches.get", { searchId: again })).search.warnings.join()).toMatch(
    /1 earlier search/,
  );
});

test("a cancelled search resumes to where an undisturbed one ends, epochs dealt out by halving", async () => {
  const schedule = { schedule: "asha", resource: "epochs", minimum: 3, maximum: 9 } as const;
  const asked = request({ schedule, trials: 6, parallel: 1, sampler: { sampler: "quasi-random" } });
  const { searchId } = await runJob(transport, "searches.start", asked);
  const whole = await taken(searchId);
  expect(whole.filter(({ budget }) => budget?.amount === 3)).toHaveLength(6);
  expect(whole.filter(({ budget }) => budget?.amount === 9).length).toBeGreaterThan(0);
  expect(whole.every(({ budget, hyperparameters }) => hyperparameters["epochs"] === budget?.amount)).toBe(true);

  const { jobId } = await transport.request("searches.start", asked);
  const id = `t${jobId.slice(1)}`;
  for (;;) {
    const { search } = await transport.request("searches.get", { searchId: id });
    if (search.finishedSteps >= 2) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await transport.request("jobs.cancel", { jobId });
  await expect(followJob(transport, jobId)).rejects.toMatchObject({ code: "RB_CANCELLED" });
  expect((await transport.request("searches.get", { searchId: id })).search.state).toBe("cancelled");
  await transport.request("jobs.resume", { jobId });
  await expect(followJob(transport, jobId)).resolves.toMatchObject({ state: "succeeded" });
  expect(await taken(id)).toEqual(whole);
});

test("a share of the users is enough to begin with", async () => {
  const schedule = { schedule: "hyperband", resource: "users", minimum: 0.3, maximum: 1, reduction: 3 } as const;
  const { searchId, runId } = await runJob(transport, "searches.start", request({ schedule, metric: "ndcg@5" }));
  const { search, steps } = await transport.request("searches.get", { searchId });
  const ratings = await Promise.all(
    steps.map(async (step) => ({
      share: step.budget?.amount ?? 1,
      users: (await transport.request("runs.get", { runId: step.runId })).evaluated?.users ?? 0,
    })),
  );
  for (const { share, users } of ratings) expect(users / 150).toBeLessThan(share + 0.12);
  const winner = await transport.request("runs.get", { runId });
  expect(winner.metrics.map(({ metric }) => metric)).toEqual(expect.arrayContaining(["ndcg@5", "ndcg@10"]));
  expect(search.higherIsBetter).toBe(true);
});

test("a split's own validation part is what its searches are judged by", async () => {
  const protocol = { protocol: "random", validationShare: 0.25 } as const;
  const { splitId: kept } = await runJob(transport, "splits.create", { snapshotId, protocol });
  const { searchId } = await runJob(transport, "searches.start", request({ splitId: kept, trials: 1 }));
  const { search, steps } = await transport.request("searches.get", { searchId });
  const trial = await transport.request("runs.get", { runId: steps[0]?.runId ?? "" });
  const split = await transport.request("splits.get", { splitId: kept });
  expect(search.validation).toBeNull();
  expect(trial.evaluated?.testRatings).toBe(split.validation);

  // Deleted with its trials; the winner, a run of its own, stays and keeps the split.
  await transport.request("searches.delete", { searchId });
  await expect(transport.request("searches.get", { searchId })).rejects.toMatchObject({ code: "RB_NOT_FOUND" });
  const left = await transport.request("runs.list", { splitId: kept, trials: true });
  expect(left.map(({ id }) => id)).toEqual([search.winnerRunId]);
  await expect(transport.request("splits.delete", { splitId: kept })).rejects.toMatchObject({ code: "RB_CONFLICT" });
});

test.each([
  ["a tenth of each fold's training part", false],
  ["the validation part of each fold", true],
])("on folds a trial is judged by %s, and by no fold's test", async (_, validation) => {
  const { splitId: folds } = await runJob(transport, "splits.create", {
    snapshotId,
    protocol: { protocol: "k-fold", folds: 3, validation },
  });
  const { searchId, runId } = await runJob(transport, "searches.start", request({ splitId: folds, trials: 2 }));
  const { search, steps } = await transport.request("searches.get", { searchId });
  const trial = await transport.request("runs.get", { runId: steps[0]?.runId ?? "" });
  const winner = await transport.request("runs.get", { runId });
  const { ratings } = await transport.request("snapshots.get", { snapshotId });
  expect(trial.evaluated?.folds).toBe(3);
  // Two thirds of three folds are twice the ratings; or each rating validates once.
  expect((trial.evaluated?.testRatings ?? 0) / ratings).toBeCloseTo(validation ? 1 : 0.2, 1);
  expect(trial.metrics.find(({ metric }) => metric === "rmse")?.value).toBe(steps[0]?.value);
  expect(trial.modelHash).toBeNull();
  expect(winner.evaluated).toMatchObject({ folds: 3, testRatings: ratings });
  expect(search.warnings.join()).toMatch(/not wholly unseen/);
  expect(await runJob(transport, "runs.reproduce", { runId: trial.id })).toMatchObject({ identical: true });
});

test("what could not work is refused before anything is trained", async () => {
  const refused = async (changes: Partial<MethodInput<"searches.start">>) =>
    transport.request("searches.start", request(changes)).then(
      () => "accepted",
      (error: Error) => error.message,
    );
  expect(await refused({ metric: "ndcg" })).toMatch(/has a length/);
  expect(await refused({ algorithm: "popularity" })).toMatch(/nothing to search/);
  expect(await refused({ algorithm: "puresvd", metric: "rmse" })).toMatch(/predicts no ratings/);
  expect(await refused({ fixed: { nonsense: 1 } })).toMatch(/nonsense/);
  const schedule = { schedule: "asha", resource: "epochs", minimum: 1, maximum: 9 } as const;
  expect(await refused({ algorithm: "puresvd", metric: "ndcg@10", schedule })).toMatch(/no epochs/);
});

test("settings too large for the machine lose, and the search goes on", async () => {
  const plan = (factors: number) =>
    transport.request("training.plan", { splitId, algorithm: "puresvd", hyperparameters: { factors } });
  const [small, large] = [await plan(4), await plan(100)];
  await engine.close();
  // A machine on which the small one fits and the large one does not.
  await open({ memory: (((small.bytes + large.bytes) / 2) * machineMemory()) / small.available });
  const { searchId } = await runJob(transport, "searches.start", {
    splitId,
    algorithm: "puresvd",
    space: [{ kind: "choice", name: "factors", choices: [4, 100] }],
    sampler: { sampler: "quasi-random" },
    trials: 2,
  });
  const { search, steps } = await transport.request("searches.get", { searchId });
  expect(new Map(steps.map(({ configuration, error }) => [configuration["factors"], error?.code]))).toEqual(
    new Map([
      [4, undefined],
      [100, "RB_TRAIN_TOO_LARGE"],
    ]),
  );
  expect(search.best?.hyperparameters["factors"]).toBe(4);
});
