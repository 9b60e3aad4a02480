import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { openSecrets } from "./secrets.ts";
import type { Keychain } from "./secrets.ts";

let path = "";
beforeEach(() => {
  const directory = mkdtempSync(join(tmpdir(), "reelbench-secrets-"));
  path = join(directory, "secrets.json");
  return () => rmSync(directory, { recursive: true });
});
const open = (options: { keychain?: Keychain; inFile?: boolean } = {}) =>
  openSecrets({ path, workspaceId: "w1", ...options });

function keychainInMemory(): Keychain & { readonly kept: Map<string, string> } {
  const kept = new Map<string, string>();
  return {
    kept,
    find: async (name) => kept.get(name) ?? null,
    keep: async (name, secret) => void kept.set(name, secret),
    forget: async (name) => void kept.delete(name),
  };
}

test("in a file, because somebody chose so: for their owner only, and found again", async () => {
  const secrets = await open({ inFile: true });
  await Promise.all([
    secrets.set("t1", { postgresUrl: "postgres://a:b@c/d", redisUrl: null }),
    secrets.set("t2", { postgresUrl: "postgres://e:f@g/h", redisUrl: "redis://i" }),
  ]);
  if (process.platform !== "win32") expect(statSync(path).mode & 0o777).toBe(0o600);
  const again = await open();
  expect((await again.find("t1"))?.postgresUrl).toBe("postgres://a:b@c/d");
  expect((await again.find("t2"))?.redisUrl).toBe("redis://i");
  expect(await again.find("t3")).toBeUndefined();
  await again.remove("t1");
  expect(await (await open()).find("t1")).toBeUndefined();
});

test("without a keychain passwords are refused and nothing is written; for a session they are only remembered", async () => {
  const secrets = await open();
  const given = { postgresUrl: "postgres://a:hush@c/d", redisUrl: null };
  await expect(secrets.set("t1", given)).rejects.toMatchObject({ code: "RB_NO_KEYCHAIN" });
  secrets.lend("t1", given);
  expect(await secrets.find("t1")).toEqual(given);
  expect(existsSync(path)).toBe(false);
  expect(await (await open()).find("t1")).toBeUndefined();
});

test("with a keychain the file's secrets move into it, under names that tell workspaces apart", async () => {
  const before = await open({ inFile: true });
  await before.set("t1", { postgresUrl: "postgres://a:hush@c/d", redisUrl: null });
  const key = await before.own("master-key", () => "sesame");
  const keychain = keychainInMemory();
  const after = await open({ keychain });
  expect(readFileSync(path, "utf8")).not.toMatch(/hush|sesame/);
  expect([...keychain.kept.keys()].sort()).toEqual(["w1/master-key", "w1/target/t1"]);
  expect((await after.find("t1"))?.postgresUrl).toBe("postgres://a:hush@c/d");
  expect(await after.own("master-key", () => "another")).toBe(key);
  await after.remove("t1");
  expect([...keychain.kept.keys()]).toEqual(["w1/master-key"]);
});

test("a secret of Reelbench's own is made once, however many ask at once, and outlives the engine", async () => {
  const secrets = await open();
  let made = 0;
  const make = () => `key ${++made}`;
  expect(await Promise.all([secrets.own("k", make), secrets.own("k", make)])).toEqual(["key 1", "key 1"]);
  expect(await (await open()).own("k", make)).toBe("key 1");
  if (process.platform !== "win32") expect(statSync(path).mode & 0o777).toBe(0o600);
});
