import { z } from "zod";
import { ask } from "../../core/production/ask.ts";
import { parseRow, parseRows } from "../../core/production/database.ts";
import type { Database } from "../../core/production/database.ts";
import { role } from "../auth/permissions.ts";
import type { Role } from "../auth/permissions.ts";
import { preferences } from "./preferences.ts";
import type { Preferences } from "./preferences.ts";

export const accountState = z.enum(["active", "suspended"]);

const bytes = z.instanceof(Buffer);
const accountRow = z
  .object({
    id: z.uuid(),
    email_sealed: bytes,
    name_sealed: bytes.nullable(),
    password_hash: z.string(),
    role,
    state: accountState,
    preferences,
    data_user_id: z.string().nullable(),
    created_at: z.date(),
    last_login_at: z.date().nullable(),
  })
  .transform((row) => ({
    id: row.id,
    emailSealed: row.email_sealed,
    nameSealed: row.name_sealed,
    passwordHash: row.password_hash,
    role: row.role,
    state: row.state,
    preferences: row.preferences,
    dataUserId: row.data_user_id,
    createdAt: row.created_at,
    lastLoginAt: row.last_login_at,
  }));
export type AccountRow = z.output<typeof accountRow>;

const columns =
  "id, email_sealed, name_sealed, password_hash, role, state, preferences, data_user_id, created_at, last_login_at";

export interface NewAccount {
  readonly id: string;
  readonly emailIndex: Buffer;
  readonly emailSealed: Buffer;
  readonly nameSealed: Buffer | null;
  readonly passwordHash: string;
  readonly role: Role;
}

/** False when the address has an account already. */
export async function insertAccount(database: Database, account: NewAccount): Promise<boolean> {
  const result = await ask(
    database,
    `insert into reelbench.accounts (id, email_index, email_sealed, name_sealed, password_hash, role)
     values ($1, $2, $3, $4, $5, $6) on conflict (email_index) do nothing`,
    [account.id, account.emailIndex, account.emailSealed, account.nameSealed, account.passwordHash, account.role],
  );
  return result.rowCount === 1;
}

export async function accountByEmail(database: Database, emailIndex: Buffer): Promise<AccountRow | null> {
  return parseRow(
    accountRow,
    await ask(database, `select ${columns} from reelbench.accounts where email_index = $1`, [emailIndex]),
  );
}

export async function accountById(database: Database, id: string): Promise<AccountRow | null> {
  return parseRow(accountRow, await ask(database, `select ${columns} from reelbench.accounts where id = $1`, [id]));
}

/** By time of registration, those after `after` (an id). */
export async function pageOfAccounts(
  database: Database,
  { after, limit }: { readonly after: string | null; readonly limit: number },
): Promise<AccountRow[]> {
  return parseRows(
    accountRow,
    await ask(
      database,
      `select ${columns} from reelbench.accounts
       where $1::uuid is null or (created_at, id) > (select created_at, id from reelbench.accounts where id = $1)
       order by created_at, id limit $2`,
      [after, limit],
    ),
  );
}

interface AccountChange {
  readonly nameSealed?: Buffer | null;
  readonly preferences?: Preferences;
  readonly passwordHash?: string;
  readonly role?: Role;
  readonly state?: z.infer<typeof accountState>;
  readonly dataUserId?: string | null;
}

const changeable = {
  nameSealed: "name_sealed",
  preferences: "preferences",
  passwordHash: "password_hash",
  role: "role",
  state: "state",
  dataUserId: "data_user_id",
} as const satisfies Record<keyof AccountChange, string>;

/** Null when there is no such account. */
export async function updateAccount(database: Database, id: string, change: AccountChange): Promise<AccountRow | null> {
  const fields = (Object.keys(changeable) as (keyof AccountChange)[]).filter((field) => change[field] !== undefined);
  if (fields.length === 0) return accountById(database, id);
  const sets = fields.map((field, n) => `${changeable[field]} = $${n + 2}`);
  if (change.passwordHash !== undefined) sets.push("password_changed_at = now()");
  const values = fields.map((field) => (field === "preferences" ? JSON.stringify(change[field]) : change[field]));
  return parseRow(
    accountRow,
    await ask(database, `update reelbench.accounts set ${sets.join(", ")} where id = $1 returning ${columns}`, [
      id,
      ...values,
    ]),
  );
}

export async function touchLogin(database: Database, id: string): Promise<void> {
  await ask(database, "update reelbench.accounts set last_login_at = now() where id = $1", [id]);
}

/** Sessions and tokens go with it. */
export async function deleteAccount(database: Database, id: string): Promise<boolean> {
  const result = await ask(database, "delete from reelbench.accounts where id = $1", [id]);
  return result.rowCount === 1;
}

/** True while an active administrator other than `id` remains. Locks them, so that two cannot leave at the same moment. */
export async function hasOtherAdmin(database: Database, id: string): Promise<boolean> {
  const result = await ask(
    database,
    "select from reelbench.accounts where role = 'admin' and state = 'active' and id <> $1 for update",
    [id],
  );
  return (result.rowCount ?? 0) > 0;
}
