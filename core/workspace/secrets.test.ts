import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openSecrets } from "./secrets.ts";

test("secrets are kept for their owner only and found again", async () => {
  const directory = mkdtempSync(join(tmpdir(), "reelbench-secrets-"));
  const path = join(directory, "secrets.json");
  const secrets = await openSecrets(path);
  await Promise.all([
    secrets.set("t1", { postgresUrl: "postgres://a:b@c/d", redisUrl: null }),
    secrets.set("t2", { postgresUrl: "postgres://e:f@g/h", redisUrl: "redis://i" }),
  ]);
  if (process.platform !== "win32") expect(statSync(path).mode & 0o777).toBe(0o600);
  const again = await openSecrets(path);
  expect([again.find("t1")?.postgresUrl, again.find("t2")?.redisUrl, again.find("t3")]).toEqual([
    "postgres://a:b@c/d",
    "redis://i",
    undefined,
  ]);
  await again.remove("t1");
  expect((await openSecrets(path)).find("t1")).toBeUndefined();
  rmSync(directory, { recursive: true });
});
