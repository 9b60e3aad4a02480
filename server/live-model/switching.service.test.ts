import { afterEach, describe, expect, it } from "vitest";
import { createClient } from "../../e2e/services/http-client.ts";
import { redisUrl, testDatabase } from "../../e2e/services/services.ts";
import { serverConfig, servingTarget, smallVersion, testChannel } from "../../e2e/services/serving-target.ts";
import { upsertItems } from "../../core/production/catalogue.ts";
import { liveServers } from "../../core/production/servers.ts";
import { closeProbeRound, openProbeRound, probeAnswers } from "../../core/production/probes.ts";
import { markFailed } from "../../core/production/versions.ts";
import { startServer } from "../start-server.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function freshTarget() {
  const target = await servingTarget(await testDatabase());
  cleanups.push(() => target.close());
  return target;
}

async function start(...settings: Parameters<typeof serverConfig>) {
  const server = await startServer(serverConfig(...settings));
  cleanups.push(() => server.close());
  return server;
}

/** Two versions that have no item in common: an answer that mixes them can be seen. */
const a = smallVersion("version-a", { prefix: "a", seed: 1 });
const b = smallVersion("version-b", { prefix: "b", seed: 2, items: 47, factors: 9 });

describe("switching", () => {
  it("200 requests in flight during 20 switches: every answer right and of one version", async () => {
    const target = await freshTarget();
    await target.upload(a);
    await target.upload(b);
    await target.activate("version-a");
    const server = await start(target.url, { redisUrl: redisUrl() });
    const client = createClient(server.url, await target.key("recommend", "feedback"));

    let running = true;
    let answers = 0;
    const wrong: string[] = [];
    const seen = new Set<string>();
    const paths = [
      "recommendations?n=10",
      "recommendations?n=5&explain=true",
      "recommendations?n=8&excludeSeen=false",
      "recommendations?n=4&yearFrom=1970",
    ];
    const check = (path: string, { status, text, headers }: Awaited<ReturnType<typeof client.get>>) => {
      answers++;
      if (status !== 200) return void wrong.push(`${path}: ${status} ${text}`);
      const body = JSON.parse(text) as {
        version: string;
        items: { itemId: string; title: string; explanation: { contributions: { itemId: string }[] } | null }[];
      };
      const letter = body.version === "version-a" ? "a" : body.version === "version-b" ? "b" : "?";
      const ids = body.items.flatMap(({ itemId, title, explanation }) => [
        itemId,
        title,
        ...(explanation?.contributions ?? []).map((each) => each.itemId),
      ]);
      if (
        ids.length === 0 ||
        !ids.every((id) => id.startsWith(letter)) ||
        headers.get("x-reelbench-version") !== body.version
      )
        wrong.push(`${path}: ${text}`);
      seen.add(body.version);
    };
    const person = async (number: number) => {
      for (let turn = 0; running; turn++) {
        const path = `/v1/users/user-${String((number + turn) % 20).padStart(2, "0")}/${paths[(number + turn) % paths.length]}`;
        // Somebody rates now and then, so that the cached lists change too.
        if (turn % 7 === 3) {
          const letter = turn % 2 === 0 ? "a" : "b";
          const sent = await client.post("/v1/feedback", {
            events: [
              {
                userId: `user-${String(number % 20).padStart(2, "0")}`,
                itemId: `${letter}-0${10 + (turn % 30)}`,
                kind: "rating",
                rating: 4,
              },
            ],
          });
          if (sent.status !== 200) wrong.push(`feedback: ${sent.status} ${sent.text}`);
        }
        check(path, await client.get(path));
      }
    };
    const people = Array.from({ length: 200 }, (_, number) => person(number));
    const serving = async () =>
      JSON.parse((await createClient(server.url, null).get("/healthz")).text) as { serving: string };
    for (let turn = 1; turn <= 20; turn++) {
      const next = turn % 2 === 1 ? "version-b" : "version-a";
      await target.activate(next, "rollback");
      await expect.poll(async () => (await serving()).serving, { timeout: 30_000 }).toBe(next);
    }
    running = false;
    await Promise.all(people);
    expect(wrong).toEqual([]);
    expect(seen).toEqual(new Set(["version-a", "version-b"]));
    expect(answers).toBeGreaterThan(400);
    // What is no longer served is given back.
    await expect
      .poll(
        async () =>
          /reelbench_model_shared_bytes (\d+)/.exec((await createClient(server.url, null).get("/metrics")).text)?.[1],
      )
      .toBeDefined();
  });
});

describe("what cannot be loaded", () => {
  it("is not served; the one before goes on, and the server says so everywhere", async () => {
    const target = await freshTarget();
    await target.upload(a);
    await target.upload(b);
    await target.activate("version-a");
    const server = await start(target.url);
    const client = createClient(server.url, await target.key("recommend"));
    await target.pool.query(
      "update reelbench.artifact_chunks set data = set_byte(data, 100, get_byte(data, 100) # 1) where version = 'version-b' and name = 'model.safetensors'",
    );
    await target.activate("version-b");

    await expect
      .poll(async () => JSON.parse((await client.get("/readyz")).text) as unknown, { timeout: 20_000 })
      .toMatchObject({
        status: "degraded",
        serving: "version-a",
        wanted: "version-b",
        failure: { version: "version-b", code: "RB_CORRUPT" },
      });
    expect((await client.get("/readyz")).status).toBe(200);
    expect((await client.get("/v1/users/user-01/recommendations")).body.version).toBe("version-a");
    const metrics = (await client.get("/metrics")).text;
    expect(metrics).toContain("reelbench_model_behind 1");
    expect(metrics).toMatch(/reelbench_model_loads_total\{result="failed"\} [1-9]/);
    await expect
      .poll(async () => (await liveServers(target.pool, testChannel))[0])
      .toMatchObject({ servingVersion: "version-a", failure: expect.stringContaining("version-b") as string });

    // Mended, it is served without anybody restarting anything.
    await target.pool.query(
      "update reelbench.artifact_chunks set data = set_byte(data, 100, get_byte(data, 100) # 1) where version = 'version-b' and name = 'model.safetensors'",
    );
    await expect
      .poll(async () => JSON.parse((await client.get("/readyz")).text) as unknown, { timeout: 40_000 })
      .toMatchObject({ status: "ready", serving: "version-b", failure: null });
  });
});

describe("before anything was published", () => {
  it("the server says so, and begins to serve by itself", async () => {
    const target = await freshTarget();
    const server = await start(target.url);
    const client = createClient(server.url, await target.key("recommend", "feedback"));
    expect((await client.get("/readyz")).status).toBe(503);
    const refused = await client.get("/v1/users/user-01/recommendations");
    expect(refused.problem).toMatchObject({ status: 503, code: "RB_NO_ACTIVE_MODEL" });
    expect(refused.headers.get("retry-after")).toBeTruthy();
    // Feedback is kept all the same.
    expect(
      (await client.post("/v1/feedback", { events: [{ userId: "u", itemId: "i", kind: "rating", rating: 4 }] })).status,
    ).toBe(200);
    await target.upload(a);
    await target.activate("version-a");
    await expect
      .poll(async () => (await client.get("/v1/users/user-01/recommendations")).status, { timeout: 20_000 })
      .toBe(200);
  });
});

describe("a parity probe", () => {
  it("is answered with the candidate while the active version serves, as people will be answered", async () => {
    const target = await freshTarget();
    await target.upload(a);
    await target.activate("version-a");
    const server = await start(target.url, { serverId: "probed" });
    const client = createClient(server.url, await target.key("recommend"));
    await target.upload(b);
    const ratings = [5, 1, 3].map((rating, index) => ({ itemId: `b-0${10 + index}`, rating }));
    const round = await openProbeRound(
      target.pool,
      testChannel,
      "version-b",
      [
        { kind: "known", userId: "user-05", listLength: 10, excludeSeen: true },
        { kind: "known", userId: "user-06", listLength: 60, excludeSeen: false },
        {
          kind: "fold-in",
          itemIds: ratings.map(({ itemId }) => itemId),
          ratings: ratings.map(({ rating }) => rating),
          listLength: 10,
          excludeSeen: true,
        },
        { kind: "fold-in", itemIds: ["no-such-item"], ratings: [3], listLength: 10, excludeSeen: true },
      ],
      60,
    );
    await expect.poll(async () => (await probeAnswers(target.pool, round)).length, { timeout: 20_000 }).toBe(4);
    const answers = await probeAnswers(target.pool, round);
    expect(answers.map(({ serverId }) => serverId)).toEqual(Array(4).fill("probed"));
    expect(answers[3]).toMatchObject({ itemIds: [], error: expect.stringContaining("no-such-item") as string });
    expect((await client.get("/v1/users/user-05/recommendations")).body.version).toBe("version-a");
    expect(JSON.parse((await client.get("/healthz")).text)).toMatchObject({
      serving: "version-a",
      candidate: "version-b",
    });

    await closeProbeRound(target.pool, round);
    await target.activate("version-b");
    await expect
      .poll(async () => (await client.get("/v1/users/user-05/recommendations?n=10")).body.version, { timeout: 20_000 })
      .toBe("version-b");
    const served = (await client.get("/v1/users/user-05/recommendations?n=10")).body.items;
    expect(answers[0]).toMatchObject({
      itemIds: served.map(({ itemId }) => itemId),
      scores: served.map(({ score }) => score),
      error: null,
    });
    const folded = (await client.post("/v1/recommendations", { ratings, n: 10 })).body.items;
    expect(answers[2]).toMatchObject({
      itemIds: folded.map(({ itemId }) => itemId),
      scores: folded.map(({ score }) => score),
    });
  });

  it("with a candidate that cannot be loaded is refused at once, and nothing else changes", async () => {
    const target = await freshTarget();
    await target.upload(a);
    await target.activate("version-a");
    const server = await start(target.url);
    const client = createClient(server.url, await target.key("recommend"));
    await target.upload(b);
    await target.pool.query(
      "delete from reelbench.artifact_chunks where version = 'version-b' and name = 'users.json'",
    );
    for (let time = 1; time <= 6; time++) {
      const round = await openProbeRound(
        target.pool,
        testChannel,
        "version-b",
        [{ kind: "known", userId: "user-05", listLength: 10, excludeSeen: true }],
        60,
      );
      await expect
        .poll(() => probeAnswers(target.pool, round), { timeout: 20_000 })
        .toMatchObject([{ itemIds: [], error: expect.stringContaining("users.json") as string }]);
      await closeProbeRound(target.pool, round);
    }
    await markFailed(target.pool, "version-b", "probe");
    const list = "/v1/users/user-05/recommendations";
    const { version, items } = (await client.get(list)).body;
    expect(version).toBe("version-a");
    // A load that has nothing to do with the candidate does not pay for its failures (after six, half a minute).
    const item = { itemId: items[0]?.itemId ?? "", title: "Renamed", year: 1999, genres: [] };
    await upsertItems(target.pool, testChannel, [item]);
    await expect.poll(async () => (await client.get(list)).body.items[0]?.title, { timeout: 10_000 }).toBe("Renamed");
  });
});
