import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClient } from "../e2e/services/http-client.ts";
import type { Client } from "../e2e/services/http-client.ts";
import { serverConfig, servingTarget, smallVersion } from "../e2e/services/serving-target.ts";
import type { ServingTarget } from "../e2e/services/serving-target.ts";
import { freshDatabase, redisUrl } from "../e2e/services/services.ts";
import type { FreshDatabase } from "../e2e/services/services.ts";
import { startServer } from "./start-server.ts";
import type { RunningServer } from "./start-server.ts";

let database: FreshDatabase;
let target: ServingTarget;
let servers: RunningServer[];
let clients: Client[];
let client: Client;

beforeAll(async () => {
  database = await freshDatabase();
  target = await servingTarget(database.url);
  await target.upload(smallVersion("v1"));
  await target.upload(smallVersion("v2", { seed: 2 }));
  await target.activate("v1");
  servers = await Promise.all([1, 2].map(() => startServer(serverConfig(database.url, { redisUrl: redisUrl() }))));
  const key = await target.key("recommend", "feedback", "operate");
  clients = servers.map(({ url }) => createClient(url, key));
  client = clients[0] ?? createClient("", null);
});
afterAll(async () => {
  for (const server of servers) await server.close();
  await target.close();
  await database.drop();
});

const patient = { timeout: 15_000 };
const list = (userId: string, query: string) => `/v1/users/${userId}/recommendations?${query}`;
const idsOf = async (path: string, from: Client = client) =>
  (await from.get(path)).body.items.map((each) => each.itemId);

describe("pages", () => {
  it("are together the whole list, on any server, in any lengths", async () => {
    const whole = (await client.get(list("user-05", "n=200&genre=Drama"))).body;
    const pages: typeof whole.items = [];
    let cursor: string | null = "";
    for (let page = 0; cursor !== null; page++) {
      const from: Client = clients[page % 2] ?? client;
      const { body, status } = await from.get(list("user-05", `n=${page + 2}&genre=Drama${cursor}`));
      expect(status).toBe(200);
      pages.push(...body.items);
      cursor = body.nextCursor === null ? null : `&cursor=${body.nextCursor}`;
    }
    expect(pages).toEqual(whole.items);
    expect(whole.nextCursor).toBeNull();
  });

  it("keep their order while the user goes on rating, and then begin anew", async () => {
    const whole = await idsOf(list("user-06", "n=30"));
    const first = (await client.get(list("user-06", "n=10"))).body;
    const rating = { userId: "user-06", itemId: whole[25], kind: "rating", rating: 1 };
    expect((await client.post("/v1/feedback", { events: [rating] })).status).toBe(200);
    const second = await client.get(list("user-06", `n=20&cursor=${first.nextCursor ?? ""}`));
    expect(second.body.items.map(({ itemId }) => itemId)).toEqual(whole.slice(10, 30));
    expect(second.body.items[0]?.rank).toBe(11);
    expect(await idsOf(list("user-06", "n=60"))).not.toContain(whole[25]);
  });

  it("of another user, of another filter or made up are refused, and those of another version are gone", async () => {
    const cursor = (await client.get(list("user-07", "n=5"))).body.nextCursor ?? "";
    for (const [path, status] of [
      [list("user-08", `cursor=${cursor}`), 409],
      [list("user-07", `genre=Drama&cursor=${cursor}`), 409],
      [list("user-07", "cursor=eyJ4Ijox.abcdefghijkl"), 409],
      [list("user-07", "cursor=x"), 400],
    ] as const)
      expect([path, (await client.get(path)).status]).toEqual([path, status]);
    await target.activate("v2");
    await expect.poll(async () => (await client.get(list("user-07", "n=1"))).body.version, patient).toBe("v2");
    expect((await client.get(list("user-07", `cursor=${cursor}`))).problem).toMatchObject({ status: 409 });
    await target.activate("v1", "rollback");
    for (const each of clients)
      await expect.poll(async () => (await each.get(list("user-07", "n=1"))).body.version, patient).toBe("v1");
  });
});

describe("a list", () => {
  it("that is wanted diverse holds films less alike, and the best one still first", async () => {
    const overlap = (one: readonly string[], other: readonly string[]) => {
      const either = new Set([...one, ...other]).size;
      return either === 0 ? 1 : one.filter((genre) => other.includes(genre)).length / either;
    };
    const look = async (query: string) => {
      const { items } = (await client.get(list("user-09", query))).body;
      const pairs = items.flatMap((one, at) => items.slice(at + 1).map((other) => overlap(one.genres, other.genres)));
      return { first: items[0]?.itemId, alike: pairs.reduce((sum, each) => sum + each, 0) / pairs.length };
    };
    const plain = await look("n=10");
    const diverse = await look("n=10&diversity=0.8");
    expect(diverse.first).toBe(plain.first);
    expect(diverse.alike).toBeLessThan(plain.alike - 0.05);
    for (const wrong of [
      "diversity=2",
      "diversity=-1",
      "diversity=1e1",
      "diversity=",
      "diversity=e5",
      "explore=x",
      "explore=0x1",
    ])
      expect([wrong, (await client.get(list("user-09", wrong))).status]).toEqual([wrong, 400]);
  });

  it("of a stranger may be given in part to chance, the same all day on every server, and says where", async () => {
    const popular = await idsOf(list("stranger", "n=60"));
    const path = list("stranger", "n=20&explore=0.5");
    const { body } = await client.get(path);
    expect(await idsOf(path, clients[1])).toEqual(body.items.map(({ itemId }) => itemId));
    expect(body).toMatchObject({ basis: "popularity" });
    expect(body.exploredRanks.length).toBeGreaterThan(2);
    body.items.forEach(({ itemId, rank }) => {
      if (body.exploredRanks.includes(rank)) expect(popular.indexOf(itemId)).toBeGreaterThanOrEqual(20);
      else expect(itemId).toBe(popular[rank - 1]);
    });
    expect(await idsOf(list("another", "n=20&explore=0.5"))).not.toEqual(body.items.map(({ itemId }) => itemId));
    const known = (await client.get(list("user-09", "n=20&explore=0.5"))).body;
    expect([known.basis, known.exploredRanks]).toEqual(["personal", []]);
  });
});

describe("an operator", () => {
  it("has lists made ahead, and forgotten on every server", async () => {
    const source = async (from: Client | undefined, userId: string) =>
      (await (from ?? client).get(list(userId, "n=3"))).headers.get("x-reelbench-source");
    const warmed = await client.post("/v1/cache/warm", { userIds: ["user-10", "user-11", "nobody"] });
    expect(JSON.parse(warmed.text)).toEqual({ version: "v1", warmed: 3, left: 0 });
    expect(await source(client, "user-10")).toBe("memory");
    expect(await source(clients[1], "user-10")).toBe("redis");
    expect(await source(clients[1], "user-11")).toBe("redis");
    const forgotten = await client.post("/v1/cache/invalidate", { scope: "user", userId: "user-10" });
    expect(JSON.parse(forgotten.text)).toEqual({ forgotten: 1 });
    expect(await source(client, "user-10")).toBe("computed");
    expect(await source(clients[1], "user-11")).toBe("memory");
    expect((await client.post("/v1/cache/invalidate", { scope: "version", version: "v1" })).status).toBe(200);
    await expect.poll(() => source(clients[1], "user-11")).not.toBe("memory");
    expect((await client.post("/v1/cache/invalidate", { scope: "all" })).status).toBe(200);
    expect((await client.post("/v1/cache/invalidate", { scope: "user" })).status).toBe(400);
  });

  it("takes a server out of its balancer and puts it back, while it goes on answering", async () => {
    const put = (draining: boolean) => client.send("PUT", "/v1/server/draining", { draining });
    expect((await put(true)).status).toBe(200);
    expect((await client.get("/readyz")).status).toBe(503);
    expect((await client.get(list("user-01", "n=1"))).status).toBe(200);
    expect((await put(false)).status).toBe(200);
    expect((await client.get("/readyz")).status).toBe(200);
  });

  it("reads how much memory users' lists take", async () => {
    const { text } = await client.get("/metrics");
    const value = (name: string) => Number(new RegExp(`^${name} (\\S+)`, "m").exec(text)?.[1]);
    expect(value("reelbench_cache_entries")).toBeGreaterThan(0);
    expect(value("reelbench_cache_bytes") / value("reelbench_cache_entries")).toBeGreaterThan(300);
  });
});

it("the interface can be read as a page that loads and runs nothing", async () => {
  const response = await fetch(`${client.url}/docs`);
  const page = await response.text();
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
  const policy = response.headers.get("content-security-policy") ?? "";
  expect(policy).toMatch(/^default-src 'none';style-src 'sha256-[^']+';/);
  expect(page).toContain("/v1/users/{userId}/recommendations");
  expect(page).not.toMatch(/<script|<link|<img|<form| style=| on\w+=|src=/i);
});
