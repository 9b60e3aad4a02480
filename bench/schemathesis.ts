/**
 * Schemathesis against a server started here with real Postgres and Redis (REELBENCH_TEST_POSTGRES_URL and
 * REELBENCH_TEST_REDIS_URL, or started here), with the token of an administrator:
 *   python3 -m venv VENV && VENV/bin/pip install schemathesis==4.32.5
 *   node bench/schemathesis.ts --program VENV/bin/schemathesis [--examples 25] [--seed 1]
 * All its checks on every operation of /openapi.json. Exits with its exit code: 0 without a failure.
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
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
try {
  await target.upload(smallVersion("v1"));
  await target.activate("v1");
  const services = createAccountServices(target.pool, accounts);
  const { accountId } = await services.accounts.register(
    { email: "admin@example.org", password: "correct horse battery staple", name: null, role: "admin" },
    { actor: { kind: "console", id: null }, requestId: null },
  );
  const { sessionId } = await openSession(target.pool, accountId, { token: 1, session: 1 });
  const { token } = await services.tokens.issue({ accountId, sessionId, role: "admin" });
  const redisUrl = process.env["REELBENCH_TEST_REDIS_URL"] ?? redis?.url ?? null;
  const server = await startServer(serverConfig(target.url, { accounts, redisUrl }));
  const child = spawn(
    values.program,
    [
      `--config-file=${fileURLToPath(new URL("schemathesis.toml", import.meta.url))}`,
      "run",
      `${server.url}/openapi.json`,
      "--checks=all",
      "--continue-on-failure",
      `--max-examples=${values.examples}`,
      `--seed=${values.seed}`,
      "--workers=1",
      "-H",
      `Authorization: Bearer ${token}`,
    ],
    { cwd: folder, stdio: ["ignore", "inherit", "inherit"] },
  );
  const [code] = (await once(child, "exit")) as [number | null];
  process.exitCode = code ?? 1;
  await server.close();
  await services.close();
} finally {
  await target.close();
  await Promise.all([postgres?.stop(), redis?.stop()]);
  await rm(folder, { recursive: true, force: true });
}
