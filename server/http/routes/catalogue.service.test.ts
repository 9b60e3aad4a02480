import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClient } from "../../../e2e/services/http-client.ts";
import type { Client } from "../../../e2e/services/http-client.ts";
import { serverConfig, servingTarget, smallVersion } from "../../../e2e/services/serving-target.ts";
import type { ServingTarget } from "../../../e2e/services/serving-target.ts";
import { freshDatabase } from "../../../e2e/services/services.ts";
import type { FreshDatabase } from "../../../e2e/services/services.ts";
import { upsertItems } from "../../../core/production/catalogue.ts";
import { startServer } from "../../start-server.ts";
import type { RunningServer } from "../../start-server.ts";

let database: FreshDatabase;
let target: ServingTarget;
let server: RunningServer;
let operator: Client;
let reader: Client;
const channel = serverConfig("").channel;

beforeAll(async () => {
  database = await freshDatabase();
  target = await servingTarget(database.url);
  await target.upload(smallVersion("v1", { seed: 7 }));
  await target.activate("v1");
  server = await startServer(serverConfig(database.url));
  operator = createClient(server.url, await target.key("recommend", "catalogue", "operate"));
  reader = createClient(server.url, await target.key("recommend"));
});
afterAll(async () => {
  await server.close();
  await target.close();
  await database.drop();
});

interface Item {
  readonly itemId: string;
  readonly title: string | null;
  readonly hidden: boolean;
}
const item = async (client: Client, itemId: string) =>
  JSON.parse((await client.get(`/v1/items/${itemId}`)).text) as Item;
const search = async (client: Client, query: string) =>
  (JSON.parse((await client.get(`/v1/items?${query}`)).text) as { items: Item[]; next: number | null }).items.map(
    ({ itemId }) => itemId,
  );
const listOf = async (client: Client) =>
  (await client.get("/v1/users/user-01/recommendations?n=60")).body.items.map(({ itemId }) => itemId);

describe("an item", () => {
  it("that is put is found by the beginnings of its words, in any script, and by nothing else", async () => {
    await operator.send("PUT", "/v1/items/new-1", { title: "Amélie of Montmartre", year: 2001, genres: ["Comedy"] });
    await operator.send("PUT", "/v1/items/new-2", { title: "Сталкер", year: 1979, genres: ["Drama"] });
    expect(await search(reader, "text=montm%20AMÉ")).toEqual(["new-1"]);
    expect(await search(reader, "text=сталк")).toEqual(["new-2"]);
    expect(await search(reader, "text=amelie")).toEqual(["new-1"]);
    expect(await search(reader, "text=montmartrex")).toEqual([]);
    expect(await search(reader, "text=montm&genre=Drama")).toEqual([]);
    expect(await search(reader, "yearFrom=2001&yearTo=2001&text=am")).toEqual(["new-1"]);
  });

  it.each(["'", "a' | 'b", ":*", "!!", "\\", "%", "a & b", "(", "⁂"])(
    "is searched for by %s without a fault",
    async (text) => {
      expect((await reader.get(`/v1/items?text=${encodeURIComponent(text)}`)).status).toBe(200);
    },
  );

  it("that an operator changed is not overwritten by a publication", async () => {
    await operator.send("PUT", "/v1/items/film-010", { title: "The real title", year: 1999, genres: [] });
    await upsertItems(target.pool, channel, [{ itemId: "film-010", title: "film number 10", year: 1960, genres: [] }]);
    expect(await item(reader, "film-010")).toMatchObject({ title: "The real title", year: 1999 });
  });

  it("that is hidden leaves every list at once, and comes back", async () => {
    const [best = ""] = await listOf(reader);
    expect((await operator.send("PUT", `/v1/items/${best}/hidden`, { hidden: true })).status).toBe(200);
    await expect.poll(() => listOf(reader), { timeout: 5_000, interval: 50 }).not.toContain(best);
    expect((await reader.get(`/v1/items/${best}`)).status).toBe(404);
    expect((await item(operator, best)).hidden).toBe(true);
    expect(await search(reader, "limit=200")).not.toContain(best);
    expect(await search(operator, "hidden=true")).toContain(best);
    await operator.send("PUT", `/v1/items/${best}/hidden`, { hidden: false });
    await expect.poll(() => listOf(reader), { timeout: 5_000, interval: 50 }).toContain(best);
  });

  it("that is removed stays out whatever is published, until it is put again", async () => {
    const [best = ""] = await listOf(reader);
    expect((await operator.send("DELETE", `/v1/items/${best}`)).status).toBe(204);
    expect((await operator.send("DELETE", `/v1/items/${best}`)).status).toBe(404);
    await upsertItems(target.pool, channel, [{ itemId: best, title: "back?", year: null, genres: [] }]);
    await expect.poll(() => listOf(reader), { timeout: 5_000, interval: 50 }).not.toContain(best);
    expect((await operator.send("PUT", `/v1/items/${best}/hidden`, { hidden: false })).status).toBe(404);
    expect((await operator.get(`/v1/items/${best}`)).status).toBe(404);
    await operator.send("PUT", `/v1/items/${best}`, { title: "Again", year: null, genres: [] });
    await expect.poll(() => listOf(reader), { timeout: 5_000, interval: 50 }).toContain(best);
  });
});

it("many items are put together or not at all", async () => {
  const many = Array.from({ length: 300 }, (_, n) => ({ itemId: `bulk-${n}`, title: `Bulk ${n}`, genres: ["Noir"] }));
  const { status, text } = await operator.post("/v1/items", { items: many });
  expect([status, JSON.parse(text)]).toEqual([200, { created: 300, changed: 0 }]);
  const wrong = [
    { itemId: "bulk-0", title: "changed" },
    { itemId: "bulk-bad", title: "" },
  ];
  expect((await operator.post("/v1/items", { items: wrong })).status).toBe(400);
  expect(await item(reader, "bulk-0")).toMatchObject({ title: "Bulk 0" });
  const pages: string[] = [];
  for (let offset = 0; offset < 400; offset += 100)
    pages.push(...(await search(reader, `text=bulk&limit=100&offset=${offset}`)));
  expect(new Set(pages).size).toBe(300);
  expect(pages).toHaveLength(300);
});

const servedVersion = async () => (await reader.get("/v1/users/user-01/recommendations")).body.version;

describe("versions", () => {
  it("are activated and rolled back over HTTP; who decided on an old epoch is refused", async () => {
    await target.upload(smallVersion("v2", { seed: 8 }));
    const { text } = await operator.get("/v1/deployment");
    const { deployment } = JSON.parse(text) as { deployment: { epoch: number; version: string } };
    expect(deployment.version).toBe("v1");
    const activate = (expectedEpoch: number) => operator.post("/v1/versions/v2/activate", { expectedEpoch });
    expect((await activate(deployment.epoch)).status).toBe(200);
    const back = await operator.post("/v1/versions/v1/activate", { expectedEpoch: deployment.epoch });
    expect(back.status).toBe(409);
    await expect.poll(servedVersion, { timeout: 15_000 }).toBe("v2");
    expect((await operator.post("/v1/deployment/rollback", {})).status).toBe(200);
    await expect.poll(servedVersion, { timeout: 15_000 }).toBe("v1");
    const history = JSON.parse((await operator.get("/v1/deployment")).text) as { history: { reason: string }[] };
    expect(history.history.map(({ reason }) => reason)).toEqual(["rollback", "publish", "publish"]);
    expect((await operator.post("/v1/versions/none/activate", {})).status).toBe(404);
  });
});
