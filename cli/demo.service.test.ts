import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { generateSample } from "../core/ratings/sample.ts";
import { freshDatabase, redisUrl } from "../e2e/services/services.ts";
import type { FreshDatabase } from "../e2e/services/services.ts";
import { runCli } from "./program.ts";
import { recordedTerminal } from "./terminal.fixture.ts";

let folder: string;
let database: FreshDatabase;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "reelbench-demo-test-"));
  database = await freshDatabase();
});
afterEach(async () => {
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

test("the whole job against a real Postgres and a real Redis", async () => {
  const { ratingsPath } = await generateSample(
    { seed: 9, users: 200, items: 250, ratings: 12_000 },
    join(folder, "sample"),
  );
  const workspace = join(folder, "ws");
  const terminal = recordedTerminal(folder);
  const exitCode = await runCli(
    [
      "demo",
      "--json",
      "--workspace",
      workspace,
      "--ratings",
      ratingsPath,
      "--postgres",
      database.url,
      "--redis",
      redisUrl(),
    ],
    terminal,
  );
  expect(terminal.errors()).not.toContain("RB_");
  expect(exitCode).toBe(0);
  const told = JSON.parse(terminal.output()) as {
    published: { version: string; parity: object };
    answers: {
      recommendations: { version: string; items: unknown[] };
      parity: { compared: number; largestDifference: number };
    };
  };
  expect(told.published.parity).toMatchObject({ mismatches: 0 });
  expect(told.answers.recommendations).toMatchObject({ version: told.published.version });
  expect(told.answers.recommendations.items.length).toBe(5);
  expect(told.answers.parity.compared).toBe(15);
  expect(told.answers.parity.largestDifference).toBeCloseTo(0, 9);

  // The target was kept under its host and database without its password, and can be rolled back by that name.
  expect(existsSync(join(workspace, "secrets.json"))).toBe(false);
  const again = recordedTerminal(folder);
  const name = `${new URL(database.url).host}${new URL(database.url).pathname}`;
  vi.stubEnv("PGPASSWORD", decodeURIComponent(new URL(database.url).password));
  onTestFinished(() => void vi.unstubAllEnvs());
  expect(await runCli(["rollback", "--workspace", workspace, "--target", name], again)).toBe(65);
  expect(again.errors()).toContain("RB_NOTHING_TO_ROLL_BACK");
});

test("a target that is not there ends the demo with the cause", async () => {
  const { ratingsPath } = await generateSample(
    { seed: 9, users: 120, items: 150, ratings: 5000 },
    join(folder, "sample"),
  );
  const terminal = recordedTerminal(folder);
  const exitCode = await runCli(
    [
      "demo",
      "--workspace",
      join(folder, "ws"),
      "--ratings",
      ratingsPath,
      "--postgres",
      "postgres://nobody:nothing@127.0.0.1:9/nowhere",
    ],
    terminal,
  );
  expect(exitCode).toBe(69);
  expect(terminal.errors()).toContain("RB_TARGET_UNREACHABLE");
  expect(terminal.errors() + terminal.output()).not.toContain("nothing@");
});
