import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { maskPassword, openSecrets } from "./secrets.ts";

test.each([
  ["postgres://ana:s3cret@db.example:5432/films", "postgres://ana:***@db.example:5432/films"],
  ["postgres://ana@db.example/films", "postgres://ana@db.example/films"],
  ["postgres://db.example/films?user=ana&password=s3cret", "postgres://db.example/films?user=ana&password=***"],
  ["rediss://:p%40ss@cache:6380/1", "rediss://:***@cache:6380/1"],
])("%s is shown as %s", (url, shown) => {
  expect(decodeURIComponent(maskPassword(url))).toBe(shown);
});

test("secrets are kept for their owner only and found again", async () => {
  const directory = mkdtempSync(join(tmpdir(), "reelbench-secrets-"));
  const path = join(directory, "secrets.json");
  const secrets = await openSecrets(path);
  await Promise.all([secrets.set("t1", { postgres: "postgres://a:b@c/d", redis: null }), secrets.set("t2", { postgres: "postgres://e:f@g/h", redis: "redis://i" })]);
  if (process.platform !== "win32") expect(statSync(path).mode & 0o777).toBe(0o600);
  const again = await openSecrets(path);
  expect([again.find("t1")?.postgres, again.find("t2")?.redis, again.find("t3")]).toEqual(["postgres://a:b@c/d", "redis://i", undefined]);
  await again.remove("t1");
  expect((await openSecrets(path)).find("t1")).toBeUndefined();
  rmSync(directory, { recursive: true });
});
