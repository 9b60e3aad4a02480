import { randomUUID } from "node:crypto";
import { pino } from "pino";
import { afterEach, expect, test } from "vitest";
import { servingTarget, smallVersion, testChannel } from "../../e2e/services/serving-target.ts";
import { testDatabase } from "../../e2e/services/services.ts";
import { withdrawVersion } from "../../core/production/retention.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { followDeployment } from "./follow-deployment.ts";
import { createLiveModels } from "./live-models.ts";
import { loadVersion } from "./load-version.ts";
import { createRecentRequests } from "./warm-up.ts";
import type { ScoringPool } from "./scoring-pool.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Nobody is asked anything here: every list is empty. */
const silent: ScoringPool = {
  hold: () => undefined,
  drop: () => undefined,
  score: () =>
    Promise.resolve({ basis: "personal", ratingsUsed: 0, items: [], scores: [], explanations: null, seconds: 0 }),
  pending: () => 0,
  heldBytes: () => 0,
  close: () => Promise.resolve(),
};

interface UnderWay {
  readonly version: string;
  readonly signal: AbortSignal;
  finish(): void;
}

/** A server's follower on a real target, whose loads take until the test says so. */
async function follower() {
  const target = await servingTarget(await testDatabase());
  cleanups.push(() => target.close());
  const names = ["v1", "v2", "v3", "v4", "v5", "v6"];
  for (const [seed, name] of names.entries()) await target.upload(smallVersion(name, { prefix: name, seed }));
  const begun: UnderWay[] = [];
  const served: string[] = [];
  const models = createLiveModels(silent);
  const following = followDeployment({
    database: target.pool,
    channel: testChannel,
    serverId: randomUUID(),
    models,
    recent: createRecentRequests(),
    metrics: createMetrics(),
    logger: pino({ enabled: false }),
    load: (version, signal, onProgress) =>
      new Promise((resolve, reject) => {
        signal.addEventListener("abort", () => reject(new Error("aborted")));
        const finish = () => resolve(loadVersion(target.pool, version, { key: begun.length, threads: 1 }));
        onProgress?.({ bytes: 3, ofBytes: 8 });
        begun.push({ version, signal, finish });
      }),
  });
  cleanups.push(() => following.close());
  following.onChange(() => {
    const version = models.current()?.shared.version;
    if (version !== undefined && served.at(-1) !== version) served.push(version);
  });
  const versions = () => begun.map(({ version }) => version);
  return {
    ...{ target, served, versions, models, following },
    async switchTo(version: string) {
      await target.activate(version);
      await following.look();
    },
    /** Ends the load under way and waits until the server is where that brings it. */
    async finishLoad(of: string, next: string | null) {
      const load = begun.at(-1);
      expect(load).toMatchObject({ version: of, signal: { aborted: false } });
      const before = begun.length;
      load?.finish();
      if (next === null) await following.settled();
      else await expect.poll(() => versions().slice(before)).toEqual([next]);
    },
  };
}

test("PUB-13: a pointer that moves faster than versions load is followed all the same, and never backwards", async () => {
  const { switchTo, finishLoad, served, versions, models } = await follower();
  await switchTo("v1");
  await finishLoad("v1", null);
  await switchTo("v2");
  await switchTo("v3");
  await finishLoad("v2", "v3");
  expect(models.current()).toMatchObject({ epoch: 2, shared: { version: "v2" } });
  await switchTo("v4");
  await switchTo("v5");
  await switchTo("v6");
  await finishLoad("v3", "v6");
  await finishLoad("v6", null);
  expect(models.current()).toMatchObject({ epoch: 6, shared: { version: "v6" } });
  expect(served).toEqual(["v1", "v2", "v3", "v6"]);
  // What was skipped was not loaded in between.
  expect(versions()).toEqual(["v1", "v2", "v3", "v6"]);
});

test("what is being loaded is told with how far it is, until it is there", async () => {
  const { switchTo, finishLoad, following } = await follower();
  await switchTo("v1");
  expect(following.status().loading).toEqual([{ version: "v1", bytes: 3, ofBytes: 8 }]);
  await finishLoad("v1", null);
  expect(following.status()).toMatchObject({ wanted: "v1", loading: [] });
  await switchTo("v2");
  await switchTo("v1");
  await following.settled();
  expect(following.status().loading).toEqual([]);
});

test("PUB-13: a load is given up where the pointer goes back to what is served", async () => {
  const { switchTo, finishLoad, served, following, models } = await follower();
  await switchTo("v1");
  await finishLoad("v1", null);
  await switchTo("v2");
  await switchTo("v1");
  await following.settled();
  expect(models.current()).toMatchObject({ epoch: 3, shared: { version: "v1" } });
  expect(served).toEqual(["v1"]);
});

test("PUB-12: a version that was withdrawn while it was loaded is not put into service", async () => {
  const { switchTo, finishLoad, served, target } = await follower();
  await switchTo("v1");
  await finishLoad("v1", null);
  await switchTo("v2");
  await switchTo("v3");
  await withdrawVersion(target.pool, "v2", "wrong prices");
  await finishLoad("v2", "v3");
  await finishLoad("v3", null);
  expect(served).toEqual(["v1", "v3"]);
});
