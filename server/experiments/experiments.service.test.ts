import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClient } from "../../e2e/services/http-client.ts";
import type { Client } from "../../e2e/services/http-client.ts";
import { freshDatabase } from "../../e2e/services/services.ts";
import type { FreshDatabase } from "../../e2e/services/services.ts";
import { serverConfig, servingTarget, smallVersion } from "../../e2e/services/serving-target.ts";
import type { ServingTarget } from "../../e2e/services/serving-target.ts";
import { armDifference } from "../../core/production/arm-difference.ts";
import { armOf } from "../../core/production/experiments.ts";
import { collectGarbage } from "../../core/production/retention.ts";
import { startServer } from "../start-server.ts";
import type { RunningServer } from "../start-server.ts";

let database: FreshDatabase;
let target: ServingTarget;
let servers: RunningServer[];
let client: Client;
let operator: Client;

beforeAll(async () => {
  database = await freshDatabase();
  target = await servingTarget(database.url);
  await target.upload(smallVersion("v1", { users: 400 }));
  await target.upload(smallVersion("v2", { users: 400, prefix: "movie", seed: 2 }));
  await target.upload(smallVersion("v3", { users: 400, prefix: "third", seed: 3 }));
  await target.activate("v1");
  servers = await Promise.all([0, 1].map(() => startServer(serverConfig(database.url))));
  client = createClient(servers[0]?.url ?? "", await target.key("recommend", "feedback"));
  operator = createClient(servers[0]?.url ?? "", await target.key("operate", "analyse"));
});
afterAll(async () => {
  for (const server of servers) await server.close();
  await target.close();
  await database.drop();
});

interface Started {
  readonly id: string;
  readonly champion: string;
  readonly endReason: string | null;
}
const json = (text: string) => JSON.parse(text) as Started;
const userIds = Array.from({ length: 200 }, (_, u) => `user-${String(u).padStart(3, "0")}`);

async function versionsFor(from: Client): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const userId of userIds)
    found.set(userId, (await from.get(`/v1/users/${userId}/recommendations?n=3`)).body.version);
  return found;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 60_000; !(await condition());) {
    if (Date.now() > deadline) throw new Error("It did not happen within a minute.");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const someGet = (version: string) => async () => [...(await versionsFor(client)).values()].includes(version);

describe("assignment", () => {
  it("gives the share it says, the same arm always, and another draw with another salt", () => {
    const users = Array.from({ length: 20_000 }, (_, u) => ({ namespace: "data" as const, userId: `u${u}` }));
    const draw = (salt: string) => users.map((user) => armOf({ salt, share: 0.3 }, user));
    const arms = draw("salt-one");
    expect(draw("salt-one")).toEqual(arms);
    const challengers = arms.filter((arm) => arm === "challenger").length;
    // Six standard deviations of a binomial.
    expect(Math.abs(challengers - 6000)).toBeLessThan(6 * Math.sqrt(20_000 * 0.3 * 0.7));
    const both = draw("salt-two").filter((arm, at) => arm === "challenger" && arms[at] === "challenger").length;
    expect(Math.abs(both - 1800)).toBeLessThan(6 * Math.sqrt(20_000 * 0.09 * 0.91));
  });
});

describe("the interval", () => {
  it("is Welch's, and there is none for a handful of users", () => {
    const arm = (users: number, mean: number, variance: number) => ({ users, answers: users, mean, variance });
    // √(0.04 / 100 + 0.09 / 400) = 0.025
    expect(armDifference(arm(100, 0.2, 0.04), arm(400, 0.3, 0.09))).toMatchObject({
      value: expect.closeTo(0.1, 12) as number,
      low: expect.closeTo(0.1 - 1.959964 * 0.025, 6) as number,
      high: expect.closeTo(0.1 + 1.959964 * 0.025, 6) as number,
    });
    expect(armDifference(arm(29, 0, 0), arm(400, 1, 0))).toBeNull();
  });
});

describe("an experiment", () => {
  it("answers its share with the challenger, sticks to it on every replica, and is measured", async () => {
    const begun = await operator.post("/v1/experiments", { name: "second", challenger: "v2", share: 0.4 });
    expect(begun.status).toBe(201);
    const experiment = json(begun.text);
    expect(experiment).toMatchObject({ champion: "v1", challenger: "v2", share: 0.4 });
    expect((await operator.post("/v1/experiments", { name: "x", challenger: "v3", share: 0.1 })).status).toBe(409);
    const nul = { name: "n\u0000l", challenger: "v2", share: 0.4 };
    expect((await operator.post("/v1/experiments", nul)).problem).toMatchObject({ status: 400 });
    const other = createClient(servers[1]?.url ?? "", client.key);
    await until(someGet("v2"));
    await until(async () => [...(await versionsFor(other)).values()].includes("v2"));
    const here = await versionsFor(client);
    expect(await versionsFor(other)).toEqual(here);
    const challenged = userIds.filter((userId) => here.get(userId) === "v2");
    expect(challenged.length).toBeGreaterThan(40);
    expect(challenged.length).toBeLessThan(120);
    // Lists are the arm's own.
    for (const userId of challenged.slice(0, 5)) {
      const { body } = await client.get(`/v1/users/${userId}/recommendations?n=5`);
      expect(body.items.every(({ itemId }) => itemId.startsWith("movie-"))).toBe(true);
    }
    // Every user of the challenger takes something up, and half of the others do.
    const users = userIds.filter((userId, at) => here.get(userId) === "v2" || at % 2 === 0);
    for (const userId of users) {
      const { body } = await client.get(`/v1/users/${userId}/recommendations?n=3`);
      await client.post("/v1/feedback", { events: [{ userId, itemId: body.items[0]?.itemId, kind: "click" }] });
    }
    type Results = {
      champion: { users: number; hitRate: number };
      challenger: { users: number; hitRate: number };
      difference: { low: number; high: number; value: number } | null;
    };
    const results = async () =>
      JSON.parse((await operator.get(`/v1/experiments/${experiment.id}/results`)).text) as Results;
    await until(async () => {
      const { champion, challenger } = await results();
      return champion.users + challenger.users === userIds.length && challenger.hitRate > 0;
    });
    const { champion, challenger, difference } = await results();
    expect(challenger.users).toBe(challenged.length);
    expect(challenger.hitRate).toBeGreaterThan(champion.hitRate);
    expect(difference?.low).toBeGreaterThan(0);
    expect(difference?.value).toBeCloseTo(challenger.hitRate - champion.hitRate, 9);
    // What it tries is not collected, however few are kept.
    expect(await collectGarbage(target.pool, 0)).not.toContain("v2");
    const stopped = await operator.post(`/v1/experiments/${experiment.id}/stop`, {});
    expect([stopped.status, json(stopped.text).endReason]).toEqual([200, "stopped"]);
    await until(async () => !(await someGet("v2")()));
  });

  it("is over, in the same transaction, when another version is activated", async () => {
    const experiment = json(
      (await operator.post("/v1/experiments", { name: "third", challenger: "v2", share: 0.5 })).text,
    );
    await until(someGet("v2"));
    await target.activate("v3");
    const { rows } = await target.pool.query("select end_reason from reelbench.experiments where id = $1", [
      experiment.id,
    ]);
    expect(rows).toEqual([{ end_reason: "champion-changed" }]);
    // The champion of before may answer everybody for a moment.
    await until(async () => [...(await versionsFor(client)).values()].every((version) => version === "v3"));
    expect([...new Set((await versionsFor(client)).values())]).toEqual(["v3"]);
  });

  it("is refused for a version that was not published, and for what is served", async () => {
    for (const challenger of ["nothing-of-that-name", "v3"])
      expect((await operator.post("/v1/experiments", { name: "x", challenger, share: 0.5 })).status).toBe(409);
    expect((await operator.get("/v1/experiments/00000000-0000-4000-8000-000000000000/results")).status).toBe(404);
    expect(
      (await client.get(`/v1/experiments`)).status, // A key that recommends may not look.
    ).toBe(403);
  });
});
