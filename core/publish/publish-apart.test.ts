import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Progress } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";
import { scriptedHost } from "../jobs/child.fixture.ts";
import { publishApart } from "./publish-apart.ts";
import type { PublishTask } from "./publisher-messages.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const task: PublishTask = {
  target: { postgresUrl: "postgres://somebody:secret@db/x", redisUrl: null },
  bundleDirectory: "/bundle",
  snapshotDirectory: "/snapshot",
  historyShape: { users: 2, ratings: 5 },
  run: { id: "r1", algorithm: "biases", snapshotId: "s1", splitId: "p1", modelHash: null },
  evaluation: {
    runId: "r1",
    splitId: "p1",
    protocol: { protocol: "random", testShare: 0.2 },
    seed: 1,
    codeVersion: "test",
    metrics: [],
  },
  overrideGates: false,
  probes: 5,
  keepVersions: 3,
};
const progress: Progress = { done: 1, total: 4, unit: "bytes", message: "Uploading the model" };
const published = {
  version: "biases-1",
  gates: [],
  parity: { answeredBy: "live", servers: 1, probes: 5, compared: 5, mismatches: 0, largestDifference: 0 },
  activatedAt: new Date(0),
  servers: { live: 1, switched: 1 },
  warnings: [],
};

/** A publication under way, whose process is the test. */
function begin(pairedWith: Parameters<typeof publishApart>[1] = () => Promise.resolve(null)) {
  const host = scriptedHost();
  const abort = new AbortController();
  const told: Progress[] = [];
  const irrevocable = vi.fn<() => void>();
  const publication = publishApart(task, pairedWith, host, {
    signal: abort.signal,
    onProgress: (each) => told.push(each),
    onIrrevocable: irrevocable,
  });
  const [child] = host.children;
  if (child === undefined) throw new Error("Nothing was started.");
  return { host, abort, told, irrevocable, publication, child };
}

test("the task, passwords and all, goes over the channel when the process is ready, and the outcome comes back", async () => {
  const { host, told, publication, child } = begin();
  expect([child.entry, child.options, child.received]).toEqual(["publisher", undefined, []]);
  child.say({ type: "ready" });
  expect(child.received).toEqual([{ type: "publish", task }]);
  child.say({ type: "progress", progress });
  child.say("something else of the runtime's own");
  child.say({ type: "fork", child: 1, entry: "server", args: [], env: {} });
  child.say({ type: "published", outcome: published });
  await expect(publication).resolves.toEqual(published);
  expect(told).toEqual([progress]);
  // Neither it nor the server that it borrowed stays behind.
  expect(host.children.map(({ entry, killed }) => [entry, killed])).toEqual([
    ["publisher", true],
    ["server", true],
  ]);
});

test("it borrows servers and nothing else", async () => {
  const { host, publication, child } = begin();
  child.say({ type: "fork", child: 1, entry: "trainer", args: [], env: {} });
  expect(host.children).toHaveLength(1);
  expect(child.received).toEqual([{ type: "child-exit", child: 1, code: null, reason: 'no "trainer" is lent' }]);
  child.say({ type: "published", outcome: published });
  await publication;
});

test("the comparison with the champion's run is made here and sent there, or why it cannot be", async () => {
  const asked: string[] = [];
  const { child, publication } = begin((championRunId) => {
    asked.push(championRunId);
    return championRunId === "gone"
      ? Promise.reject(new ReelbenchError("RB_NOT_FOUND", "No such run."))
      : Promise.resolve([]);
  });
  child.say({ type: "compare", championRunId: "r0" });
  await vi.advanceTimersByTimeAsync(0);
  child.say({ type: "compare", championRunId: "gone" });
  await vi.advanceTimersByTimeAsync(0);
  expect(asked).toEqual(["r0", "gone"]);
  expect(child.received).toMatchObject([
    { type: "paired", paired: [], error: null },
    { type: "paired", paired: null, error: { code: "RB_NOT_FOUND", message: "No such run." } },
  ]);
  child.say({ type: "published", outcome: published });
  await publication;
});

test("a refusal comes back as what it was", async () => {
  const { child, publication } = begin();
  const error = new ReelbenchError("RB_PUBLISH_GATE", "metrics: worse", { details: { gates: [{ gate: "metrics" }] } });
  child.say({ type: "failed", error: error.toEnvelope() });
  await expect(publication).rejects.toMatchObject({
    code: "RB_PUBLISH_GATE",
    message: "metrics: worse",
    details: { gates: [{ gate: "metrics" }] },
  });
  expect(child.killed).toBe(true);
});

test("a process that dies says during what, and that what serves still does", async () => {
  const early = begin();
  early.child.exit(1, "exit 1");
  await expect(early.publication).rejects.toMatchObject({
    code: "RB_WORKER_DIED",
    message: expect.stringContaining("(exit 1) before it began") as string,
  });
  const late = begin();
  late.child.say({ type: "progress", progress });
  late.child.exit(null, "SIGKILL");
  await expect(late.publication).rejects.toMatchObject({
    code: "RB_WORKER_DIED",
    message: expect.stringMatching(/\(SIGKILL\) during "Uploading the model".*goes on where it was/) as string,
  });
});

test("a cancel is asked for, and after five seconds enforced", async () => {
  const { abort, child, publication } = begin();
  const outcome = publication.catch((error: unknown) => error);
  abort.abort();
  expect(child.received).toEqual([{ type: "cancel" }]);
  await vi.advanceTimersByTimeAsync(4_900);
  expect(child.killed).toBe(false);
  await vi.advanceTimersByTimeAsync(200);
  expect(child.killed).toBe(true);
  expect(await outcome).toMatchObject({ code: "RB_CANCELLED" });
});

test("once it switches, it is not cancelled, and its death says that the switch may have been made", async () => {
  const { abort, child, publication, irrevocable } = begin();
  const outcome = publication.catch((error: unknown) => error);
  abort.abort();
  await vi.advanceTimersByTimeAsync(4_900);
  expect(irrevocable).not.toHaveBeenCalled();
  child.say({ type: "progress", progress: { ...progress, message: "Switching" } });
  child.say({ type: "switching" });
  expect(irrevocable).toHaveBeenCalledOnce();
  await vi.advanceTimersByTimeAsync(29_000);
  expect(child.killed).toBe(false);
  child.say({ type: "published", outcome: published });
  expect(await outcome).toEqual(published);

  const dying = begin();
  dying.child.say({ type: "progress", progress: { ...progress, message: "Switching" } });
  dying.child.say({ type: "switching" });
  dying.child.exit(null, "SIGKILL");
  await expect(dying.publication).rejects.toMatchObject({
    code: "RB_WORKER_DIED",
    message: expect.stringMatching(
      /\(SIGKILL\) during "Switching"\. Whether it had switched by then is not known here/,
    ) as string,
  });
});

test("what is cancelled before it begins starts nothing", async () => {
  const host = scriptedHost();
  const context = { signal: AbortSignal.abort(), onProgress: () => undefined };
  await expect(publishApart(task, () => Promise.resolve(null), host, context)).rejects.toMatchObject({
    code: "RB_CANCELLED",
  });
  expect(host.children).toEqual([]);
});
