import { z } from "zod";
import { exists, writeFileAtomic } from "../files/atomic.ts";
import { readJson } from "../files/json.ts";

const addresses = z.object({ postgresUrl: z.string(), redisUrl: z.string().nullable() });
/** A target's URLs with their passwords. */
export type TargetAddresses = z.infer<typeof addresses>;

const secretsFile = z.object({ targets: z.record(z.string(), addresses) });

export interface Secrets {
  find(targetId: string): TargetAddresses | undefined;
  set(targetId: string, addresses: TargetAddresses): Promise<void>;
  remove(targetId: string): Promise<void>;
}

/** Passwords live apart from the catalogue, in a file only its owner can read, so that a catalogue can be shown and sent. */
export async function openSecrets(path: string): Promise<Secrets> {
  const kept = (await exists(path)) ? await readJson(path, secretsFile) : { targets: {} };
  const targets = new Map(Object.entries(kept.targets));
  let writing = Promise.resolve();
  const save = () => {
    const text = `${JSON.stringify({ targets: Object.fromEntries(targets) }, null, 2)}\n`;
    writing = writing.catch(() => undefined).then(() => writeFileAtomic(path, text, 0o600));
    return writing;
  };
  return {
    find: (id) => targets.get(id),
    set(id, given) {
      targets.set(id, given);
      return save();
    },
    async remove(id) {
      if (targets.delete(id)) await save();
    },
  };
}
