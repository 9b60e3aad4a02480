import { z } from "zod";
import { ReelbenchError } from "../contract/errors.ts";
import { exists, writeFileAtomic } from "../files/atomic.ts";
import { readJson } from "../files/json.ts";

const addresses = z.object({ postgresUrl: z.string(), redisUrl: z.string().nullable() });
/** A target's URLs with their passwords. */
export type TargetAddresses = z.infer<typeof addresses>;

const secretsFile = z.object({
  targets: z.record(z.string(), addresses),
  /** Other secrets of the workspace, by name. */
  others: z.record(z.string(), z.string()).default({}),
});

/** The system's keychain, as far as a host offers one. Throws RB_UNAVAILABLE where it would not. */
export interface Keychain {
  find(name: string): Promise<string | null>;
  keep(name: string, secret: string): Promise<void>;
  forget(name: string): Promise<void>;
}

export interface Secrets {
  /** Where passwords are kept: in the keychain, in a file because somebody chose so, or not at all. */
  readonly kept: "keychain" | "file" | "nowhere";
  find(targetId: string): Promise<TargetAddresses | undefined>;
  /** Throws RB_NO_KEYCHAIN where passwords are kept nowhere. */
  set(targetId: string, addresses: TargetAddresses): Promise<void>;
  /** Known until this engine ends, written nowhere. */
  lend(targetId: string, addresses: TargetAddresses): void;
  remove(targetId: string): Promise<void>;
  /** A secret that Reelbench made by itself, for this workspace; the same at every call. */
  own(name: string, make: () => string): Promise<string>;
}

export interface SecretsOptions {
  /** The file that passwords stood in before there was a keychain. What it holds is still read. */
  readonly path: string;
  readonly workspaceId: string;
  readonly keychain?: Keychain | undefined;
  /** Without a keychain, keep passwords in the file: somebody's explicit choice. */
  readonly inFile?: boolean | undefined;
}

/**
 * Secrets live apart from the catalogue, so that a catalogue can be shown, copied and sent: in the system's keychain where
 * the host has one (what the file still held moves there), else, if somebody chose so, in a file that only its owner can
 * read. Passwords are otherwise refused; secrets that Reelbench makes for itself stand in the file then.
 */
export async function openSecrets({ path, workspaceId, keychain, inFile = false }: SecretsOptions): Promise<Secrets> {
  const held = (await exists(path)) ? await readJson(path, secretsFile) : { targets: {}, others: {} };
  const targets = new Map(Object.entries(held.targets));
  const others = new Map(Object.entries(held.others));
  const lent = new Map<string, TargetAddresses>();
  const nameOf = (targetId: string) => `${workspaceId}/target/${targetId}`;
  let writing = Promise.resolve();
  const save = () => {
    const content = { targets: Object.fromEntries(targets), others: Object.fromEntries(others) };
    const text = `${JSON.stringify(content, null, 2)}\n`;
    writing = writing.catch(() => undefined).then(() => writeFileAtomic(path, text, 0o600));
    return writing;
  };
  if (keychain !== undefined && targets.size + others.size > 0) {
    for (const [id, known] of targets) await keychain.keep(nameOf(id), JSON.stringify(known));
    for (const [name, secret] of others) await keychain.keep(`${workspaceId}/${name}`, secret);
    targets.clear();
    others.clear();
    await save();
  }
  const making = new Map<string, Promise<string>>();
  const makeOwn = async (name: string, make: () => string): Promise<string> => {
    const known = keychain === undefined ? others.get(name) : await keychain.find(`${workspaceId}/${name}`);
    if (known !== undefined && known !== null) return known;
    const made = make();
    if (keychain === undefined) {
      others.set(name, made);
      await save();
    } else await keychain.keep(`${workspaceId}/${name}`, made);
    return made;
  };
  return {
    kept: keychain !== undefined ? "keychain" : inFile ? "file" : "nowhere",
    async find(id) {
      const known = lent.get(id) ?? targets.get(id);
      if (known !== undefined || keychain === undefined) return known;
      const found = await keychain.find(nameOf(id));
      return found === null ? undefined : addresses.parse(JSON.parse(found));
    },
    async set(id, given) {
      if (keychain !== undefined) await keychain.keep(nameOf(id), JSON.stringify(given));
      else if (inFile) {
        targets.set(id, given);
        await save();
      } else {
        throw new ReelbenchError("RB_NO_KEYCHAIN", "This engine has no keychain to keep the target's password in.");
      }
      lent.delete(id);
    },
    lend: (id, given) => void lent.set(id, given),
    async remove(id) {
      lent.delete(id);
      await keychain?.forget(nameOf(id));
      if (targets.delete(id)) await save();
    },
    own(name, make) {
      const asked = making.get(name) ?? makeOwn(name, make);
      making.set(name, asked);
      asked.catch(() => making.delete(name));
      return asked;
    },
  };
}
