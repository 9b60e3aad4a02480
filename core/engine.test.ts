import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { memoryPorts } from "./contract/memory-port.ts";
import type { EngineEvent } from "./contract/methods.ts";
import { connect, runJob, serveEngine } from "./contract/transport.ts";
import type { Transport } from "./contract/transport.ts";
import { openEngine } from "./engine.ts";
import type { Engine } from "./engine.ts";
import { nodeProcessHost } from "./jobs/process-host.ts";
import { attach } from "./transport/attach.ts";

let folder: string;
let engine: Engine;
let transport: Transport;
const events: EngineEvent[] = [];
let snapshotId: string;
let splitId: string;
let runIds: string[];

async function open(): Promise<void> {
  engine = await openEngine({
    workspaceDirectory: join(folder, "workspace"),
    processHost: nodeProcessHost,
    threads: 1,
    passwordsInFile: true,
  });
  const [front, back] = memoryPorts();
  serveEngine(engine, back);
  transport = connect(front);
  transport.subscribe((event) => events.push(event));
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "reelbench-engine-"));
  await open();
  ({ snapshotId } = await runJob(transport, "sample.create", { users: 120, items: 150, ratings: 5000 }));
  ({ splitId } = await runJob(transport, "splits.create", { snapshotId, protocol: { protocol: "random" } }));
  const puresvd = await runJob(transport, "runs.train", {
    splitId,
    algorithm: "puresvd",
    hyperparameters: { factors: 8 },
  });
  const popularity = await runJob(transport, "runs.train", { splitId, algorithm: "popularity", name: "Everyone's" });
  runIds = [puresvd.runId, popularity.runId];
}, 180_000);

afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

test("the workspace knows what was made in it", async () => {
  const workspace = await transport.request("workspace.get", {});
  expect(workspace.counts).toEqual({ sources: 1, snapshots: 1, splits: 1, runs: 2, publications: 0 });
  expect(workspace.engine.pid).toBe(process.pid);
});

test("jobs and changes were told as they happened", () => {
  const states = events.flatMap((event) =>
    event.type === "job" && event.job.kind === "sample.create" ? [event.job.state] : [],
  );
  expect([states[0], states.at(-1)]).toEqual(["queued", "succeeded"]);
  expect(new Set(states)).toEqual(new Set(["queued", "running", "succeeded"]));
  expect(events).toContainEqual({ type: "changed", entity: "snapshot", id: snapshotId });
  expect(events).toContainEqual({ type: "changed", entity: "run", id: runIds[0] });
});

test("the sample names its files, not the place where they lay until they were read", async () => {
  const [source] = await transport.request("sources.list", {});
  expect(source?.files.map(({ path }) => path)).toEqual(["ratings.csv", "movies.csv"]);
});

test("a model answers with titles, without anything that the user has rated, unless what is held out is asked for", async () => {
  const [runId] = runIds as [string];
  const [user] = await transport.request("users.search", { snapshotId, limit: 1 });
  const userId = user?.userId ?? "";
  const all = await transport.request("recommend.forUser", { runId, userId, n: 200, excludeSeen: false });
  const unseen = await transport.request("recommend.forUser", { runId, userId, n: 200, explain: true });
  const history = new Set(
    (await transport.request("users.history", { snapshotId, userId })).films.map(({ itemId }) => itemId),
  );
  const isRated = ({ itemId }: { itemId: string }) => history.has(itemId);
  expect(all.filter(isRated).length).toBe(history.size);
  expect(unseen.some(isRated)).toBe(false);
  expect(unseen.length).toBe(all.length - history.size);
  // A fifth of the ratings is held out: some of the list was rated, but not all that was rated is in the list.
  const withHeldOut = await transport.request("recommend.forUser", { runId, userId, n: 200, showHeldOut: true });
  const found = withHeldOut.filter(isRated).length;
  expect(found).toBeGreaterThan(0);
  expect(found).toBeLessThan(history.size / 2);
  expect(withHeldOut.length).toBe(unseen.length + found);
  expect(unseen.map(({ rank }) => rank)).toEqual(unseen.map((_, at) => at + 1));
  expect(unseen.every(({ title }) => title !== null)).toBe(true);
  for (const { score, explanation } of unseen.slice(0, 5)) {
    const sum = (explanation?.contributions ?? []).reduce(
      (total, { contribution }) => total + contribution,
      explanation?.baseline ?? Number.NaN,
    );
    expect(sum).toBeCloseTo(score, 9);
  }
});

test("folding in: the last rating of an item counts, unknown items and ratings off the scale are named", async () => {
  const [runId] = runIds as [string];
  const [a, b] = await transport.request("items.search", { snapshotId, limit: 2 });
  const [itemA, itemB] = [a?.itemId ?? "", b?.itemId ?? ""];
  const twice = await transport.request("recommend.foldIn", {
    runId,
    ratings: [
      { itemId: itemA, rating: 1 },
      { itemId: itemB, rating: 4 },
      { itemId: itemA, rating: 5 },
    ],
  });
  const once = await transport.request("recommend.foldIn", {
    runId,
    ratings: [
      { itemId: itemB, rating: 4 },
      { itemId: itemA, rating: 5 },
    ],
  });
  expect(twice.map(({ itemId }) => itemId)).toEqual(once.map(({ itemId }) => itemId));
  expect(once.some(({ itemId }) => itemId === itemA || itemId === itemB)).toBe(false);
  await expect(
    transport.request("recommend.foldIn", { runId, ratings: [{ itemId: "no such", rating: 4 }] }),
  ).rejects.toMatchObject({ code: "RB_NOT_FOUND", details: { item: "no such" } });
  await expect(
    transport.request("recommend.foldIn", { runId, ratings: [{ itemId: itemA, rating: 99 }] }),
  ).rejects.toMatchObject({ code: "RB_INVALID_INPUT" });
});

test("runs are compared in a thread; nonsense is refused", async () => {
  const comparison = await transport.request("runs.compare", { runIds });
  expect(comparison).toMatchObject({ splitId, baselineId: runIds[1] });
  expect(await transport.request("runs.compare", { runIds })).toEqual(comparison);
  await expect(transport.request("runs.compare", { runIds: [runIds[0] ?? "", runIds[0] ?? ""] })).rejects.toMatchObject(
    { code: "RB_INVALID_INPUT" },
  );
  await expect(transport.request("runs.compare", { runIds, baselineId: "r0000" })).rejects.toMatchObject({
    code: "RB_INVALID_INPUT",
  });
});

test("a training that could never work is refused before it is accepted", async () => {
  const before = (await transport.request("jobs.list", {})).length;
  await expect(transport.request("runs.train", { splitId: "p0000", algorithm: "biases" })).rejects.toMatchObject({
    code: "RB_NOT_FOUND",
  });
  await expect(transport.request("runs.train", { splitId, algorithm: "no-such" })).rejects.toMatchObject({
    code: "RB_NOT_FOUND",
  });
  await expect(
    transport.request("runs.train", { splitId, algorithm: "puresvd", hyperparameters: { factors: -1 } }),
  ).rejects.toMatchObject({ code: "RB_INVALID_INPUT" });
  expect((await transport.request("jobs.list", {})).length).toBe(before);
  expect((await transport.request("workspace.get", {})).counts.runs).toBe(2);
});

test("a failed import leaves its cause with the job and nothing in the workspace", async () => {
  const path = join(folder, "empty.csv");
  writeFileSync(path, "");
  await expect(runJob(transport, "sources.import", { path })).rejects.toMatchObject({ code: "RB_IMPORT_EMPTY" });
  const [job] = await transport.request("jobs.list", { states: ["failed"] });
  expect(job).toMatchObject({
    kind: "sources.import",
    state: "failed",
    resumable: true,
    error: { code: "RB_IMPORT_EMPTY" },
  });
  expect((await transport.request("sources.list", {})).length).toBe(1);
});

test("a cancelled training stops, says so, and reaches the same bytes when resumed", async () => {
  const { jobId } = await transport.request("runs.train", {
    splitId,
    algorithm: "puresvd",
    hyperparameters: { factors: 8 },
  });
  const runId = `r${jobId.slice(1)}`;
  await new Promise<void>((resolve) => {
    const stop = transport.subscribe((event) => {
      if (event.type !== "job" || event.job.id !== jobId || event.job.state !== "running") return;
      stop();
      resolve();
    });
  });
  await transport.request("jobs.cancel", { jobId });
  await expect.poll(() => transport.request("jobs.get", { jobId }).then(({ state }) => state)).toBe("cancelled");
  expect((await transport.request("runs.get", { runId })).state).toBe("cancelled");
  await transport.request("jobs.resume", { jobId });
  await expect
    .poll(() => transport.request("jobs.get", { jobId }).then(({ state }) => state), { timeout: 60_000 })
    .toBe("succeeded");
  const [again, first] = await Promise.all(
    [runId, runIds[0] ?? ""].map((id) => transport.request("runs.get", { runId: id })),
  );
  expect(again).toMatchObject({ state: "succeeded", error: null, modelHash: first?.modelHash });
});

test("what a training needs is told before, and refused where it does not fit", async () => {
  const fitting = await transport.request("training.plan", { splitId, algorithm: "biased-svd" });
  expect(fitting).toMatchObject({ fits: true, message: null });
  const tight = await openEngine({
    workspaceDirectory: join(folder, "tight"),
    processHost: nodeProcessHost,
    threads: 1,
    memory: 300 * 2 ** 20,
  });
  const [front, back] = memoryPorts();
  serveEngine(tight, back);
  const there = connect(front);
  try {
    const sample = await runJob(there, "sample.create", { users: 2000, items: 500, ratings: 20_000 });
    const split = await runJob(there, "splits.create", {
      snapshotId: sample.snapshotId,
      protocol: { protocol: "random" },
    });
    const wanted = { splitId: split.splitId, algorithm: "biased-svd", hyperparameters: { factors: 2048 } };
    const plan = await there.request("training.plan", wanted);
    expect(plan).toMatchObject({ fits: false, available: Math.floor(270 * 2 ** 20) });
    await expect(there.request("runs.train", wanted)).rejects.toMatchObject({
      code: "RB_TRAIN_TOO_LARGE",
      message: plan.message,
      details: { alternatives: plan.alternatives },
    });
    expect(await there.request("runs.list", {})).toEqual([]);
    const fewer = { ...wanted.hyperparameters, ...plan.alternatives[0]?.hyperparameters, epochs: 1 };
    await runJob(there, "runs.train", { ...wanted, hyperparameters: fewer });
  } finally {
    await tight.close();
  }
});

test("a fit that starts from another run's model goes on from there, and is reproduced", async () => {
  const train = async (epochs: number, warmStart?: string) => {
    const { runId } = await runJob(transport, "runs.train", {
      splitId,
      algorithm: "biases",
      hyperparameters: { epochs },
      ...(warmStart === undefined ? {} : { warmStart }),
    });
    return transport.request("runs.get", { runId });
  };
  const [one, two] = [await train(1), await train(2)];
  const onFromOne = await train(1, one.id);
  // One sweep from where one sweep had led is two sweeps, but for what float32 loses of the biases in between.
  const rmse = ({ curve }: typeof one) => curve.at(-1)?.values["train-rmse"] ?? Number.NaN;
  expect(rmse(onFromOne)).toBeCloseTo(rmse(two), 6);
  expect(rmse(onFromOne)).toBeLessThan(rmse(one) - 1e-5);
  expect(onFromOne.warmStart).toEqual({ runId: one.id, modelHash: one.modelHash });
  expect(await runJob(transport, "runs.reproduce", { runId: onFromOne.id })).toMatchObject({ identical: true });
  await expect(transport.request("runs.delete", { runId: one.id })).rejects.toMatchObject({ code: "RB_CONFLICT" });

  const refused = (algorithm: string, from: string, on: string) =>
    expect(transport.request("runs.train", { splitId: on, algorithm, warmStart: from })).rejects.toMatchObject({
      code: "RB_INVALID_INPUT",
    });
  await refused("popularity", one.id, splitId);
  const other = await runJob(transport, "splits.create", { snapshotId, protocol: { protocol: "random" }, seed: 7 });
  await refused("biases", one.id, other.splitId);
  for (const runId of [onFromOne.id, two.id, one.id]) await transport.request("runs.delete", { runId });
  await transport.request("splits.delete", { splitId: other.splitId });
});

test("a note and a name given by a person are kept", async () => {
  await transport.request("runs.annotate", { runId: runIds[1] ?? "", note: "for the meeting" });
  expect(await transport.request("runs.get", { runId: runIds[1] ?? "" })).toMatchObject({
    name: "Everyone's",
    note: "for the meeting",
  });
});

describe("targets", () => {
  test("show no password, keep it apart, and a form saved with *** keeps the one that is known", async () => {
    const saved = await transport.request("targets.save", {
      name: "films",
      postgres: "postgres://ana:s3cr%40t@db.example:5432/films",
      redis: "redis://:hush@cache.example:6379",
    });
    expect(JSON.stringify([saved, await transport.request("targets.list", {})])).not.toMatch(/s3cr|hush/);
    expect(readFileSync(join(folder, "workspace", "workspace.sqlite")).includes("s3cr")).toBe(false);
    if (saved.kind !== "production") throw new Error("It should be a production target.");
    await transport.request("targets.save", { id: saved.id, name: "films2", postgres: saved.postgres, redis: null });
    const secrets: unknown = JSON.parse(readFileSync(join(folder, "workspace", "secrets.json"), "utf8"));
    expect(secrets).toEqual({
      others: {},
      targets: { [saved.id]: { postgresUrl: "postgres://ana:s3cr%40t@db.example:5432/films", redisUrl: null } },
    });
    await expect(
      transport.request("targets.save", { name: "films2", postgres: "postgres://x@y/z", redis: null }),
    ).rejects.toMatchObject({ code: "RB_CONFLICT" });
    await transport.request("targets.remove", { targetId: saved.id });
    expect((await transport.request("targets.list", {})).map(({ id }) => id)).toEqual(["local"]);
    expect(readFileSync(join(folder, "workspace", "secrets.json"), "utf8")).not.toContain("s3cr");
  });

  test("the local one stays, and a wrong URL is refused without being repeated", async () => {
    await expect(transport.request("targets.remove", { targetId: "local" })).rejects.toMatchObject({
      code: "RB_CONFLICT",
    });
    const refused = transport.request("targets.save", { name: "bad", postgres: "http://ana:s3cret@host", redis: null });
    await expect(refused).rejects.toMatchObject({ code: "RB_INVALID_INPUT" });
    await expect(refused).rejects.not.toThrow(/s3cret/);
  });
});

test("files are browsed, folders first; what is not there is said", async () => {
  mkdirSync(join(folder, "browse", "b-folder"), { recursive: true });
  writeFileSync(join(folder, "browse", "a.csv"), "12345");
  const listed = await transport.request("files.browse", { directory: join(folder, "browse") });
  expect(listed.entries.map(({ name, kind, bytes }) => [name, kind, bytes])).toEqual([
    ["b-folder", "directory", 0],
    ["a.csv", "file", 5],
  ]);
  expect(listed.parent).toBe(folder);
  await expect(transport.request("files.browse", { directory: join(folder, "absent") })).rejects.toMatchObject({
    code: "RB_FILE_NOT_FOUND",
  });
});

test("another command attaches to an engine that a first one opened, and sees what it does", async () => {
  const workspaceDirectory = join(folder, "shared");
  const options = { workspaceDirectory, processHost: nodeProcessHost, threads: 1 };
  const first = await attach(options);
  const second = await attach(options);
  expect([first.engine === null, second.engine === null]).toEqual([false, true]);
  expect((await second.transport.request("workspace.get", {})).id).toBe(
    (await first.transport.request("workspace.get", {})).id,
  );
  expect(first.guests()).toBe(1);
  await second.close();
  await first.untilAlone();
  await first.close();
  // The endpoint's file of a dead engine misleads nobody.
  writeFileSync(
    join(workspaceDirectory, "engine.json"),
    JSON.stringify({ pid: 1, port: 9, token: "x".repeat(43), version: "0" }),
  );
  const third = await attach(options);
  expect(third.engine).not.toBeNull();
  await third.close();
});

describe("deleting", () => {
  test("refuses what others are made from, naming them, and what a job works with", async () => {
    const [source] = await transport.request("sources.list", {});
    const refusal = (dependent: string) => ({
      code: "RB_CONFLICT",
      details: { dependents: expect.arrayContaining([expect.stringContaining(dependent)]) as string[] },
    });
    await expect(transport.request("sources.delete", { sourceId: source?.id ?? "" })).rejects.toMatchObject(
      refusal(snapshotId),
    );
    await expect(transport.request("snapshots.delete", { snapshotId })).rejects.toMatchObject(refusal(splitId));
    await expect(transport.request("splits.delete", { splitId })).rejects.toMatchObject(refusal(runIds[0] ?? ""));
    const { jobId } = await transport.request("runs.reproduce", { runId: runIds[1] ?? "" });
    await expect(transport.request("runs.delete", { runId: runIds[1] ?? "" })).rejects.toMatchObject(refusal(jobId));
    await expect
      .poll(() => transport.request("jobs.get", { jobId }).then(({ state }) => state), { timeout: 60_000 })
      .toBe("succeeded");
    await expect(transport.request("runs.delete", { runId: "r0000" })).rejects.toMatchObject({ code: "RB_NOT_FOUND" });
  });

  test("takes the row and the folder, and tells", async () => {
    const made = await runJob(transport, "splits.create", {
      snapshotId,
      protocol: { protocol: "random", testShare: 0.3 },
    });
    const { runId } = await runJob(transport, "runs.train", { splitId: made.splitId, algorithm: "popularity" });
    const runFolder = join(folder, "workspace", "runs", runId);
    expect(existsSync(runFolder)).toBe(true);
    await transport.request("runs.delete", { runId });
    await transport.request("splits.delete", { splitId: made.splitId });
    expect(existsSync(runFolder)).toBe(false);
    await expect(transport.request("runs.get", { runId })).rejects.toMatchObject({ code: "RB_NOT_FOUND" });
    expect((await transport.request("splits.list", {})).map(({ id }) => id)).toEqual([splitId]);
    expect(events).toContainEqual({ type: "changed", entity: "split", id: made.splitId });
  });
});

test("everything is there again after closing and opening", async () => {
  await engine.close();
  await expect(transport.request("sources.list", {})).rejects.toMatchObject({ code: "RB_TRANSPORT_CLOSED" });
  await open();
  expect(engine.recovery).toMatchObject({ adopted: [], missing: [], refused: [], interruptedJobs: [] });
  expect((await transport.request("runs.list", {})).map(({ state }) => state)).toEqual([
    "succeeded",
    "succeeded",
    "succeeded",
  ]);
});
