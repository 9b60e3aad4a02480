import { createInterface } from "node:readline";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import type { Pool } from "pg";
import { z } from "zod";
import { ReelbenchError } from "../core/contract/errors.ts";
import { apiKeyScope, createApiKey, listApiKeys, revokeApiKey } from "../core/production/api-keys.ts";
import type { ApiKeyScope } from "../core/production/api-keys.ts";
import { createProductionPool } from "../core/production/database.ts";
import type { Database } from "../core/production/database.ts";
import { openProduction } from "../core/production/migrate.ts";
import { createAccountServices } from "./accounts/account-services.ts";
import type { AccountServices } from "./accounts/account-services.ts";
import { writeAudit } from "./audit/audit-log.ts";
import { role } from "./auth/permissions.ts";
import { readConfig } from "./config.ts";
import type { ServerConfig } from "./config.ts";
import { createAccountBody } from "./http/account-schemas.ts";
import { resealAll } from "./secrets/reseal.ts";

/**
 * `reelbench-server keys|accounts|secrets …`: what is done from a console. Takes where Postgres is, and the master keys, from the
 * environment, as the server does.
 */
export async function administer(argv: readonly string[]): Promise<void> {
  const program = new Command("reelbench-server").description(
    "Serves what was published. Without a command it serves; the environment says where (docs/operations/running-the-server.md).",
  );
  program.exitOverride();
  const keys = program.command("keys").description("API keys");
  keys
    .command("create")
    .description("Make a key. It is shown this once and kept nowhere.")
    .requiredOption("--name <name>", "who it is for")
    .option("--scope <scope...>", `what it may: ${apiKeyScope.options.join(", ")}`, ["recommend", "feedback"])
    .option("--expires <time>", "ISO 8601 time after which it is refused", toTime)
    .option("--json", "as JSON")
    .action((options: { name: string; scope: string[]; expires?: Date; json?: true }) =>
      withDatabase((database) => create(database, options)),
    );
  keys
    .command("list")
    .description("All keys, with when they were last used")
    .option("--json", "as JSON")
    .action((options: { json?: true }) => withDatabase((database) => list(database, options)));
  keys
    .command("revoke")
    .description("Refuse a key from now on (servers follow within 5 seconds)")
    .argument("<id>", "its id, as `keys list` shows it")
    .action((id: string) => withDatabase((database) => revoke(database, id)));
  const accounts = program.command("accounts").description("Accounts");
  accounts
    .command("create")
    .description("Make an account. The password is read from standard input (one line).")
    .requiredOption("--email <address>", "its e-mail address")
    .option("--name <name>", "what to call the person")
    .option("--role <role>", role.options.join(", "), "user")
    .action((options: { email: string; name?: string; role: string }) =>
      withDatabase((database, config) => createAccount(database, config, options)),
    );
  const secrets = program.command("secrets").description("The keys that seal what is personal");
  secrets
    .command("rotate")
    .description("Seal with a fresh data key from now on, and move over everything sealed before")
    .action(() => withDatabase(rotateSecrets));
  secrets
    .command("rewrap")
    .description("Wrap all data keys with the first of REELBENCH_MASTER_KEYS; the others can be dropped then")
    .action(() => withDatabase(rewrapSecrets));
  try {
    await program.parseAsync([...argv], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) process.exitCode = 64;
  }
}

async function create(
  database: Database,
  options: { name: string; scope: string[]; expires?: Date; json?: true },
): Promise<void> {
  const scopes = options.scope.map((scope): ApiKeyScope => {
    const parsed = apiKeyScope.safeParse(scope);
    if (!parsed.success)
      throw new ReelbenchError(
        "RB_INVALID_INPUT",
        `There is no scope "${scope}"; there are ${apiKeyScope.options.join(", ")}.`,
      );
    return parsed.data;
  });
  const { key, apiKey } = await createApiKey(database, {
    name: options.name,
    scopes,
    expiresAt: options.expires ?? null,
  });
  if (options.json)
    print(
      JSON.stringify({ key, id: apiKey.id, name: apiKey.name, scopes: apiKey.scopes, expiresAt: apiKey.expiresAt }),
    );
  else
    print(
      `${key}\n\nid ${apiKey.id}, for ${apiKey.name}, may ${apiKey.scopes.join(", ")}. Keep the key now: it is not shown again.`,
    );
}

async function list(database: Database, options: { json?: true }): Promise<void> {
  const keys = await listApiKeys(database);
  if (options.json) {
    print(JSON.stringify(keys));
    return;
  }
  if (keys.length === 0) print("There are no keys. Make one with `reelbench-server keys create --name NAME`.");
  for (const key of keys) {
    const state =
      key.revokedAt !== null ? "revoked" : key.expiresAt !== null && key.expiresAt <= new Date() ? "expired" : "valid";
    print(
      [
        key.id,
        key.prefix + "…",
        key.name,
        key.scopes.join(","),
        state,
        `last used ${key.lastUsedAt?.toISOString() ?? "never"}`,
      ].join("  "),
    );
  }
}

async function revoke(database: Database, id: string): Promise<void> {
  if (!z.uuid().safeParse(id).success) throw new ReelbenchError("RB_INVALID_INPUT", `"${id}" is not the id of a key.`);
  if (!(await revokeApiKey(database, id)))
    throw new ReelbenchError("RB_NOT_FOUND", `There is no valid key with the id ${id}.`);
  print(`Revoked ${id}.`);
}

const fromConsole = { actor: { kind: "console", id: null }, requestId: null } as const;

function servicesOf(pool: Pool, { accounts }: ServerConfig): AccountServices {
  if (accounts !== null) return createAccountServices(pool, accounts);
  throw new ReelbenchError("RB_NOT_CONFIGURED", "REELBENCH_MASTER_KEYS is not set.");
}

async function createAccount(
  pool: Pool,
  config: ServerConfig,
  options: { email: string; name?: string; role: string },
): Promise<void> {
  const given = createAccountBody.safeParse({ ...options, password: await firstLineOfInput() });
  if (!given.success) throw new ReelbenchError("RB_INVALID_INPUT", z.prettifyError(given.error));
  const services = servicesOf(pool, config);
  try {
    const account = await services.accounts.register(given.data, fromConsole);
    print(`${account.accountId}  ${account.email}  ${account.role}`);
  } finally {
    await services.close();
  }
}

async function firstLineOfInput(): Promise<string> {
  const lines = createInterface({ input: process.stdin });
  for await (const line of lines) {
    lines.close();
    return line;
  }
  throw new ReelbenchError("RB_INVALID_INPUT", "No password came on standard input.");
}

async function rotateSecrets(pool: Pool, config: ServerConfig): Promise<void> {
  const { vault } = servicesOf(pool, config);
  const id = await vault.rotateDataKey();
  const moved = await resealAll(pool, vault);
  await writeAudit(pool, {
    ...fromConsole,
    action: "rotate-data-key",
    subject: id,
    outcome: "done",
    details: { moved },
  });
  print(`Data key ${id} seals from now on; ${moved} fields were moved to it. Running servers follow within a minute.`);
}

async function rewrapSecrets(pool: Pool, config: ServerConfig): Promise<void> {
  const count = await servicesOf(pool, config).vault.rewrapDataKeys();
  await writeAudit(pool, {
    ...fromConsole,
    action: "rewrap-data-keys",
    subject: null,
    outcome: "done",
    details: { count },
  });
  print(`${count} data keys were wrapped anew with the master key "${config.accounts?.masterKeys.current.id ?? ""}".`);
}

async function withDatabase(work: (database: Pool, config: ServerConfig) => Promise<void>): Promise<void> {
  const config = readConfig(process.env);
  const pool = createProductionPool({
    url: config.postgresUrl,
    applicationName: "reelbench-server console",
    connections: 2,
  });
  try {
    await openProduction(pool);
    await work(pool, config);
  } finally {
    await pool.end();
  }
}

function toTime(text: string): Date {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new InvalidArgumentError("It must be a time as ISO 8601.");
  return time;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
