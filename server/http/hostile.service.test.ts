import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freshDatabase } from "../../e2e/services/services.ts";
import type { FreshDatabase } from "../../e2e/services/services.ts";
import { serverConfig, servingTarget, smallVersion } from "../../e2e/services/serving-target.ts";
import type { ServingTarget } from "../../e2e/services/serving-target.ts";
import { revokeApiKey } from "../../core/production/api-keys.ts";
import { startServer } from "../start-server.ts";
import type { RunningServer } from "../start-server.ts";
import { createClient } from "../../e2e/services/http-client.ts";
import type { Client } from "../../e2e/services/http-client.ts";
import { problemSchema } from "./problem.ts";

let database: FreshDatabase;
let target: ServingTarget;
let server: RunningServer;
let client: Client;

beforeAll(async () => {
  database = await freshDatabase();
  target = await servingTarget(database.url);
  await target.upload(smallVersion("v1"));
  await target.activate("v1");
  server = await startServer(serverConfig(database.url, { bodyLimitBytes: 4096 }));
  client = createClient(server.url, await target.key("recommend", "feedback", "operate"));
});
afterAll(async () => {
  await server.close();
  await target.close();
  await database.drop();
});

/** Bytes as they are, for what no HTTP library would send. */
function raw(text: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname, () => socket.write(text));
    const parts: Buffer[] = [];
    socket.on("data", (part) => parts.push(part));
    socket.on("close", () => resolve(Buffer.concat(parts).toString("latin1")));
    socket.on("error", reject);
  });
}

const get = "/v1/users/user-01/recommendations";

describe("every refusal", () => {
  it.each([
    [`${get}?n=1000000000`, 400],
    [`${get}?n=0`, 400],
    [`${get}?n=-1`, 400],
    [`${get}?n=1e1`, 400],
    [`${get}?n=0x10`, 400],
    [`${get}?n=10&n=20`, 400],
    [`${get}?n=`, 400],
    [`${get}?unknown=1`, 400],
    [`${get}?__proto__=1`, 400],
    [`${get}?constructor=1`, 400],
    [`${get}?excludeSeen=maybe`, 400],
    [`${get}?yearFrom=99999`, 400],
    [`${get}?${"exclude=a&".repeat(1001)}`, 400],
    [`${get}?exclude=%ff`, 400],
    [`${get}?genre=%ff`, 400],
    [`/v1/users/%00/recommendations`, 400],
    [`/v1/users/${"x".repeat(513)}/recommendations`, 400],
    [`/v1/users/%ff/recommendations`, 400],
    [`/v1/users/%E0%A4%A/recommendations`, 400],
    [`/v1/items/%00/similar`, 400],
    ["/v1/items?genre=%00", 400],
    ["/v1/nothing", 404],
    ["/%2e%2e/%2e%2e/etc/passwd", 404],
    ["/v1/items/..%2f..%2fetc%2fpasswd", 404],
  ])("of GET %s is a problem with status %i", async (path, status) => {
    const { problem, headers } = await client.get(path);
    expect(headers.get("content-type")).toMatch(/^application\/problem\+json/);
    expect(problemSchema.parse(problem)).toMatchObject({ status });
    expect(problem.instance).toBe(`urn:reelbench:request:${headers.get("x-request-id")}`);
  });

  it.each([
    ["no JSON", "{", 400],
    ["a bare value", '"text"', 400],
    ["null", "null", 400],
    ["an unknown field", '{"ratings":[],"constructor":{"prototype":{"polluted":true}}}', 400],
    ["__proto__", '{"ratings":[],"__proto__":{"polluted":true}}', 400],
    ["__proto__ within", '{"ratings":[{"itemId":"film-001","rating":3,"__proto__":{"polluted":true}}]}', 400],
    ["NaN", '{"ratings":[{"itemId":"film-001","rating":NaN}]}', 400],
    ["1e999", '{"ratings":[{"itemId":"film-001","rating":1e999}]}', 400],
    ["text for a number", '{"ratings":[{"itemId":"film-001","rating":"3"}]}', 400],
    ["half a surrogate pair", '{"ratings":[{"itemId":"\\ud800","rating":3}]}', 400],
    ["NUL", '{"ratings":[{"itemId":"a\\u0000b","rating":3}]}', 400],
    ["deep nesting", `{"ratings":${"[".repeat(1900)}${"]".repeat(1900)}}`, 400],
    ["too much", JSON.stringify({ ratings: [], padding: "x".repeat(5000) }), 413],
  ])("of a body with %s is a problem", async (_name, body, status) => {
    const { problem } = await client.post("/v1/recommendations", body);
    expect(problemSchema.parse(problem).status).toBe(status);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it("of bytes that are no UTF-8, of another media type and of another method is a problem", async () => {
    const body = Buffer.concat([
      Buffer.from('{"ratings":[{"itemId":"'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('","rating":3}]}'),
    ]);
    const send = (init: RequestInit) =>
      fetch(`${server.url}/v1/recommendations`, {
        method: "POST",
        headers: { "X-API-Key": client.key ?? "", "Content-Type": "application/json" },
        ...init,
      });
    expect((await send({ body })).status).toBe(400);
    const form = await send({
      headers: { "X-API-Key": client.key ?? "", "Content-Type": "application/x-www-form-urlencoded" },
      body: "a=b",
    });
    expect(form.status).toBe(415);
    const bomb = await send({
      headers: { "X-API-Key": client.key ?? "", "Content-Type": "application/json", "Content-Encoding": "br" },
      body: "x",
    });
    expect([400, 415]).toContain(bomb.status);
    const removed = await fetch(`${server.url}/v1/recommendations`, { method: "DELETE" });
    expect(removed.status).toBe(405);
    expect(removed.headers.get("allow")).toBe("POST");
    expect((await fetch(`${server.url}${get}`, { method: "OPTIONS" })).headers.get("allow")).toBe("GET, HEAD");
  });

  it("tells nothing about our insides", async () => {
    // A defect on purpose: the database no longer has the table that /v1/versions reads.
    await target.pool.query("alter table reelbench.versions rename column created_at to was_created_at");
    try {
      const { problem, text } = await client.get("/v1/versions");
      expect([500, 503]).toContain(problem.status);
      expect(text).not.toMatch(/created_at|select|column|reelbench\.versions|at .*\.ts/i);
    } finally {
      await target.pool.query("alter table reelbench.versions rename column was_created_at to created_at");
    }
  });
});

describe("a connection", () => {
  it("that speaks no HTTP gets 400 and is closed", async () => {
    expect(await raw("\x16\x03\x01\x02\x00\x01\x00")).toMatch(/^HTTP\/1\.1 400 /);
  });

  it("with two lengths or a length and chunks is refused (request smuggling)", async () => {
    const head = `POST /v1/recommendations HTTP/1.1\r\nHost: x\r\nX-API-Key: ${client.key ?? ""}\r\nContent-Type: application/json\r\n`;
    expect(await raw(`${head}Content-Length: 2\r\nContent-Length: 20\r\n\r\n{}`)).toMatch(/^HTTP\/1\.1 400 /);
    expect(await raw(`${head}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 400 /,
    );
  });

  it("with endless headers is refused", async () => {
    expect(await raw(`GET /livez HTTP/1.1\r\nHost: x\r\n${"X-Filler: y\r\n".repeat(4000)}\r\n`)).toMatch(
      /^HTTP\/1\.1 431 /,
    );
    // Whoever sends more than is read must still get to read the answer.
    const long = await raw(`GET /v1/items?text=${"x".repeat(400_000)} HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect(long).toMatch(/^HTTP\/1\.1 431 [^]*"code":"RB_HEAD_TOO_LARGE"/);
  });

  it("what is no HTTP at all is told so", async () => {
    expect(await raw("\x16\x03\x01 hello\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 [^]*"code":"RB_INVALID_INPUT"/);
  });
});

describe("who may", () => {
  it("is asked again: a key revoked while in use is refused", async () => {
    const key = await target.key("recommend");
    const mine = createClient(server.url, key);
    expect((await mine.get(get)).status).toBe(200);
    const { rows } = await target.pool.query<{ id: string }>("select id from reelbench.api_keys where prefix = $1", [
      key.slice(0, 11),
    ]);
    await revokeApiKey(target.pool, rows[0]?.id ?? "");
    await expect.poll(async () => (await mine.get(get)).status, { timeout: 15_000, interval: 200 }).toBe(401);
  });

  it("is told by either header, not by two that differ", async () => {
    const open = createClient(server.url, null);
    expect((await open.get(get, { "X-API-Key": client.key ?? "" })).status).toBe(200);
    expect(
      (await open.get(get, { "X-API-Key": client.key ?? "", Authorization: `Bearer ${client.key ?? ""}` })).status,
    ).toBe(200);
    expect((await open.get(get, { "X-API-Key": "rb_other", Authorization: `Bearer ${client.key ?? ""}` })).status).toBe(
      401,
    );
    expect((await open.get(get, { Authorization: `Basic ${client.key ?? ""}` })).status).toBe(401);
  });

  it("may only so often", async () => {
    const limited = await startServer(serverConfig(database.url, { rateLimitPerMinute: 5 }));
    try {
      const mine = createClient(limited.url, client.key);
      for (let call = 0; call < 5; call++) expect((await mine.get(get)).status).toBe(200);
      const { problem, headers } = await mine.get(get);
      expect(problem).toMatchObject({ status: 429, code: "RB_RATE_LIMITED" });
      expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
      // Another key has a budget of its own.
      expect((await createClient(limited.url, await target.key("recommend")).get(get)).status).toBe(200);
    } finally {
      await limited.close();
    }
  });
});

describe("odd but right requests", () => {
  it.each(["42/../7", "a b+c%", "ÄÖÜ 😀", "__proto__", "constructor", "'; drop table reelbench.feedback; --", "{x}"])(
    "the id %s is only an id",
    async (userId) => {
      const { status, body } = await client.get(`/v1/users/${encodeURIComponent(userId)}/recommendations?n=3`);
      expect(status).toBe(200);
      expect(body).toMatchObject({ userId, basis: "popularity" });
      const sent = await client.post("/v1/feedback", {
        events: [{ userId, itemId: "film-003", kind: "rating", rating: 5 }],
      });
      expect(sent.body).toEqual({ accepted: 1, duplicates: 0, kept: "postgres" });
      expect((await client.get(`/v1/users/${encodeURIComponent(userId)}/recommendations?n=3`)).body.basis).toBe(
        "fold-in",
      );
    },
  );

  it("the interface describes itself as OpenAPI 3.1", async () => {
    const document = JSON.parse((await createClient(server.url, null).get("/openapi.json")).text) as {
      openapi: string;
      paths: Record<
        string,
        Record<
          string,
          { parameters: { name: string; in: string; schema: { maximum?: number; type?: string } }[]; responses: object }
        >
      >;
    };
    expect(document.openapi).toBe("3.1.0");
    const operation = document.paths["/v1/users/{userId}/recommendations"]?.["get"];
    expect(operation?.parameters.find(({ name }) => name === "n")).toMatchObject({
      in: "query",
      required: false,
      schema: { type: "integer", maximum: 200, default: 10 },
    });
    expect(operation?.parameters.find(({ name }) => name === "userId")).toMatchObject({
      in: "path",
      required: true,
      schema: { type: "string", maxLength: 512 },
    });
    expect(Object.keys(operation?.responses ?? {})).toEqual(
      expect.arrayContaining(["200", "400", "401", "403", "429", "500", "503"]),
    );
  });
});
