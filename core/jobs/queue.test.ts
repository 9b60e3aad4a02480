import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Job } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";
import { openWorkspace } from "../workspace/workspace.ts";
import type { Workspace } from "../workspace/workspace.ts";
import { createLane } from "./lane.ts";
import { createJobQueue } from "./queue.ts";
import type { JobContext, JobQueue, JobRunner } from "./queue.ts";

let directory: string;
let workspace: Workspace;
let events: Job[];
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "reelbench-jobs-"));
  workspace = await openWorkspace(directory);
  events = [];
});
afterEach(() => {
  workspace.close();
  rmSync(directory, { recursive: true, force: true });
});

const heavy = createLane(1);
const work = (run: JobRunner["run"], lane = heavy): JobRunner => ({
  lane,
  title: () => "work",
  prepare: (_input, jobId) => ({ runId: `r-${jobId}` }),
  run,
});
function queueOf(runners: Record<string, JobRunner>): JobQueue {
  return createJobQueue({
    table: workspace.catalogue.jobs,
    runners,
    transaction: (body) => workspace.catalogue.transaction(body),
    onChange: (job) => events.push(job),
    onState: () => undefined,
    onDefect: (error) => {
      throw error;
    },
  });
}
const until = (queue: JobQueue, id: string, state: Job["state"]) =>
  vi.waitFor(() => expect(queue.get(id).state).toBe(state), { timeout: 5000, interval: 5 });
const aborted = ({ signal }: JobContext) =>
  new Promise<never>((_resolve, reject) =>
    signal.addEventListener("abort", () => reject(new ReelbenchError("RB_CANCELLED")), { once: true }),
  );

test("a job's result is kept; its states were queued, running, succeeded", async () => {
  const queue = queueOf({ double: work(async (input) => ({ twice: Number(input) * 2 })) });
  const { id, state } = queue.start("double", 21);
  expect(state).toBe("queued");
  await until(queue, id, "succeeded");
  expect(workspace.catalogue.jobs.get(id)).toMatchObject({
    input: 21,
    job: { result: { twice: 42 }, error: null, resumable: false },
  });
  expect(events.map((event) => event.state)).toEqual(["queued", "running", "succeeded"]);
});

test("only as many run at once as their lane has places, in order of acceptance", async () => {
  const releases: (() => void)[] = [];
  let inside = 0;
  let most = 0;
  const order: unknown[] = [];
  const runner = work(async (input) => {
    order.push(input);
    most = Math.max(most, ++inside);
    await new Promise<void>((resolve) => releases.push(resolve));
    inside -= 1;
  });
  const queue = queueOf({ heavy: runner, light: work(async () => "done", createLane(2)) });
  const jobs = [1, 2, 3].map((input) => queue.start("heavy", input));
  const light = queue.start("light", null);
  await until(queue, light.id, "succeeded");
  for (const [index, job] of jobs.entries()) {
    await until(queue, job.id, "running");
    expect(jobs.slice(index + 1).map(({ id }) => queue.get(id).state)).toEqual(
      jobs.slice(index + 1).map(() => "queued"),
    );
    releases.shift()?.();
    await until(queue, job.id, "succeeded");
  }
  expect([most, order]).toEqual([1, [1, 2, 3]]);
});

test("a cancelled job ends as cancelled, running or queued, and can be resumed with the same input and decisions", async () => {
  const seen: unknown[] = [];
  let patient = true;
  const queue = queueOf({
    heavy: work(async (input, context) => {
      seen.push([input, context.memory]);
      if (patient) await aborted(context);
      return "done";
    }),
  });
  const running = queue.start("heavy", { a: 1 });
  const queued = queue.start("heavy", { b: 2 });
  await until(queue, running.id, "running");
  expect(queue.cancel(queued.id).state).toBe("cancelled");
  queue.cancel(running.id);
  await until(queue, running.id, "cancelled");
  expect(queue.get(running.id)).toMatchObject({ resumable: true, error: { code: "RB_CANCELLED" } });
  expect(() => queue.cancel(running.id)).toThrow(expect.objectContaining({ code: "RB_CONFLICT" }));
  patient = false;
  queue.resume(running.id);
  await until(queue, running.id, "succeeded");
  expect(seen).toEqual(Array.from({ length: 2 }, () => [{ a: 1 }, { runId: `r-${running.id}` }]));
  expect(() => queue.resume(running.id)).toThrow(expect.objectContaining({ code: "RB_CONFLICT" }));
});

test("a job that does not listen is called cancelled all the same, and holds its place until it lets go", async () => {
  let letGo = () => {};
  const queue = queueOf({
    deaf: work(() => new Promise<void>((resolve) => (letGo = resolve))),
    next: work(async () => "done"),
  });
  const deaf = queue.start("deaf", null);
  await until(queue, deaf.id, "running");
  const next = queue.start("next", null);
  queue.cancel(deaf.id);
  await until(queue, deaf.id, "cancelled");
  expect(queue.get(next.id).state).toBe("queued");
  letGo();
  await until(queue, next.id, "succeeded");
  expect(queue.get(deaf.id).state).toBe("cancelled");
});

test("what can no longer be undone is not cancelled, and who cancelled a moment before hears how it ended", async () => {
  let goOn = (_outcome: Promise<string>) => {};
  const reached: string[] = [];
  const queue = queueOf({
    final: work(async (name, context) => {
      if (name !== "late") context.onIrrevocable?.();
      reached.push(String(name));
      if (name === "late") await vi.waitFor(() => expect(context.signal.aborted).toBe(true));
      context.onIrrevocable?.();
      return new Promise<string>((resolve) => (goOn = resolve));
    }),
  });
  const begin = async (name: string) => {
    const { id } = queue.start("final", name);
    await vi.waitFor(() => expect(reached).toContain(name));
    return id;
  };
  const final = await begin("final");
  expect(() => queue.cancel(final)).toThrow("It has come too far to be stopped");
  expect(() => queue.pause(final)).toThrow(expect.objectContaining({ code: "RB_CONFLICT" }));
  goOn(Promise.resolve("done"));
  await until(queue, final, "succeeded");

  // Cancelled before the work has said so: longer than a cancelled job is waited for.
  const late = await begin("late");
  queue.cancel(late);
  await sleep(1_000);
  expect(queue.get(late).state).toBe("running");
  goOn(Promise.resolve("done"));
  await until(queue, late, "succeeded");

  const failed = await begin("failed");
  goOn(Promise.reject(new ReelbenchError("RB_TARGET_UNREACHABLE", "Nobody knows.")));
  await until(queue, failed, "failed");
  expect(queue.get(failed).error).toMatchObject({ code: "RB_TARGET_UNREACHABLE", message: "Nobody knows." });
});

test("a job resumed while its cancelled attempt still lingers waits for that to end", async () => {
  const letGo: (() => void)[] = [];
  const queue = queueOf({ deaf: work(() => new Promise<void>((resolve) => letGo.push(resolve)), createLane(2)) });
  const { id } = queue.start("deaf", null);
  await until(queue, id, "running");
  queue.cancel(id);
  await until(queue, id, "cancelled");
  queue.resume(id);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect([queue.get(id).state, letGo.length]).toEqual(["queued", 1]);
  letGo[0]?.();
  await until(queue, id, "running");
  letGo[1]?.();
  await until(queue, id, "succeeded");
});

test("failures keep code, message, remedy and details; a dead worker is an interruption", async () => {
  const queue = queueOf({
    fails: work(async () => {
      throw new ReelbenchError("RB_TRAIN_DIVERGED", "Loss is infinite.", { details: { epoch: 3 } });
    }),
    dies: work(async () => {
      throw new ReelbenchError("RB_WORKER_DIED", "SIGKILL");
    }),
    breaks: work(async () => {
      throw new TypeError("undefined is not a function");
    }),
  });
  const [fails, dies, breaks] = ["fails", "dies", "breaks"].map((kind) => queue.start(kind, null).id) as [
    string,
    string,
    string,
  ];
  await until(queue, breaks, "failed");
  expect(queue.get(fails)).toMatchObject({
    state: "failed",
    resumable: true,
    error: { code: "RB_TRAIN_DIVERGED", message: "Loss is infinite.", details: { epoch: 3 } },
  });
  expect(queue.get(dies)).toMatchObject({ state: "interrupted", resumable: true });
  expect(queue.get(breaks).error?.code).toBe("RB_INTERNAL");
});

test("a flood of progress becomes few events, the last of them included", async () => {
  const steps = 20_000;
  const queue = queueOf({
    counts: work(async (_input, { onProgress }) => {
      for (let done = 1; done <= steps; done += 1) {
        onProgress({ done, total: steps, unit: "rows", message: "" });
        if (done % 500 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }),
  });
  const { id } = queue.start("counts", null);
  await until(queue, id, "succeeded");
  const [first, last] = [events.find(({ state }) => state === "running"), events.at(-1)];
  const seconds = (Date.parse(last?.finishedAt ?? "") - Date.parse(first?.startedAt ?? "")) / 1000;
  expect(events.filter(({ state }) => state === "running").length).toBeLessThanOrEqual(10 * seconds + 3);
  expect(last?.progress?.done).toBe(steps);
});

test("closing interrupts what runs and what waits; nothing is lost", async () => {
  const queue = queueOf({ heavy: work((_input, context) => aborted(context)) });
  const [first, second] = [queue.start("heavy", 1), queue.start("heavy", 2)];
  await until(queue, first.id, "running");
  await queue.stop();
  expect(
    workspace.catalogue.jobs.list({ limit: 10 }).map(({ id, state, resumable }) => [id, state, resumable]),
  ).toEqual([
    [second.id, "interrupted", true],
    [first.id, "interrupted", true],
  ]);
  expect(() => queue.start("heavy", 3)).toThrow(expect.objectContaining({ code: "RB_CONFLICT" }));
});

test("decisions made on the way outlive the attempt", async () => {
  let attempt = 0;
  const queue = queueOf({
    publish: work(async (_input, context) => {
      attempt += 1;
      if (attempt === 2) return context.memory;
      context.remember({ version: "v7" });
      throw new ReelbenchError("RB_WORKER_DIED");
    }),
  });
  const { id } = queue.start("publish", null);
  await until(queue, id, "interrupted");
  queue.resume(id);
  await until(queue, id, "succeeded");
  expect(queue.get(id).result).toEqual({ runId: `r-${id}`, version: "v7" });
});

test("a waiter that gives up leaves its lane to the next", async () => {
  const lane = createLane(1);
  const leave = lane.tryEnter();
  const impatient = new AbortController();
  const [givenUp, next] = [lane.enter(impatient.signal), lane.enter(new AbortController().signal)];
  impatient.abort();
  await expect(givenUp).rejects.toMatchObject({ code: "RB_CANCELLED" });
  leave?.();
  const leaveNext = await next;
  expect(lane.tryEnter()).toBeNull();
  leaveNext();
  expect(lane.tryEnter()).not.toBeNull();
});

/** A kind of work that ends when it is told to, and the order in which it began. */
function gated() {
  const began: unknown[] = [];
  const gates: (() => void)[] = [];
  const runner = work(async (input) => {
    began.push(input);
    await new Promise<void>((resolve) => gates.push(resolve));
  });
  return { began, runner, open: () => gates.shift()?.() };
}

test("a waiting job's turn can be changed; others keep their order, other lanes theirs", async () => {
  const { began, runner, open } = gated();
  const other = gated();
  const light = createLane(1);
  const queue = queueOf({ heavy: runner, light: { ...other.runner, lane: light } });
  const first = queue.start("heavy", "a");
  queue.start("light", "x");
  const [b, c, y, d] = [
    queue.start("heavy", "b"),
    queue.start("heavy", "c"),
    queue.start("light", "y"),
    queue.start("heavy", "d"),
  ];
  await until(queue, first.id, "running");
  expect([b, c, d].map(({ id }) => queue.get(id).place)).toEqual([1, 2, 3]);
  expect(queue.get(y.id).place).toBe(1);
  expect(queue.move(d.id, "first").place).toBe(1);
  expect(queue.move(b.id, "later").place).toBe(3);
  expect(queue.move(b.id, "last").place).toBe(3);
  expect([d, c, b].map(({ id }) => queue.get(id).place)).toEqual([1, 2, 3]);
  expect(() => queue.move(first.id, "first")).toThrow(expect.objectContaining({ code: "RB_CONFLICT" }));
  for (const job of [first, d, c, b]) {
    await until(queue, job.id, "running");
    open();
    await until(queue, job.id, "succeeded");
  }
  expect(began).toEqual(["a", "d", "c", "b"]);
  other.open();
  await until(queue, y.id, "running");
  other.open();
  await until(queue, y.id, "succeeded");
});

test("a held queue begins nothing; what runs goes on", async () => {
  const { began, runner, open } = gated();
  const queue = queueOf({ heavy: runner });
  const first = queue.start("heavy", 1);
  await until(queue, first.id, "running");
  queue.hold(true);
  const second = queue.start("heavy", 2);
  open();
  await until(queue, first.id, "succeeded");
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(queue.get(second.id).state).toBe("queued");
  queue.hold(false);
  await until(queue, second.id, "running");
  expect(began).toEqual([1, 2]);
  open();
  await until(queue, second.id, "succeeded");
});

test("a paused job is interrupted, says that it was paused, and can be resumed", async () => {
  let attempt = 0;
  const queue = queueOf({
    heavy: work((_input, context) => (attempt++ === 0 ? aborted(context) : Promise.resolve(7))),
  });
  const { id } = queue.start("heavy", null);
  await until(queue, id, "running");
  queue.pause(id);
  await until(queue, id, "interrupted");
  expect(queue.get(id)).toMatchObject({ error: { code: "RB_PAUSED" }, resumable: true });
  queue.resume(id);
  await until(queue, id, "succeeded");
  expect(queue.get(id).result).toBe(7);
});

/** What SQLite throws when its file cannot grow. */
const full = () => Object.assign(new Error("database or disk is full"), { code: "SQLITE_FULL" });

function queueOnFullDisk(run: JobRunner["run"], room: { free: boolean; reserve: boolean }): JobQueue {
  return createJobQueue({
    table: workspace.catalogue.jobs,
    runners: { work: work(run) },
    transaction: (body) => {
      if (!room.free) throw full();
      return workspace.catalogue.transaction(body);
    },
    onChange: (job) => events.push(job),
    onState: () => undefined,
    makeRoom: () => (room.free ||= room.reserve),
    onDefect: () => undefined,
  });
}

test("an end that a full disk has no room for is told, and is written when there is room again", async () => {
  const room = { free: true, reserve: false };
  const queue = queueOnFullDisk(async () => {
    room.free = false;
    throw full();
  }, room);
  const { id } = queue.start("work", null);
  await until(queue, id, "failed");
  expect(queue.get(id)).toMatchObject({ error: { code: "RB_DISK_FULL" }, resumable: true });
  expect(events.at(-1)).toMatchObject({ id, state: "failed", error: { code: "RB_DISK_FULL" } });
  expect(workspace.catalogue.jobs.get(id).job.state).toBe("running");
  expect(() => queue.resume(id)).toThrow(/full/);
  expect(() => queue.cancel(id)).toThrow("it is failed");
  room.free = true;
  await vi.waitFor(() => expect(workspace.catalogue.jobs.get(id).job.state).toBe("failed"), { timeout: 5000 });
  expect(queue.resume(id).state).toBe("queued");
  await queue.stop();
});

test("room that was kept for it takes a job's end on a full disk", async () => {
  const room = { free: true, reserve: true };
  const queue = queueOnFullDisk(async () => {
    room.free = false;
    return "done";
  }, room);
  const { id } = queue.start("work", null);
  await until(queue, id, "succeeded");
  expect(workspace.catalogue.jobs.get(id).job).toMatchObject({ state: "succeeded", result: "done" });
  await queue.stop();
});

test("a job that a full disk does not let begin has failed, and those behind it have their turn", async () => {
  const room = { free: true, reserve: false };
  const queue = queueOnFullDisk(async () => "done", room);
  const { id } = queue.start("work", null);
  room.free = false;
  await until(queue, id, "failed");
  room.free = true;
  await until(queue, queue.start("work", null).id, "succeeded");
  await queue.stop();
});
