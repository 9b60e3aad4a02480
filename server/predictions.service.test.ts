import { fromBinary } from "@bufbuild/protobuf";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { z } from "zod";
import { createClient } from "../e2e/services/http-client.ts";
import type { Client } from "../e2e/services/http-client.ts";
import { serverConfig, servingTarget, smallVersion } from "../e2e/services/serving-target.ts";
import type { ServingTarget } from "../e2e/services/serving-target.ts";
import { freshDatabase, redisUrl } from "../e2e/services/services.ts";
import type { FreshDatabase } from "../e2e/services/services.ts";
import type { predictionsSchema } from "./http/schemas.ts";
import { PredictionsSchema } from "./protocol/generated/reelbench/v1/recommendations_pb.js";
import { startServer } from "./start-server.ts";
import type { RunningServer } from "./start-server.ts";

let database: FreshDatabase;
let target: ServingTarget;
let servers: RunningServer[];
let client: Client;
/** Of another replica. */
let other: Client;

beforeAll(async () => {
  database = await freshDatabase();
  target = await servingTarget(database.url);
  await target.upload(smallVersion("v1"));
  await target.activate("v1");
  servers = await Promise.all([1, 2].map(() => startServer(serverConfig(database.url, { redisUrl: redisUrl() }))));
  const key = await target.key("recommend", "feedback", "analyse", "operate");
  [client, other] = servers.map(({ url }) => createClient(url, key)) as [Client, Client];
});
afterAll(async () => {
  for (const server of servers) await server.close();
  await target.close();
  await database.drop();
});

async function predict(userId: string, itemIds: readonly string[], from: Client = client) {
  const query = itemIds.map((itemId) => `item=${itemId}`).join("&");
  const { status, text, headers } = await from.get(`/v1/users/${userId}/predictions?${query}`);
  expect([status, text.slice(0, 300)]).toEqual([200, expect.any(String)]);
  return { answer: JSON.parse(text) as z.infer<typeof predictionsSchema>, source: headers.get("x-reelbench-source") };
}

test("a prediction is the score that the item has in the user's own list, on the scale", async () => {
  const { body } = await client.get("/v1/users/user-02/recommendations?n=5&excludeSeen=false");
  const itemIds = body.items.map(({ itemId }) => itemId);
  const { answer, source } = await predict("user-02", [...itemIds, "no-such-film"]);
  expect(source).toBe("computed");
  expect(answer).toMatchObject({ version: "v1", userId: "user-02", basis: body.basis, unknownItems: ["no-such-film"] });
  expect(answer.predictions.map(({ itemId, score }) => ({ itemId, score }))).toEqual(
    body.items.map(({ itemId, score }) => ({ itemId, score })),
  );
  for (const { score, rating } of answer.predictions) expect(rating).toBe(Math.min(5, Math.max(1, score)));
});

test("it is remembered, item by item, until the user rates something", async () => {
  const [first, second, third] = ["film-001", "film-002", "film-003"] as const;
  const before = (await predict("user-04", [first, second])).answer;
  const again = await predict("user-04", [second, first]);
  expect(again.source).toBe("memory");
  expect(again.answer.predictions).toEqual(before.predictions.toReversed());
  expect((await predict("user-04", [first, third])).source).toBe("computed");
  await client.post("/v1/feedback", { events: [{ userId: "user-04", itemId: third, kind: "rating", rating: 1 }] });
  const after = await predict("user-04", [first, second]);
  expect([after.source, after.answer.basis]).toEqual(["computed", "fold-in"]);
});

test("what one replica made the others find in Redis, until the user rates something: then it is made anew on each", async () => {
  const [first, second, third] = ["film-010", "film-011", "film-012"] as const;
  const made = await predict("user-08", [first, second]);
  const found = await predict("user-08", [second, first], other);
  expect([made.source, found.source]).toEqual(["computed", "redis"]);
  expect(found.answer.predictions).toEqual(made.answer.predictions.toReversed());
  expect((await predict("user-08", [first], other)).source).toBe("memory");
  // Only what is missing is added, and to what is there.
  const more = await predict("user-08", [third, first], other);
  expect(more.source).toBe("computed");
  expect(more.answer.predictions[1]).toEqual(made.answer.predictions[0]);
  const rating = { userId: "user-08", itemId: third, kind: "rating", rating: 0.5 };
  expect((await client.post("/v1/feedback", { events: [rating] })).status).toBe(200);
  const next = await predict("user-08", [first, second], other);
  expect([next.source, next.answer.basis, next.answer.ratingsUsed]).toEqual([
    "computed",
    "fold-in",
    expect.any(Number),
  ]);
  expect(next.answer.predictions).not.toEqual(made.answer.predictions);
  const here = await predict("user-08", [first, second]);
  expect(here.source).toBe("redis");
  expect(here.answer).toEqual(next.answer);
  // And so the other way round.
  expect((await other.post("/v1/feedback", { events: [{ ...rating, rating: 5 }] })).status).toBe(200);
  const last = await predict("user-08", [first, second]);
  expect(last.source).toBe("computed");
  expect(last.answer.predictions).not.toEqual(next.answer.predictions);
});

test("people of whom nothing is known share what is predicted; an operator has it forgotten everywhere", async () => {
  const itemIds = ["film-020", "film-021"];
  expect((await predict("nobody-1", itemIds)).source).toBe("computed");
  const second = await predict("nobody-2", itemIds);
  expect([second.source, second.answer.userId, second.answer.basis]).toEqual(["memory", "nobody-2", "popularity"]);
  expect((await predict("nobody-3", itemIds, other)).source).toBe("redis");
  expect((await client.post("/v1/cache/invalidate", { scope: "all" })).status).toBe(200);
  await expect.poll(async () => (await predict("nobody-3", itemIds, other)).source).not.toBe("memory");
  expect((await predict("nobody-4", ["film-022"])).source).toBe("computed");
});

test("another version predicts for itself", async () => {
  await target.upload(smallVersion("v0", { seed: 3 }));
  const before = await predict("user-09", ["film-001"]);
  await target.activate("v0");
  await expect
    .poll(async () => (await predict("user-09", ["film-001"])).answer.version, { timeout: 15_000 })
    .toBe("v0");
  const after = await predict("user-09", ["film-001"]);
  expect(after.answer.predictions).not.toEqual(before.answer.predictions);
  await target.activate("v1", "rollback");
  for (const each of [client, other])
    await expect
      .poll(async () => (await predict("user-09", ["film-001"], each)).answer.version, { timeout: 15_000 })
      .toBe("v1");
  expect((await predict("user-09", ["film-001"])).answer.predictions).toEqual(before.answer.predictions);
});

test("it says the same as Protocol Buffers", async () => {
  const { answer } = await predict("user-05", ["film-001", "nothing"]);
  const response = await fetch(`${client.url}/v1/users/user-05/predictions?item=film-001&item=nothing`, {
    headers: { "X-API-Key": client.key ?? "", Accept: "application/x-protobuf" },
  });
  const message = fromBinary(PredictionsSchema, new Uint8Array(await response.arrayBuffer()));
  expect(message.unknownItems).toEqual(["nothing"]);
  expect(message.predictions.map(({ itemId, score, rating }) => ({ itemId, score, rating }))).toEqual(
    answer.predictions,
  );
});

test("a version is asked by its name by those who may see versions, and nobody else", async () => {
  const path = (model: string) => `/v1/users/user-06/recommendations?n=3&model=${model}`;
  const plain = await client.get("/v1/users/user-06/recommendations?n=3");
  for (const model of ["serving", "v1"]) expect((await client.get(path(model))).body.items).toEqual(plain.body.items);
  expect((await client.get(path("v2"))).status).toBe(404);
  expect((await client.get(path("challenger"))).status).toBe(404);
  const narrow = createClient(client.url, await target.key("recommend"));
  expect((await narrow.get(path("serving"))).status).toBe(403);
});
