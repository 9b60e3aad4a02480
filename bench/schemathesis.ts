/**
 * Schemathesis against a server started here with real Postgres and Redis (REELBENCH_TEST_POSTGRES_URL and
 * REELBENCH_TEST_REDIS_URL, or started here), with the token of an administrator:
 *   python3 -m venv VENV && VENV/bin/pip install schemathesis==4.32.5
 *   node bench/schemathesis.ts --program VENV/bin/schemathesis [--examples 25] [--seed 1] [--workers 1] [--phases examples,coverage]
 * All its checks on every operation of /openapi.json. Every request gets a session of its own (bench/schemathesis_hooks.py asks
 * for it here), so that logging out, changing a password and deleting an account do not leave those after them outside. Exits
 * with its exit code: 0 without a failure.
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createApiKey } from "../core/production/api-keys.ts";
import { serverConfig, servingTarget, smallVersion } from "../e2e/services/serving-target.ts";
import { startPostgres } from "../e2e/services/start-postgres.ts";
import { startRedis } from "../e2e/services/start-redis.ts";
import { createAccountServices } from "../server/accounts/account-services.ts";
import { openSession } from "../server/accounts/session-rows.ts";
import { masterKeysText } from "../server/secrets/master-keys.ts";
import { startServer } from "../server/start-server.ts";

const { values } = parseArgs({
  options: {
    program: { type: "string", default: "schemathesis" },
    examples: { type: "string", default: "25" },
    seed: { type: "string", default: "1" },
    workers: { type: "string", default: "1" },
    phases: { type: "string", default: "examples,coverage,fuzzing,stateful" },
  },
});

const accounts = {
  masterKeys: masterKeysText.parse(`m:${randomBytes(32).toString("base64")}`),
  issuer: "urn:schemathesis",
  accessTokenSeconds: 3600,
  refreshDays: 1,
  sessionDays: 1,
  registration: "open",
} as const;

const postgres = process.env["REELBENCH_TEST_POSTGRES_URL"] === undefined ? await startPostgres() : null;
const redis = process.env["REELBENCH_TEST_REDIS_URL"] === undefined ? await startRedis() : null;
const target = await servingTarget(process.env["REELBENCH_TEST_POSTGRES_URL"] ?? postgres?.url ?? "");
const folder = await mkdtemp(join(tmpdir(), "reelbench-schemathesis-"));
const password = "correct horse battery staple";
const nobody = { actor: { kind: "console", id: null }, requestId: null } as const;

try {
  await target.upload(smallVersion("v1"));
  await target.activate("v1");
  const services = createAccountServices(target.pool, accounts);
  let registered = 0;
  const register = async () => {
    const email = `admin-${String(++registered)}@example.org`;
    const { accountId } = await services.accounts.register({ email, password, name: null, role: "admin" }, nobody);
    return { accountId, email };
  };
  const session = ({ accountId }: { readonly accountId: string }) =>
    openSession(target.pool, accountId, { token: 1, session: 1 });
  let shared = await register();

  /** Whom a request comes from, and what there is for it to name. `need`: what the request may do away with. */
  async function identity(need: ReadonlySet<string>) {
    const { rowCount } = await target.pool.query(
      "select from reelbench.accounts where id = $1 and role = 'admin' and state = 'active'",
      [shared.accountId],
    );
    if (rowCount === 0) shared = await register();
    const account = need.has("account") ? await register() : shared;
    const { sessionId } = await session(account);
    const { token } = await services.tokens.issue({ accountId: account.accountId, sessionId, role: "admin" });
    const other = need.has("accountId") ? (await register()).accountId : null;
    const otherSession = need.has("sessionId") ? (await session(account)).sessionId : null;
    const key = need.has("keyId")
      ? await createApiKey(target.pool, { name: "one of many", scopes: ["recommend"], expiresAt: null })
      : null;
    return {
      ...{ token, email: account.email, password },
      named: { accountId: other, sessionId: otherSession, keyId: key?.apiKey.id ?? null },
    };
  }
  const identities = createServer((request, response) => {
    const need = new URL(request.url ?? "/", "http://x").searchParams.getAll("need");
    void identity(new Set(need)).then(
      (found) => response.setHeader("Content-Type", "application/json").end(JSON.stringify(found)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  identities.listen(0, "127.0.0.1");
  await once(identities, "listening");
  const redisUrl = process.env["REELBENCH_TEST_REDIS_URL"] ?? redis?.url ?? null;
  const server = await startServer(serverConfig(target.url, { accounts, redisUrl }));
  const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
  const child = spawn(
    values.program,
    [
      `--config-file=${here("schemathesis.toml")}`,
      "run",
      `${server.url}/openapi.json`,
      "--checks=all",
      "--continue-on-failure",
      `--max-examples=${values.examples}`,
      `--seed=${values.seed}`,
      `--workers=${values.workers}`,
      `--phases=${values.phases}`,
    ],
    {
      cwd: folder,
      env: {
        ...process.env,
        SCHEMATHESIS_HOOKS: here("schemathesis_hooks.py"),
        REELBENCH_IDENTITIES: `http://127.0.0.1:${String((identities.address() as AddressInfo).port)}/`,
      },
      stdio: ["ignore", "inherit", "inherit"],
    },
  );
  const [code] = (await once(child, "exit")) as [number | null];
  process.exitCode = code ?? 1;
  identities.close();
  await server.close();
  await services.close();
} finally {
  await target.close();
  await Promise.all([postgres?.stop(), redis?.stop()]);
  await rm(folder, { recursive: true, force: true });
}
