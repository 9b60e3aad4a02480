import { afterAll, beforeAll, expect, test } from "vitest";
import { servingTarget, smallVersion, testChannel } from "../../e2e/services/serving-target.ts";
import type { ServingTarget } from "../../e2e/services/serving-target.ts";
import { freshDatabase } from "../../e2e/services/services.ts";
import type { FreshDatabase } from "../../e2e/services/services.ts";
import { startExperiment, stopExperiment } from "../production/experiments.ts";
import { decideVersion, pruneTarget, targetVersionReport, targetVersions } from "./target-versions.ts";
import type { VersionDecision } from "./target-versions.ts";

let database: FreshDatabase;
let target: ServingTarget;

beforeAll(async () => {
  database = await freshDatabase();
  target = await servingTarget(database.url);
  for (const name of ["v1", "v2", "v3", "v4"]) await target.upload(smallVersion(name));
  for (const name of ["v1", "v2", "v3"]) await target.activate(name);
});
afterAll(async () => {
  await target.close();
  await database.drop();
});

const decide = (version: string, decision: VersionDecision) =>
  decideVersion({ postgresUrl: database.url, redisUrl: null }, 5, version, decision);
const withdraw = { kind: "withdraw", reason: "wrong prices" } as const;
const conflict = (words: RegExp) => ({ code: "RB_CONFLICT", message: expect.stringMatching(words) as string });

test("PUB-12: what serves cannot be withdrawn; what was withdrawn cannot serve until it is restored", async () => {
  await expect(decide("v3", withdraw)).rejects.toMatchObject(conflict(/v3 serves a channel/));
  const withdrawn = await decide("v2", withdraw);
  expect(withdrawn.withdrawn).toMatchObject({ reason: "wrong prices" });
  await expect(target.activate("v2")).rejects.toMatchObject(conflict(/withdrawn/));
  await expect(target.activate("v2", "rollback")).rejects.toMatchObject(conflict(/withdrawn/));
  // Said again, it stays since when it was.
  const again = await decide("v2", { ...withdraw, reason: "still wrong" });
  expect(again.withdrawn).toEqual({ at: withdrawn.withdrawn?.at, reason: "still wrong" });
  expect((await decide("v2", { kind: "restore" })).withdrawn).toBeNull();
  await target.activate("v2");
  await expect(decide("v2", withdraw)).rejects.toMatchObject(conflict(/serves/));
  await target.activate("v3", "rollback");
});

test("PUB-12: neither arm of a running experiment can be withdrawn", async () => {
  const { id } = await startExperiment(target.pool, {
    channel: testChannel,
    name: "new against old",
    challenger: "v4",
    share: 0.5,
  });
  for (const arm of ["v3", "v4"]) await expect(decide(arm, withdraw)).rejects.toMatchObject(conflict(/experiment/));
  await stopExperiment(target.pool, testChannel, id);
  expect((await decide("v4", withdraw)).withdrawn).not.toBeNull();
  await expect(
    startExperiment(target.pool, { channel: testChannel, name: "again", challenger: "v4", share: 0.5 }),
  ).rejects.toMatchObject({ code: "RB_CONFLICT" });
  await decide("v4", { kind: "restore" });
});

test.each<VersionDecision>([withdraw, { kind: "restore" }, { kind: "pin", note: "" }, { kind: "unpin" }])(
  "$kind of a version that is not there is refused by name",
  async (decision) => {
    await expect(decide("v9", decision)).rejects.toMatchObject({
      code: "RB_NOT_FOUND",
      message: expect.stringContaining("v9") as string,
    });
  },
);

test("PUB-9: a pin keeps what retention would remove, and only as long as it stands", async () => {
  const address = { postgresUrl: database.url, redisUrl: null };
  const because = async (version: string) =>
    (await targetVersions(address, 0)).find((each) => each.version === version)?.keptBecause;
  expect(await because("v1")).toBeNull();
  const pinned = await decide("v1", { kind: "pin", note: "the summer's" });
  expect(pinned.pinned).toMatchObject({ note: "the summer's" });
  expect(await because("v1")).toBe("it is pinned");
  expect((await pruneTarget(address, 0, false)).removed).toEqual([]);
  await decide("v1", { kind: "unpin" });
  expect((await pruneTarget(address, 0, true)).removed.map(({ version }) => version)).toEqual(["v1"]);
  expect((await pruneTarget(address, 0, false)).removed.map(({ version }) => version)).toEqual(["v1"]);
  await expect(targetVersionReport(address, 0, "v1")).rejects.toMatchObject({ code: "RB_NOT_FOUND" });
});
