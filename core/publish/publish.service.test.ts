import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freshDatabase, redisUrl } from "../../e2e/services/services.ts";
import type { FreshDatabase } from "../../e2e/services/services.ts";
import { createProductionPool } from "../production/database.ts";
import { publicationOf } from "./publication.fixture.ts";
import { publish } from "./publish.ts";
import { rollback } from "./rollback.ts";
import { targetStatus } from "./target-status.ts";

const context = () => ({ signal: new AbortController().signal, onProgress: () => undefined });

describe("publishing to an empty target, with no server live", () => {
  let database: FreshDatabase;
  let directory: string;
  beforeAll(async () => {
    database = await freshDatabase();
    directory = await mkdtemp(join(tmpdir(), "reelbench-publish-"));
  });
  afterAll(async () => {
    await database.drop();
    await rm(directory, { recursive: true, force: true });
  });

  test("PUB-1…8: two versions go live, proved by the bundled server, and the way back is one step", async () => {
    const target = { postgresUrl: database.url, redisUrl: redisUrl(), channel: "first" };
    const one = await publish(await publicationOf({ seed: 1 }, directory, target), context());
    expect(one.parity).toMatchObject({ answeredBy: "bundled", servers: 1, probes: 12, compared: 12, mismatches: 0 });
    expect(one.parity.largestDifference).toBeLessThanOrEqual(1e-6);
    expect(one.warnings).toEqual([]);
    const two = await publish(await publicationOf({ seed: 2 }, directory, target), context());
    expect(two.version).not.toBe(one.version);
    const status = await targetStatus(target);
    expect(status).toMatchObject({
      reachable: true,
      error: null,
      active: { version: two.version },
      previous: one.version,
    });
    const back = await rollback(target, undefined, context());
    expect(back).toMatchObject({ version: one.version, from: two.version });
    const after = await targetStatus(target);
    expect(after.history.map(({ version, reason }) => [version, reason])).toEqual([
      [one.version, "rollback"],
      [two.version, "publish"],
      [one.version, "publish"],
    ]);
    expect(Object.fromEntries(after.versions.map(({ version, state }) => [version, state]))).toEqual({
      [one.version]: "active",
      [two.version]: "retired",
    });
    const pool = createProductionPool({ url: database.url, applicationName: "test" });
    const { rows } = await pool.query(
      "select count(*)::int as users, sum(cardinality(item_ids))::int as ratings from reelbench.histories",
    );
    const request = await publicationOf({ seed: 3 }, directory, target);
    expect(rows[0]).toEqual(request.historyShape);
    await pool.end();
  });
});
