import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { secretStore, systemKeychain } from "./keychain.ts";
import type { Locker, SafeStorage } from "./keychain.ts";

/** What a keychain does, with a key of its own. */
function locker(key = randomBytes(32)): Locker {
  return {
    lock(text) {
      const iv = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", key, iv);
      return Buffer.concat([iv, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
    },
    unlock(locked) {
      const decipher = createDecipheriv("aes-256-gcm", key, locked.subarray(0, 12));
      decipher.setAuthTag(locked.subarray(-16));
      return Buffer.concat([decipher.update(locked.subarray(12, -16)), decipher.final()]).toString("utf8");
    },
  };
}

function file(): string {
  const folder = mkdtempSync(join(tmpdir(), "reelbench-keychain-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "user-data", "secrets.json");
}

it("keeps secrets locked, for their owner, across restarts", () => {
  const [path, keychain] = [file(), locker()];
  secretStore(path, keychain).keep("w1/target/t1", "postgres://a:s3cret@db/films");
  secretStore(path, keychain).keep("w1/target/t2", "other");
  const again = secretStore(path, keychain);
  expect([again.find("w1/target/t1"), again.find("w1/target/t3")]).toEqual(["postgres://a:s3cret@db/films", null]);
  const written = readFileSync(path, "utf8");
  expect(written).not.toContain("s3cret");
  expect(written).not.toContain(Buffer.from("s3cret").toString("base64").slice(0, 6));
  if (process.platform !== "win32") expect(statSync(path).mode & 0o777).toBe(0o600);
  again.forget("w1/target/t1");
  expect([secretStore(path, keychain).find("w1/target/t1"), secretStore(path, keychain).find("w1/target/t2")]).toEqual([
    null,
    "other",
  ]);
});

it("is of no use with another keychain, and says so rather than giving nonsense", () => {
  const path = file();
  secretStore(path, locker()).keep("a", "secret");
  expect(() => secretStore(path, locker()).find("a")).toThrow();
});

it("never takes a damaged file for an empty one, which the next secret would overwrite", () => {
  const [path, keychain] = [file(), locker()];
  secretStore(path, keychain).keep("a", "secret");
  writeFileSync(path, "{");
  expect(() => secretStore(path, keychain).keep("b", "other")).toThrow();
  expect(readFileSync(path, "utf8")).toBe("{");
});

const storage = (available: boolean, backend: string): SafeStorage => ({
  isEncryptionAvailable: () => available,
  getSelectedStorageBackend: () => backend,
  encryptString: (text) => Buffer.from(text),
  decryptString: (locked) => locked.toString(),
});

it.each([
  ["linux", true, "basic_text", false],
  ["linux", true, "unknown", false],
  ["linux", false, "gnome_libsecret", false],
  ["linux", true, "gnome_libsecret", true],
  ["linux", true, "kwallet6", true],
  ["darwin", true, "unknown", true],
  ["win32", true, "unknown", true],
  ["win32", false, "unknown", false],
] as const)("on %s, encryption %s, backend %s: a keychain: %s", (platform, available, backend, usable) => {
  expect(systemKeychain(storage(available, backend), platform) !== null).toBe(usable);
});
