import { expect, onTestFinished, test } from "vitest";
import { testDatabase } from "../../e2e/services/services.ts";
import { createProductionPool } from "./database.ts";
import { migrate } from "./migrate.ts";
import { liveServers, recordHeartbeat, seenServers } from "./servers.ts";

test("a server that fell silent is told of as silent, until it is replaced or minutes have passed", async () => {
  const pool = createProductionPool({ url: await testDatabase(), applicationName: "test" });
  onTestFinished(() => pool.end());
  await migrate(pool);
  const beat = async (id: string, url: string | null, secondsAgo: number) => {
    await recordHeartbeat(pool, {
      id,
      url,
      channel: "films",
      software: "test",
      servingVersion: "v1",
      servingEpoch: 1,
      candidateVersion: null,
      failure: null,
    });
    await pool.query("update reelbench.servers set seen_at = now() - make_interval(secs => $2) where id = $1", [
      id,
      secondsAgo,
    ]);
  };
  await beat("alive", "http://127.0.0.1:1", 1);
  await beat("its predecessor", "http://127.0.0.1:1", 8);
  await beat("hangs", "http://127.0.0.1:2", 8);
  await beat("killed", null, 100);
  await beat("forgotten", null, 400);
  const seen = await seenServers(pool, "films");
  expect(seen.map(({ id, reporting }) => [id, reporting])).toEqual([
    ["alive", true],
    ["hangs", false],
    ["killed", false],
  ]);
  expect(seen.find(({ id }) => id === "killed")?.silentFor).toBeGreaterThanOrEqual(100);
  expect(await seenServers(pool, "books")).toEqual([]);

  // The publisher still waits for one that may only be busy.
  expect((await liveServers(pool, "films")).map(({ id }) => id)).toEqual(["alive", "hangs", "its predecessor"]);
});
