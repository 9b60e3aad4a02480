import { createHmac, randomBytes, randomUUID } from "node:crypto";
import type { Pool } from "pg";
import { z } from "zod";
import { ReelbenchError } from "../../core/contract/errors.ts";
import { ask } from "../../core/production/ask.ts";
import { inTransaction, parseRows } from "../../core/production/database.ts";
import type { Database } from "../../core/production/database.ts";
import type { MasterKey, MasterKeys } from "./master-keys.ts";
import { openBytes, sealBytes } from "./seal.ts";

/**
 * Envelope encryption. Fields are sealed with data keys from the table `data_keys`, which a master key from the environment
 * wraps. A sealed field is: id of its data key (16 bytes) ‖ `sealBytes`.
 */
export interface Vault {
  seal(text: string, context: string): Promise<Buffer>;
  /** Throws RB_CORRUPT for what does not open, RB_NOT_CONFIGURED when its master key is not in the environment. */
  open(sealed: Uint8Array, context: string): Promise<string>;
  /** A keyed hash (32 bytes) by which equal texts are found without being opened. */
  index(text: string, context: string): Promise<Buffer>;
  /** Seals from now on with a fresh data key. What was sealed before still opens; `reseal` in `rotate.ts` moves it over. */
  rotateDataKey(): Promise<string>;
  /** Wraps every data key that an older master key wraps with the current one. Returns how many. */
  rewrapDataKeys(): Promise<number>;
  /** Id of the data key that a field was sealed with. */
  keyOf(sealed: Uint8Array): string;
  /** Id of the data key that seals now. */
  currentKey(): Promise<string>;
}

type Purpose = "seal" | "index";

const keyRow = z.object({
  id: z.uuid(),
  purpose: z.enum(["seal", "index"]),
  master_key: z.string(),
  wrapped: z.instanceof(Buffer),
  retired_at: z.date().nullable(),
});

interface DataKey {
  readonly id: string;
  readonly purpose: Purpose;
  readonly key: Buffer;
  readonly current: boolean;
}

const idBytes = 16;
/** A rotation elsewhere is noticed within this time. */
const freshFor = 60_000;

export function createVault(pool: Pool, masterKeys: MasterKeys): Vault {
  let known = new Map<string, DataKey>();
  let readAt = -Infinity;

  async function read(): Promise<void> {
    const rows = parseRows(
      keyRow,
      await ask(pool, "select id, purpose, master_key, wrapped, retired_at from reelbench.data_keys"),
    );
    known = new Map(
      rows.map((row) => {
        const key = unwrap(masterKeys, row);
        return [row.id, { id: row.id, purpose: row.purpose, key, current: row.retired_at === null }];
      }),
    );
    readAt = performance.now();
  }

  async function current(purpose: Purpose): Promise<DataKey> {
    const find = () => [...known.values()].find((key) => key.purpose === purpose && key.current);
    if (performance.now() - readAt > freshFor) await read();
    let found = find();
    if (found !== undefined) return found;
    // Two servers may start at the same moment: the unique index lets one of them in, and both read what is there then.
    await insertKey(pool, masterKeys.current, purpose, "on conflict do nothing");
    await read();
    found = find();
    if (found === undefined) throw new ReelbenchError("RB_INTERNAL", `There is no data key to ${purpose} with.`);
    return found;
  }

  async function byId(id: string): Promise<DataKey> {
    const found = known.get(id);
    if (found !== undefined) return found;
    await read();
    const now = known.get(id);
    if (now === undefined) throw new ReelbenchError("RB_CORRUPT", "Something was sealed with a data key that is gone.");
    return now;
  }

  return {
    async seal(text, context) {
      const { id, key } = await current("seal");
      return Buffer.concat([uuidBytes(id), sealBytes(key, Buffer.from(text, "utf8"), context)]);
    },
    async open(sealed, context) {
      const { key } = await byId(keyIdOf(sealed));
      return openBytes(key, sealed.subarray(idBytes), context).toString("utf8");
    },
    async index(text, context) {
      const { key } = await current("index");
      return createHmac("sha256", key).update(`${context}\0${text}`).digest();
    },
    async rotateDataKey() {
      const id = await inTransaction(pool, async (client) => {
        await client.query(
          "update reelbench.data_keys set retired_at = now() where purpose = 'seal' and retired_at is null",
        );
        return insertKey(client, masterKeys.current, "seal", "");
      });
      await read();
      return id;
    },
    async rewrapDataKeys() {
      const count = await inTransaction(pool, async (client) => {
        const rows = parseRows(
          keyRow,
          await client.query(
            "select id, purpose, master_key, wrapped, retired_at from reelbench.data_keys where master_key <> $1 for update",
            [masterKeys.current.id],
          ),
        );
        for (const row of rows)
          await client.query("update reelbench.data_keys set master_key = $2, wrapped = $3 where id = $1", [
            row.id,
            masterKeys.current.id,
            sealBytes(masterKeys.current.key, unwrap(masterKeys, row), wrapContext(row.id, row.purpose)),
          ]);
        return rows.length;
      });
      await read();
      return count;
    },
    keyOf: keyIdOf,
    currentKey: async () => (await current("seal")).id,
  };
}

async function insertKey(
  database: Database,
  masterKey: MasterKey,
  purpose: Purpose,
  onConflict: "" | "on conflict do nothing",
): Promise<string> {
  const id = randomUUID();
  await ask(
    database,
    `insert into reelbench.data_keys (id, purpose, master_key, wrapped) values ($1, $2, $3, $4) ${onConflict}`,
    [id, purpose, masterKey.id, sealBytes(masterKey.key, randomBytes(32), wrapContext(id, purpose))],
  );
  return id;
}

function unwrap(masterKeys: MasterKeys, row: z.infer<typeof keyRow>): Buffer {
  const master = masterKeys.find(row.master_key);
  if (master === undefined)
    throw new ReelbenchError(
      "RB_NOT_CONFIGURED",
      `The master key "${row.master_key}" is not in REELBENCH_MASTER_KEYS, but data keys are still wrapped with it.`,
    );
  return openBytes(master.key, row.wrapped, wrapContext(row.id, row.purpose));
}

const wrapContext = (id: string, purpose: Purpose) => `data_keys.wrapped ${id} ${purpose}`;

function keyIdOf(sealed: Uint8Array): string {
  if (sealed.length <= idBytes) throw new ReelbenchError("RB_CORRUPT", "A sealed field is too short to be one.");
  const hex = Buffer.from(sealed.subarray(0, idBytes)).toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function uuidBytes(id: string): Buffer {
  return Buffer.from(id.replaceAll("-", ""), "hex");
}
