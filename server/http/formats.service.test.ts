import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { get as httpGet } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClient } from "../../e2e/services/http-client.ts";
import type { Client } from "../../e2e/services/http-client.ts";
import { serverConfig, servingTarget, smallVersion, testChannel } from "../../e2e/services/serving-target.ts";
import type { ServingTarget } from "../../e2e/services/serving-target.ts";
import { freshDatabase, redisUrl } from "../../e2e/services/services.ts";
import type { FreshDatabase } from "../../e2e/services/services.ts";
import { setHidden } from "../../core/production/catalogue.ts";
import {
  FeedbackAcceptedSchema,
  FeedbackBatchSchema,
  FeedbackKind,
  KeptIn,
} from "../protocol/generated/reelbench/v1/feedback_pb.js";
import {
  Basis,
  BatchAnswerSchema,
  RecommendationsSchema,
  SimilarItemsSchema,
  TrendingSchema,
} from "../protocol/generated/reelbench/v1/recommendations_pb.js";
import { startServer } from "../start-server.ts";
import type { RunningServer } from "../start-server.ts";

let database: FreshDatabase;
let target: ServingTarget;
let server: RunningServer;
let client: Client;

beforeAll(async () => {
  database = await freshDatabase();
  target = await servingTarget(database.url);
  await target.upload(smallVersion("v1"));
  await target.activate("v1");
  server = await startServer(
    serverConfig(database.url, { redisUrl: redisUrl(), corsOrigins: ["https://films.example"] }),
  );
  client = createClient(server.url, await target.key("recommend", "feedback", "operate"));
});
afterAll(async () => {
  await server.close();
  await target.close();
  await database.drop();
});

const path = "/v1/users/user-01/recommendations";

async function binary(
  from: string,
  init: Omit<RequestInit, "headers"> & { headers?: Record<string, string> } = {},
): Promise<Uint8Array> {
  const response = await fetch(`${server.url}${from}`, {
    ...init,
    headers: { "X-API-Key": client.key ?? "", Accept: "application/x-protobuf", ...init.headers },
  });
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/x-protobuf"]);
  return new Uint8Array(await response.arrayBuffer());
}

/** What a message says, in the words of JSON: unset fields are null, as the JSON form has them. */
function plainItem({
  title,
  year,
  ...item
}: {
  title?: string | undefined;
  year?: number | undefined;
  $typeName?: string;
  $unknown?: unknown;
}) {
  const { $typeName: _type, $unknown: _unknown, ...rest } = item;
  return { title: title ?? null, year: year ?? null, ...rest };
}

describe("Protocol Buffers", () => {
  it("say what JSON says, from memory too, explanations included", async () => {
    for (const query of ["?n=7", "?n=7", "?n=3&explain=true", "?n=5&genre=Drama"]) {
      const { body } = await client.get(`${path}${query}`);
      const message = fromBinary(RecommendationsSchema, await binary(`${path}${query}`));
      expect(message).toMatchObject({ version: body.version, userId: body.userId, basis: Basis.PERSONAL });
      expect(message.ratingsUsed).toBe(body.ratingsUsed);
      const items = message.items.map(({ explanation, ...item }) => ({
        ...plainItem(item),
        explanation:
          explanation === undefined
            ? null
            : {
                baseline: explanation.baseline,
                contributions: explanation.contributions.map(({ itemId, title, contribution }) => ({
                  itemId,
                  title: title ?? null,
                  contribution,
                })),
              },
      }));
      expect(items).toEqual(body.items);
    }
  });

  it("of batches, similar items and what is trending say what JSON says", async () => {
    const request = { method: "POST", body: JSON.stringify({ userIds: ["user-01", "nobody"], n: 4 }) };
    const batch = fromBinary(
      BatchAnswerSchema,
      await binary("/v1/recommendations/batch", { ...request, headers: { "Content-Type": "application/json" } }),
    );
    const { text } = await client.post("/v1/recommendations/batch", request.body);
    const { answers } = JSON.parse(text) as {
      answers: { userId: string; basis: string; items: { score: number }[] }[];
    };
    expect(batch.answers.map(({ userId, items }) => [userId, items.map(({ score }) => score)])).toEqual(
      answers.map(({ userId, items }) => [userId, items.map(({ score }) => score)]),
    );
    const similar = fromBinary(SimilarItemsSchema, await binary("/v1/items/film-003/similar?n=6"));
    const { items } = JSON.parse((await client.get("/v1/items/film-003/similar?n=6")).text) as { items: object[] };
    expect(similar.items.map((item) => plainItem(item))).toEqual(items);
    const trending = fromBinary(TrendingSchema, await binary("/v1/trending?days=3"));
    const json = JSON.parse((await client.get("/v1/trending?days=3")).text) as { days: number; items: object[] };
    expect([trending.days, trending.items.length]).toEqual([json.days, json.items.length]);
  });

  it("carry feedback, and what is no such message is refused", async () => {
    const send = (body: Uint8Array<ArrayBuffer>, type = "application/x-protobuf") =>
      fetch(`${server.url}/v1/feedback`, {
        method: "POST",
        body,
        headers: { "X-API-Key": client.key ?? "", "Content-Type": type, Accept: "application/protobuf" },
      });
    const batch = create(FeedbackBatchSchema, {
      events: [
        { userId: "user-19", itemId: "film-001", kind: FeedbackKind.RATING, rating: 5 },
        { userId: "user-19", itemId: "film-002", kind: FeedbackKind.VIEW },
      ],
    });
    const accepted = await send(toBinary(FeedbackBatchSchema, batch));
    expect(fromBinary(FeedbackAcceptedSchema, new Uint8Array(await accepted.arrayBuffer()))).toMatchObject({
      accepted: 2,
      kept: KeptIn.POSTGRES,
    });
    const nameless = create(FeedbackBatchSchema, { events: [{ userId: "user-19", itemId: "film-001" }] });
    expect((await send(toBinary(FeedbackBatchSchema, nameless))).status).toBe(400);
    expect((await send(Uint8Array.from([255, 255, 255]))).status).toBe(400);
    expect((await send(Uint8Array.from([255]), "application/json")).status).toBe(400);
    expect((await send(new Uint8Array())).status).toBe(400);
  });
});

/** Without fetch, which undoes compression. */
function raw(
  headers: Record<string, string>,
  from = path,
): Promise<{ status: number; headers: IncomingHttpHeaders; body: Buffer }> {
  return new Promise((resolve, reject) => {
    httpGet(`${server.url}${from}`, { headers: { "X-API-Key": client.key ?? "", ...headers } }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }),
      );
    }).on("error", reject);
  });
}

describe("an answer", () => {
  it("is compressed as the client likes it, and the same inside", async () => {
    const from = `${path}?n=50`;
    const plain = await raw({}, from);
    expect(plain.headers["content-encoding"]).toBeUndefined();
    for (let time = 0; time < 2; time++) {
      const br = await raw({ "Accept-Encoding": "gzip, deflate, br" }, from);
      expect(br.headers["content-encoding"]).toBe("br");
      expect(brotliDecompressSync(br.body)).toEqual(plain.body);
      const gz = await raw({ "Accept-Encoding": "gzip;q=1, br;q=0" }, from);
      expect(gz.headers["content-encoding"]).toBe("gzip");
      expect(gunzipSync(gz.body)).toEqual(plain.body);
      expect(Number(gz.headers["content-length"])).toBe(gz.body.length);
    }
    expect(plain.headers.vary).toContain("Accept-Encoding");
  });

  it("that has not changed is not sent again, and one that has is", async () => {
    const first = await raw({});
    const { etag } = first.headers;
    expect(etag).toMatch(/^W\/"/);
    const again = await raw({ "If-None-Match": `"other", ${etag ?? ""}` });
    expect([again.status, again.body.length, again.headers.etag]).toEqual([304, 0, etag]);
    expect((await raw({ "If-None-Match": '"other"' })).status).toBe(200);
    expect((await raw({ "If-None-Match": etag ?? "", Accept: "application/x-protobuf" })).status).toBe(200);
    const rating = { userId: "user-01", itemId: "film-007", kind: "rating", rating: 5 };
    expect((await client.post("/v1/feedback", { events: [rating] })).status).toBe(200);
    const after = await raw({ "If-None-Match": etag ?? "" });
    expect(after.status).toBe(200);
    expect(after.headers.etag).not.toBe(etag);
  });

  it("of HEAD is that of GET without its body", async () => {
    const head = await fetch(`${server.url}${path}`, {
      method: "HEAD",
      headers: { "X-API-Key": client.key ?? "", "Accept-Encoding": "identity" },
    });
    const get = await raw({});
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([
      200,
      String(get.body.length),
      "",
    ]);
  });

  it("kept in memory no longer has what was hidden since", async () => {
    const first = await client.get(`${path}?n=4`);
    expect((await client.get(`${path}?n=4`)).headers.get("x-reelbench-source")).toBe("memory");
    const hidden = first.body.items[0]?.itemId ?? "";
    await setHidden(target.pool, testChannel, [hidden], true);
    await expect
      .poll(async () => (await client.get(`${path}?n=4`)).body.items.map(({ itemId }) => itemId), { timeout: 5000 })
      .not.toContain(hidden);
  });

  it("belongs to its user alone, however alike strangers' lists are", async () => {
    for (const userId of ["stranger-1", "stranger-2", "stranger-1"])
      expect((await client.get(`/v1/users/${userId}/recommendations?n=2`)).body).toMatchObject({
        userId,
        basis: "popularity",
      });
  });
});

describe("a page of another origin", () => {
  it("may ask if its origin is configured, and is told nothing otherwise", async () => {
    const ours = await raw({ Origin: "https://films.example" });
    expect(ours.headers["access-control-allow-origin"]).toBe("https://films.example");
    expect(ours.headers.vary).toContain("Origin");
    const theirs = await raw({ Origin: "https://elsewhere.example" });
    expect(theirs.headers["access-control-allow-origin"]).toBeUndefined();
    const preflight = await fetch(`${server.url}/v1/feedback`, {
      method: "OPTIONS",
      headers: { Origin: "https://films.example", "Access-Control-Request-Method": "POST" },
    });
    expect([preflight.status, preflight.headers.get("access-control-allow-methods")]).toEqual([204, "POST"]);
    expect(preflight.headers.get("access-control-allow-headers")).toContain("Idempotency-Key");
  });
});
