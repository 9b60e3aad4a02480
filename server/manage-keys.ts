import { Command, CommanderError, InvalidArgumentError } from "commander";
import { z } from "zod";
import { ReelbenchError } from "../core/contract/errors.ts";
import { apiKeyScope, createApiKey, listApiKeys, revokeApiKey } from "../core/production/api-keys.ts";
import type { ApiKeyScope } from "../core/production/api-keys.ts";
import { createProductionPool } from "../core/production/database.ts";
import type { Database } from "../core/production/database.ts";
import { openProduction } from "../core/production/migrate.ts";
import { readConfig } from "./config.ts";

/** `reelbench-server keys create|list|revoke`. Takes where Postgres is from the environment, as the server does. */
export async function manageKeys(argv: readonly string[]): Promise<void> {
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

async function withDatabase(work: (database: Database) => Promise<void>): Promise<void> {
  const pool = createProductionPool({
    url: readConfig(process.env).postgresUrl,
    applicationName: "reelbench-server keys",
    connections: 1,
  });
  try {
    await openProduction(pool);
    await work(pool);
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
