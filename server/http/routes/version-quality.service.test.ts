import { afterAll, beforeAll, expect, test } from "vitest";
import type { z } from "zod";
import { createClient } from "../../../e2e/services/http-client.ts";
import type { Client } from "../../../e2e/services/http-client.ts";
import { serverConfig, servingTarget, smallVersion } from "../../../e2e/services/serving-target.ts";
import type { ServingTarget } from "../../../e2e/services/serving-target.ts";
import { freshDatabase } from "../../../e2e/services/services.ts";
import type { FreshDatabase } from "../../../e2e/services/services.ts";
import { saveEvaluation, saveGates, saveParity } from "../../../core/production/evaluations.ts";
import { openProbeRound } from "../../../core/production/probes.ts";
import { startServer } from "../../start-server.ts";
import type { RunningServer } from "../../start-server.ts";
import { routesOf } from "../app.ts";
import type { ServerContext } from "../context.ts";

const metric = {
  metric: "ndcg@10",
  definition: "ndcg-v1",
  value: 0.31,
  interval: { low: 0.29, high: 0.33, level: 0.95 },
  users: 610,
  higherIsBetter: true,
};
const segments = [
  { kind: "activity", label: "1–20", ratings: 400, users: 61, rmse: 0.9, mae: 0.7, recall: 0.2, ndcg: 0.25 },
  { kind: "genre", label: "Noir", ratings: 90, users: null, rmse: 1.1, mae: 0.8, recall: null, ndcg: null },
] as const;
const parity = {
  answeredBy: "live",
  servers: 2,
  probes: 10,
  compared: 20,
  mismatches: 0,
  largestDifference: 1e-7,
} as const;
/** The schemas that the documentation promises. */
const routes = routesOf({} as ServerContext);

let database: FreshDatabase;
let target: ServingTarget;
let server: RunningServer;
let client: Client;

beforeAll(async () => {
  database = await freshDatabase();
  target = await servingTarget(database.url);
  await target.upload(smallVersion("v1"));
  await target.upload(smallVersion("v2", { seed: 2 }));
  await saveEvaluation(target.pool, "v1", {
    runId: "run-1",
    splitId: "split-1",
    protocol: { protocol: "random", testShare: 0.2 },
    seed: 7,
    codeVersion: "test",
    metrics: [metric],
    segments: { k: 10, segments: [...segments] },
  });
  await saveGates(
    target.pool,
    "v1",
    [
      { gate: "integrity", passed: true, reason: "Whole." },
      { gate: "metrics", passed: false, reason: "NDCG fell." },
    ],
    true,
  );
  for (const mismatches of [3, 0]) {
    const round = await openProbeRound(target.pool, "elsewhere", "v1", [], 60);
    await saveParity(target.pool, round, "v1", { ...parity, mismatches }, mismatches === 0);
  }
  server = await startServer(serverConfig(database.url));
  client = createClient(server.url, await target.key("analyse"));
});
afterAll(async () => {
  await server.close();
  await target.close();
  await database.drop();
});

async function ask(version: string, what: string): Promise<unknown> {
  const { status, text } = await client.get(`/v1/versions/${version}/${what}`);
  expect([status, text]).toEqual([200, expect.any(String)]);
  const path = `/v1/versions/{version}/${what}`;
  const schema: z.ZodType | null | undefined = routes.find((route) => route.path === path)?.responses[200]?.schema;
  const body: unknown = JSON.parse(text);
  expect(schema?.parse(body)).toEqual(body);
  return body;
}

test("what was measured, in groups, what was asked for and how servers' answers compared is served", async () => {
  expect(await ask("v1", "evaluation")).toMatchObject({ version: "v1", seed: 7, metrics: [metric] });
  expect(await ask("v1", "segments")).toEqual({ version: "v1", k: 10, segments });
  expect(await ask("v1", "gates")).toMatchObject({
    gates: [
      { gate: "integrity", passed: true, overridden: false },
      { gate: "metrics", passed: false, overridden: true, reason: "NDCG fell." },
    ],
  });
  // The latest first.
  expect(await ask("v1", "probes")).toMatchObject({
    probes: [
      { ...parity, passed: true },
      { ...parity, mismatches: 3, passed: false },
    ],
  });
});

test("of a version without them there are none; a version that is not there is not found", async () => {
  expect(await ask("v2", "segments")).toEqual({ version: "v2", k: null, segments: [] });
  expect(await ask("v2", "gates")).toEqual({ version: "v2", gates: [] });
  expect(await ask("v2", "probes")).toEqual({ version: "v2", probes: [] });
  for (const what of ["evaluation", "segments", "gates", "probes"]) {
    const { status, problem } = await client.get(`/v1/versions/v3/${what}`);
    expect([what, status, problem.code]).toEqual([what, 404, "RB_NOT_FOUND"]);
  }
});
