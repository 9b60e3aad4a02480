/**
 * The engine dies by SIGKILL at random moments of an import, a training and a publication. Whatever the moment: the
 * workspace opens again, the job is interrupted and can be resumed, and the resumed job ends as an undisturbed one does.
 * `KILLS=20` asks for more rounds than a test run has time for; `SEED` for other moments.
 */
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Job } from "../core/contract/entities.ts";
import type { JobMethod, MethodInput } from "../core/contract/methods.ts";
import { followJob, runJob } from "../core/contract/transport.ts";
import type { Transport } from "../core/contract/transport.ts";
import { generateSample } from "../core/ratings/sample.ts";
import { entryUrl } from "../core/runtime-paths.ts";
import { engineFile } from "../core/transport/endpoint.ts";
import { connectWebSocket } from "../core/transport/web-socket.ts";

const kills = Number(process.env["KILLS"] ?? 1);
const random = createRandom(Number(process.env["SEED"] ?? 7));

/** Small numbers suffice here: which moment, not how random. Park & Miller 1988. */
function createRandom(seed: number): () => number {
  let state = (seed % 2_147_483_646) + 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

interface RunningEngine {
  readonly transport: Transport;
  kill(): Promise<void>;
  close(): Promise<void>;
}

/** The engine's own process, used through its endpoint as the CLI does. */
async function startEngine(workspaceDirectory: string): Promise<RunningEngine> {
  const child: ChildProcess = fork(fileURLToPath(entryUrl("engine")), [], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    execArgv: [],
  });
  const answer = once(child, "message");
  child.send({ type: "open", workspaceDirectory, threads: 2 });
  const [message] = (await answer) as [{ type: string }];
  if (message.type !== "opened") throw new Error(JSON.stringify(message));
  const transport = await connectWebSocket(
    engineFile.parse(JSON.parse(readFileSync(join(workspaceDirectory, "engine.json"), "utf8"))),
  );
  const end = async (signal: () => void) => {
    const exited = once(child, "exit");
    signal();
    await exited;
    transport.close();
  };
  return {
    transport,
    kill: () => end(() => child.kill("SIGKILL")),
    close: () => end(() => child.send({ type: "close" })),
  };
}

let folder: string;
/** Ratings, who the users are, and what they called the films. */
let files: MethodInput<"sources.import">;
/** A workspace with a split, as the trainings and publications start from. */
let prepared: string;
let splitId: string;
let snapshotId: string;
let trainedHash: string | null;
let trainedId: string;

const training = { algorithm: "biased-svd", hyperparameters: {}, seed: 11 } as const;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "reelbench-kill-"));
  const { ratingsPath } = await generateSample(
    { seed: 3, users: 600, items: 800, ratings: 60_000 },
    join(folder, "sample"),
  );
  files = { path: ratingsPath, ...writeAttributes(ratingsPath) };
  prepared = join(folder, "prepared");
  const { transport, close } = await startEngine(prepared);
  const { sourceId } = await runJob(transport, "sources.import", files);
  ({ snapshotId } = await runJob(transport, "snapshots.create", { sourceIds: [sourceId] }));
  ({ splitId } = await runJob(transport, "splits.create", { snapshotId, protocol: { protocol: "random" }, seed: 5 }));
  ({ runId: trainedId } = await runJob(transport, "runs.train", { splitId, ...training }));
  trainedHash = (await transport.request("runs.get", { runId: trainedId })).modelHash;
  await close();
}, 300_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function writeAttributes(ratingsPath: string): { readonly usersPath: string; readonly tagsPath: string } {
  const [, ...rows] = readFileSync(ratingsPath, "utf8").trim().split("\n");
  const ids = (column: number) => [...new Set(rows.map((row) => row.split(",")[column] ?? ""))];
  const [usersPath, tagsPath] = [join(folder, "users.csv"), join(folder, "tags.csv")];
  const users = ids(0).map((id, at) => `${id},${String(18 + (at % 60))},${at % 2 === 0 ? "F" : "M"}`);
  writeFileSync(usersPath, ["userId,age,gender", ...users].join("\n"));
  const tags = ids(1).flatMap((id, at) => [`u1,${id},slow`, `u2,${id},mood ${String(at % 7)}`]);
  writeFileSync(tagsPath, ["userId,movieId,tag", ...tags].join("\n"));
  return { usersPath, tagsPath };
}

interface Disturbed {
  readonly finished: Job;
  readonly engine: RunningEngine;
}

/**
 * Starts the job, kills the engine at a random share of the time it needs, opens the workspace again, resumes what was
 * interrupted, and kills once more meanwhile; then lets it finish.
 */
async function disturb<M extends JobMethod>(
  workspace: string,
  method: M,
  input: MethodInput<M>,
  secondsUndisturbed: number,
  look: (transport: Transport) => Promise<void> = async () => undefined,
): Promise<Disturbed> {
  let engine = await startEngine(workspace);
  const { jobId } = (await engine.transport.request(method, input)) as { jobId: string };
  for (let round = 0; round < 2; round += 1) {
    await new Promise((resolve) => setTimeout(resolve, 1000 * random() * secondsUndisturbed));
    const before = await engine.transport.request("jobs.get", { jobId });
    await engine.kill();
    engine = await startEngine(workspace);
    await look(engine.transport);
    const after = await engine.transport.request("jobs.get", { jobId });
    if (before.state === "succeeded") {
      expect(after).toEqual(before); // What was acknowledged stays.
      return { finished: after, engine };
    }
    if (after.state === "succeeded") return { finished: after, engine }; // It ended between the look and the kill.
    expect(after).toMatchObject({
      id: jobId,
      kind: method,
      state: "interrupted",
      resumable: true,
      error: { code: "RB_WORKER_DIED" },
    });
    await engine.transport.request("jobs.resume", { jobId });
  }
  return { finished: await followJob(engine.transport, jobId), engine };
}

function leftovers(workspace: string): string[] {
  return ["sources", "snapshots", "splits", "runs"]
    .filter((kind) => existsSync(join(workspace, kind)))
    .flatMap((kind) => readdirSync(join(workspace, kind)).filter((name) => name.startsWith(".")));
}

const moments = Array.from({ length: kills }, (_, index) => index + 1);

describe("kill -9", { timeout: 300_000 }, () => {
  test.each(moments)("during an import (%i)", async (moment) => {
    const workspace = join(folder, `import-${moment}`);
    const { finished, engine } = await disturb(workspace, "sources.import", files, 2);
    const { sourceId, ...counts } = finished.result as { sourceId: string };
    expect(counts).toEqual({ read: 60_000, accepted: 60_000, rejected: 0 });
    // Once, however often it was begun, and the same ratings as undisturbed: snapshots are named by their content.
    expect(await engine.transport.request("sources.list", {})).toMatchObject([
      { id: sourceId, attributes: { users: 600, items: 800 } },
    ]);
    expect(await runJob(engine.transport, "snapshots.create", { sourceIds: [sourceId] })).toEqual({ snapshotId });
    await engine.close();
    expect(leftovers(workspace)).toEqual([]);
  });

  test.each(moments)("during a training (%i)", async (moment) => {
    const workspace = join(folder, `train-${moment}`);
    cpSync(prepared, workspace, { recursive: true });
    const { finished, engine } = await disturb(workspace, "runs.train", { splitId, ...training }, 3);
    const { runId } = finished.result as { runId: string };
    expect(runId).toBe(`r${finished.id.slice(1)}`);
    // Resumed from a checkpoint or not: the same bytes.
    expect(await engine.transport.request("runs.get", { runId })).toMatchObject({
      state: "succeeded",
      modelHash: trainedHash,
    });
    expect((await engine.transport.request("runs.list", {})).map(({ state }) => state)).toEqual([
      "succeeded",
      "succeeded",
    ]);
    await engine.close();
    expect(leftovers(workspace)).toEqual([]);
  });

  test.each(moments)("during a search (%i): the same steps as undisturbed", async (moment) => {
    const workspace = join(folder, `search-${moment}`);
    cpSync(prepared, workspace, { recursive: true });
    const search = {
      ...{ splitId, algorithm: "biases", trials: 9, parallel: 2, seed: 21 },
      sampler: { sampler: "tpe", startup: 3 },
      schedule: { schedule: "asha", resource: "epochs", minimum: 2, maximum: 18 },
    } as const;
    const { finished, engine } = await disturb(workspace, "searches.start", search, 5);
    const stepsOf = async ({ searchId }: { searchId: string }) => {
      const { steps } = await engine.transport.request("searches.get", { searchId });
      return steps.map(({ runId: _run, seconds: _seconds, ...step }) => step);
    };
    const disturbed = await stepsOf(finished.result as { searchId: string });
    expect(await stepsOf(await runJob(engine.transport, "searches.start", search))).toEqual(disturbed);
    await engine.close();
    expect(leftovers(workspace)).toEqual([]);
  });

  test.each(moments)("while something is deleted (%i): it is there, whole, or gone", async (moment) => {
    const workspace = join(folder, `delete-${moment}`);
    cpSync(prepared, workspace, { recursive: true });
    const runFolder = join(workspace, "runs", trainedId);
    const disturbed = await startEngine(workspace);
    const answer = disturbed.transport.request("runs.delete", { runId: trainedId }).then(
      () => "deleted",
      () => "unanswered",
    );
    await new Promise((resolve) => setTimeout(resolve, 30 * random()));
    await disturbed.kill();
    const engine = await startEngine(workspace);
    const runs = await engine.transport.request("runs.list", {});
    expect(existsSync(runFolder)).toBe(runs.length === 1);
    if ((await answer) === "deleted") expect(runs).toEqual([]);
    else if (runs.length === 1) expect(runs[0]).toMatchObject({ id: trainedId, state: "succeeded" });
    await engine.close();
    expect(leftovers(workspace)).toEqual([]);
  });

  test.each(moments)("during a publication (%i): what served goes on serving", async (moment) => {
    const workspace = join(folder, `publish-${moment}`);
    cpSync(prepared, workspace, { recursive: true });
    const first = await startEngine(workspace);
    const before = await runJob(first.transport, "publish.run", { runId: trainedId, targetId: "local", refit: false });
    const { runId } = await runJob(first.transport, "runs.train", { splitId, algorithm: "puresvd" });
    await first.close();

    const { finished, engine } = await disturb(
      workspace,
      "publish.run",
      { runId, targetId: "local", refit: true, overrideGates: true },
      8,
      async (transport) => {
        // Whole or not at all: at any moment after a kill the old version serves, or the new one does.
        const { active, versions } = await transport.request("targets.status", { targetId: "local" });
        const candidate = versions.find(({ version }) => version !== before.version);
        expect(active?.version === before.version || active?.version === candidate?.version).toBe(true);
        if (active?.version === candidate?.version) expect(candidate?.state).toBe("active");
      },
    );
    const { version } = finished.result as { version: string };
    const status = await engine.transport.request("targets.status", { targetId: "local" });
    expect(status).toMatchObject({ active: { version }, previous: before.version });
    // Published once, however often it was begun; the refit, too, was made once.
    expect(new Map(status.versions.map((found) => [found.version, found.state]))).toEqual(
      new Map([
        [before.version, "retired"],
        [version, "active"],
      ]),
    );
    expect(status.versions.length).toBe(2);
    expect(
      (await engine.transport.request("publications.list", {})).map((publication) => [
        publication.version,
        publication.state,
      ]),
    ).toEqual([
      [version, "active"],
      [before.version, "retired"],
    ]);
    expect((await engine.transport.request("runs.list", {})).filter(({ refitOf }) => refitOf === runId).length).toBe(1);
    const rolledBack = await runJob(engine.transport, "publish.rollback", { targetId: "local" });
    expect(rolledBack).toEqual({ version: before.version, from: version });
    await engine.close();
  });
});
