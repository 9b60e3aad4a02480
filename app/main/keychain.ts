import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";

/** The system's keychain as far as it is used here: it keeps one key, with which texts are locked and unlocked. */
export interface Locker {
  lock(text: string): Buffer;
  /** Throws where another key locked it. */
  unlock(locked: Buffer): string;
}

/** Electron's `safeStorage`, as far as it tells whether it can be trusted. */
export interface SafeStorage {
  isEncryptionAvailable(): boolean;
  /** Linux only. */
  getSelectedStorageBackend(): string;
  encryptString(text: string): Buffer;
  decryptString(locked: Buffer): string;
}

/** Secrets by name. */
export interface SecretStore {
  find(name: string): string | null;
  keep(name: string, secret: string): void;
  forget(name: string): void;
}

/**
 * The system's keychain, or null where it has none worth the name: on Linux without a secret service Electron would "encrypt"
 * with a key that stands in its source (`basic_text`). To be asked once the app is ready.
 */
export function systemKeychain(storage: SafeStorage, platform: NodeJS.Platform): Locker | null {
  if (!storage.isEncryptionAvailable()) return null;
  if (platform === "linux" && ["basic_text", "unknown"].includes(storage.getSelectedStorageBackend())) return null;
  return {
    lock: (text) => storage.encryptString(text),
    unlock: (locked) => storage.decryptString(locked),
  };
}

const keptSecrets = z.record(z.string(), z.base64());

/** Secrets in a file, each locked by the keychain's key: without this system's keychain it is of no use to anybody. */
export function secretStore(file: string, locker: Locker): SecretStore {
  const read = (): Map<string, string> => {
    let text: string;
    try {
      text = readFileSync(file, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return new Map();
      throw error;
    }
    return new Map(Object.entries(keptSecrets.parse(JSON.parse(text))));
  };
  const write = (secrets: ReadonlyMap<string, string>) => {
    mkdirSync(dirname(file), { recursive: true });
    const beside = `${file}.tmp`;
    writeFileSync(beside, `${JSON.stringify(Object.fromEntries(secrets), null, 2)}\n`, { mode: 0o600, flush: true });
    renameSync(beside, file);
  };
  return {
    find(name) {
      const locked = read().get(name);
      return locked === undefined ? null : locker.unlock(Buffer.from(locked, "base64"));
    },
    keep: (name, secret) => write(new Map(read()).set(name, locker.lock(secret).toString("base64"))),
    forget(name) {
      const secrets = read();
      if (secrets.delete(name)) write(secrets);
    },
  };
}
