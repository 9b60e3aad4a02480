import { createHash, randomBytes } from "node:crypto";
import { z } from "zod";
import { ReelbenchError } from "../contract/errors.ts";
import { ask } from "./ask.ts";
import { parseRow, parseRows } from "./database.ts";
import type { Database } from "./database.ts";

/**
 * recommend: read recommendations. feedback: send it. catalogue: change, hide and show items. analyse: read versions and their
 * evaluations. operate: that, and run the service. accounts: manage people's accounts, and read the audit log.
 */
export const apiKeyScope = z.enum(["recommend", "feedback", "catalogue", "analyse", "operate", "accounts"]);
export type ApiKeyScope = z.infer<typeof apiKeyScope>;

const keyRow = z
  .object({
    id: z.uuid(),
    name: z.string(),
    prefix: z.string(),
    // A scope of a newer version grants nothing here.
    scopes: z
      .array(z.string())
      .transform((scopes) => scopes.flatMap((scope) => apiKeyScope.safeParse(scope).data ?? [])),
    created_at: z.date(),
    expires_at: z.date().nullable(),
    last_used_at: z.date().nullable(),
    revoked_at: z.date().nullable(),
  })
  .transform((row) => ({
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    scopes: row.scopes,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
    revokedAt: row.revoked_at,
  }));
export type ApiKey = z.output<typeof keyRow>;

const columns = "id, name, prefix, scopes, created_at, expires_at, last_used_at, revoked_at";
const keyText = /^rb_[A-Za-z0-9_-]{43}$/;

/** Makes a key of 256 random bits. The key is returned this once; only its hash is kept. */
export async function createApiKey(
  database: Database,
  request: { readonly name: string; readonly scopes: readonly ApiKeyScope[]; readonly expiresAt: Date | null },
): Promise<{ readonly key: string; readonly apiKey: ApiKey }> {
  const key = `rb_${randomBytes(32).toString("base64url")}`;
  const result = await ask(
    database,
    `insert into reelbench.api_keys (name, prefix, hash, scopes, expires_at) values ($1, $2, $3, $4, $5) returning ${columns}`,
    [request.name, key.slice(0, 11), hashApiKey(key), request.scopes, request.expiresAt],
  );
  const apiKey = parseRow(keyRow, result);
  if (apiKey === null) throw new ReelbenchError("RB_INTERNAL", "The key was not written.");
  return { key, apiKey };
}

/**
 * The key's row, unless it is unknown, expired or revoked (by the database's clock). Found by the index on the hash, so
 * that no comparison's time tells anything about other keys. Text of another shape is refused without asking.
 */
export async function verifyApiKey(database: Database, key: string): Promise<ApiKey | null> {
  if (!keyText.test(key)) return null;
  const result = await ask(
    database,
    `select ${columns} from reelbench.api_keys where hash = $1 and revoked_at is null and (expires_at is null or expires_at > now())`,
    [hashApiKey(key)],
  );
  return parseRow(keyRow, result);
}

/** At most once a minute for each key is precise enough, and spares the row. */
export async function touchApiKey(database: Database, id: string): Promise<void> {
  await ask(
    database,
    "update reelbench.api_keys set last_used_at = now() where id = $1 and (last_used_at is null or last_used_at < now() - interval '1 minute')",
    [id],
  );
}

export async function revokeApiKey(database: Database, id: string): Promise<boolean> {
  const result = await ask(
    database,
    "update reelbench.api_keys set revoked_at = now() where id = $1 and revoked_at is null",
    [id],
  );
  return result.rowCount === 1;
}

/** Ends every key of that name. Returns how many there were. */
export async function revokeApiKeysNamed(database: Database, name: string): Promise<number> {
  const result = await ask(
    database,
    "update reelbench.api_keys set revoked_at = now() where name = $1 and revoked_at is null",
    [name],
  );
  return result.rowCount ?? 0;
}

export async function listApiKeys(database: Database): Promise<ApiKey[]> {
  return parseRows(keyRow, await ask(database, `select ${columns} from reelbench.api_keys order by created_at`));
}

export function hashApiKey(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}
