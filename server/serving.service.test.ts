import { Matrix, solve } from "ml-matrix";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freshDatabase, redisUrl } from "../e2e/services/services.ts";
import type { FreshDatabase } from "../e2e/services/services.ts";
import { serverConfig, servingTarget, smallVersion, testChannel } from "../e2e/services/serving-target.ts";
import type { ServingTarget, SmallVersion } from "../e2e/services/serving-target.ts";
import { setHidden } from "../core/production/catalogue.ts";
import { liveServers } from "../core/production/servers.ts";
import { startServer } from "./start-server.ts";
import type { RunningServer } from "./start-server.ts";
import { createClient } from "../e2e/services/http-client.ts";
import type { Client } from "../e2e/services/http-client.ts";

const world = smallVersion("v1", { seed: 7 });
let database: FreshDatabase;
let target: ServingTarget;
let server: RunningServer;
let client: Client;

beforeAll(async () => {
  database = await freshDatabase();
  target = await servingTarget(database.url);
  await target.upload(world);
  await target.activate("v1");
  server = await startServer(serverConfig(database.url, { redisUrl: redisUrl(), channel: testChannel }));
  client = createClient(server.url, await target.key("recommend", "feedback", "operate"));
});
afterAll(async () => {
  await server.close();
  await target.close();
  await database.drop();
});

function explained<E>({ explanation }: { readonly explanation: E | null }): E {
  if (explanation === null) throw new Error("The item is not explained.");
  return explanation;
}

function at<T>(list: ArrayLike<T>, index: number): T {
  const value = list[index];
  if (value === undefined) throw new RangeError(`There is no number ${index}.`);
  return value;
}

// ── An independent reckoning of what the model says, in plain loops and with ml-matrix for the ridge ────────────────

function score({ model }: SmallVersion, person: { bias: number; factors: ArrayLike<number> }, i: number): number {
  let sum = model.globalMean + person.bias + at(model.itemBias, i);
  for (let f = 0; f < model.factors; f++) sum += at(person.factors, f) * at(model.itemFactors, i * model.factors + f);
  return sum;
}

function storedPerson({ model }: SmallVersion, u: number) {
  return {
    bias: at(model.userBias, u),
    factors: model.userFactors.subarray(u * model.factors, (u + 1) * model.factors),
  };
}

/** The normal equations of the fold-in's ridge problem, solved by another library. */
function ridgePerson({ model }: SmallVersion, ratings: readonly { i: number; rating: number }[]) {
  if (model.foldIn.kind !== "ridge") throw new Error("The test world folds in by ridge.");
  const { regularization, biasRegularization } = model.foldIn;
  const rows = ratings.map(({ i }) => [1, ...model.itemFactors.subarray(i * model.factors, (i + 1) * model.factors)]);
  const z = new Matrix(rows);
  const e = Matrix.columnVector(ratings.map(({ i, rating }) => rating - model.globalMean - at(model.itemBias, i)));
  const penalty = Matrix.diag(
    [biasRegularization, ...Array<number>(model.factors).fill(regularization)].map((lambda) => lambda * ratings.length),
  );
  const [bias = 0, ...factors] = solve(Matrix.add(z.transpose().mmul(z), penalty), z.transpose().mmul(e)).to1DArray();
  return { bias, factors };
}

function best(
  version: SmallVersion,
  person: { bias: number; factors: ArrayLike<number> },
  n: number,
  skip: ReadonlySet<number>,
  allow: (i: number) => boolean = () => true,
) {
  return version.items
    .map((_, i) => ({ i, score: score(version, person, i) }))
    .filter(({ i }) => !skip.has(i) && allow(i))
    .sort((a, b) => b.score - a.score || a.i - b.i)
    .slice(0, n);
}

const idsOf = (version: SmallVersion, list: readonly { i: number }[]) =>
  list.map(({ i }) => at(version.items, i).itemId);
const seenBy = (version: SmallVersion, u: number) => new Set(at(version.histories, u).map(({ i }) => i));

describe("recommendations for a user", () => {
  it("are the model's best unseen items, with its scores and the version that made them", async () => {
    const { status, body, headers } = await client.get("/v1/users/user-03/recommendations?n=15");
    const expected = best(world, storedPerson(world, 3), 15, seenBy(world, 3));
    expect(status).toBe(200);
    expect(body).toMatchObject({ version: "v1", userId: "user-03", basis: "personal", degraded: [] });
    expect(headers.get("x-reelbench-version")).toBe("v1");
    expect(body.items.map((item) => item.itemId)).toEqual(idsOf(world, expected));
    body.items.forEach((item, rank) => expect(item.score).toBeCloseTo(at(expected, rank).score, 5));
    expect(body.items[0]).toMatchObject({
      rank: 1,
      title: expect.stringContaining("film number") as string,
      year: expect.any(Number) as number,
    });
  });

  it("come the same from the cache, and the second time from memory", async () => {
    const first = await client.get("/v1/users/user-04/recommendations?n=7");
    const second = await client.get("/v1/users/user-04/recommendations?n=7");
    expect(second.body).toEqual(first.body);
    expect(first.headers.get("x-reelbench-source")).toBe("computed");
    expect(second.headers.get("x-reelbench-source")).toBe("memory");
  });

  it("may include what was seen", async () => {
    const { body } = await client.get("/v1/users/user-03/recommendations?n=60&excludeSeen=false");
    expect(body.items).toHaveLength(60);
  });

  it("pass every filter", async () => {
    const { body } = await client.get(
      "/v1/users/user-05/recommendations?n=50&genre=Drama&genre=Noir&yearFrom=1960&yearTo=1990&exclude=film-020&exclude=film-021",
    );
    const expected = best(world, storedPerson(world, 5), 50, new Set([...seenBy(world, 5), 20, 21]), (i) => {
      const item = at(world.items, i);
      return (
        (item.year ?? 0) >= 1960 &&
        (item.year ?? 0) <= 1990 &&
        item.genres.some((genre) => genre === "Drama" || genre === "Noir")
      );
    });
    expect(expected.length).toBeGreaterThan(5);
    expect(body.items.map((item) => item.itemId)).toEqual(idsOf(world, expected));
    const none = await client.get("/v1/users/user-05/recommendations?genre=Opera");
    expect(none.body.items).toEqual([]);
  });

  it.each([
    ["from the model", "/v1/users/user-06/recommendations?n=10&explain=true"],
    ["with seen items", "/v1/users/user-06/recommendations?n=10&explain=true&excludeSeen=false"],
  ])("explain themselves %s: baseline and contributions add up to the score", async (_name, path) => {
    const { body } = await client.get(path);
    for (const item of body.items) {
      const explanation = explained(item);
      const rated = explanation.contributions.map(({ itemId }) => itemId).sort();
      expect(rated).toEqual(idsOf(world, at(world.histories, 6)).sort());
      const sum = explanation.contributions.reduce(
        (total, { contribution }) => total + contribution,
        explanation.baseline,
      );
      expect(sum).toBeCloseTo(item.score, 9);
    }
  });

  it("for somebody nobody knows say that they are not personal", async () => {
    const { status, body } = await client.get("/v1/users/nobody-knows-me/recommendations?n=5");
    expect(status).toBe(200);
    expect(body.basis).toBe("popularity");
    expect(body.items.map((item) => item.itemId)).toEqual(
      idsOf(world, best(world, { bias: 0, factors: new Float64Array(6) }, 5, new Set())),
    );
  });
});

describe("recommendations for posted ratings", () => {
  const ratings = [
    { i: 3, rating: 5 },
    { i: 17, rating: 1 },
    { i: 40, rating: 4.5 },
  ];
  const posted = ratings.map(({ i, rating }) => ({ itemId: at(world.items, i).itemId, rating }));

  it("are the ridge fold-in's, and add up", async () => {
    const { status, body } = await client.post("/v1/recommendations", { ratings: posted, n: 12, explain: true });
    const expected = best(world, ridgePerson(world, ratings), 12, new Set(ratings.map(({ i }) => i)));
    expect(status).toBe(200);
    expect(body).toMatchObject({ version: "v1", basis: "fold-in", ratingsUsed: 3 });
    expect(body.items.map((item) => item.itemId)).toEqual(idsOf(world, expected));
    body.items.forEach((item, rank) => {
      expect(item.score).toBeCloseTo(at(expected, rank).score, 6);
      const sum = explained(item).contributions.reduce(
        (total, { contribution }) => total + contribution,
        explained(item).baseline,
      );
      expect(sum).toBeCloseTo(item.score, 9);
    });
  });

  it("refuse items that do not exist and ratings off the scale", async () => {
    expect(
      (await client.post("/v1/recommendations", { ratings: [{ itemId: "no-such", rating: 3 }] })).problem,
    ).toMatchObject({ status: 404, code: "RB_NOT_FOUND" });
    expect(
      (await client.post("/v1/recommendations", { ratings: [{ itemId: "film-001", rating: 9 }] })).problem,
    ).toMatchObject({ status: 400, code: "RB_INVALID_INPUT" });
  });
});

describe("similar items", () => {
  it("are those whose factors point the same way", async () => {
    const k = world.model.factors;
    const row = (i: number) => world.model.itemFactors.subarray(i * k, (i + 1) * k);
    const cosine = (a: Float32Array, b: Float32Array) => {
      const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, f) => sum + value * at(y, f), 0);
      return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
    };
    const expected = world.items
      .map((_, i) => ({ i, score: cosine(row(9), row(i)) }))
      .filter(({ i }) => i !== 9)
      .sort((a, b) => b.score - a.score)
      .slice(0, 8);
    const { body } = await client.get("/v1/items/film-009/similar?n=8");
    expect(body.items.map((item) => item.itemId)).toEqual(idsOf(world, expected));
    expect(at(body.items, 0).score).toBeCloseTo(at(expected, 0).score, 5);
  });

  it("of an item nobody knows are a 404", async () => {
    expect((await client.get("/v1/items/no-such/similar")).problem).toMatchObject({
      status: 404,
      code: "RB_NOT_FOUND",
    });
  });
});

describe("feedback", () => {
  it("changes that user's next answer: history and new ratings folded in together, rated items gone", async () => {
    const before = await client.get("/v1/users/user-08/recommendations?n=10");
    const given = [
      { i: 30, rating: 5 },
      { i: 31, rating: 0.5 },
    ];
    const sent = await client.post("/v1/feedback", {
      events: given.map(({ i, rating }) => ({
        userId: "user-08",
        itemId: at(world.items, i).itemId,
        kind: "rating",
        rating,
      })),
    });
    expect(sent.status).toBe(200);
    expect(sent.body).toEqual({ accepted: 2, duplicates: 0, kept: "postgres" });

    const merged = new Map([...at(world.histories, 8), ...given].map(({ i, rating }) => [i, rating]));
    const ratings = [...merged].map(([i, rating]) => ({ i, rating }));
    const expected = best(world, ridgePerson(world, ratings), 10, new Set(merged.keys()));
    const after = await client.get("/v1/users/user-08/recommendations?n=10");
    expect(after.body).toMatchObject({ basis: "fold-in", ratingsUsed: ratings.length });
    expect(after.body.items.map((item) => item.itemId)).toEqual(idsOf(world, expected));
    expect(after.body.items).not.toEqual(before.body.items);
  });

  it("makes a stranger somebody", async () => {
    await client.post("/v1/feedback", {
      events: [{ userId: "newcomer", itemId: "film-012", kind: "rating", rating: 5 }],
    });
    const { body } = await client.get("/v1/users/newcomer/recommendations?n=5");
    expect(body.basis).toBe("fold-in");
    expect(body.items.map((item) => item.itemId)).toEqual(
      idsOf(world, best(world, ridgePerson(world, [{ i: 12, rating: 5 }]), 5, new Set([12]))),
    );
  });

  it("of the same Idempotency-Key counts once", async () => {
    const events = [
      { userId: "user-09", itemId: "film-033", kind: "rating", rating: 4 },
      { userId: "user-10", itemId: "film-033", kind: "click" },
    ];
    const first = await client.post("/v1/feedback", { events }, { "Idempotency-Key": "batch-1" });
    const again = await client.post("/v1/feedback", { events }, { "Idempotency-Key": "batch-1" });
    expect(first.body).toEqual({ accepted: 2, duplicates: 0, kept: "postgres" });
    expect(again.body).toEqual({ accepted: 0, duplicates: 2, kept: "postgres" });
    const { rows } = await target.pool.query(
      "select count(*)::int as kept from reelbench.feedback where item_id = 'film-033'",
    );
    expect(rows).toEqual([{ kept: 2 }]);
  });

  it("hides what was dismissed and counts what was viewed as seen", async () => {
    const { body: before } = await client.get("/v1/users/user-11/recommendations?n=3");
    const [dismissed, viewed] = before.items.map((item) => item.itemId);
    await client.post("/v1/feedback", {
      events: [
        { userId: "user-11", itemId: dismissed, kind: "dismissal" },
        { userId: "user-11", itemId: viewed, kind: "view" },
      ],
    });
    const after = (await client.get("/v1/users/user-11/recommendations?n=60")).body.items.map((item) => item.itemId);
    expect(after).not.toContain(dismissed);
    expect(after).not.toContain(viewed);
    const all = (await client.get("/v1/users/user-11/recommendations?n=60&excludeSeen=false")).body.items.map(
      (item) => item.itemId,
    );
    expect(all).not.toContain(dismissed);
    expect(all).toContain(viewed);
  });

  it("off the scale, in the future or half-formed is refused whole", async () => {
    const good = { userId: "user-12", itemId: "film-001", kind: "rating", rating: 3 };
    for (const bad of [
      { ...good, rating: 7 },
      { ...good, time: "2999-01-01T00:00:00Z" },
      { ...good, rating: undefined },
      { ...good, kind: "click" },
      { ...good, extra: 1 },
    ]) {
      const { problem } = await client.post("/v1/feedback", { events: [good, bad] });
      expect(problem).toMatchObject({
        status: 400,
        code: "RB_INVALID_INPUT",
        errors: [{ in: "body", path: expect.stringContaining("events.1") as string }],
      });
    }
    const { rows } = await target.pool.query(
      "select count(*)::int as kept from reelbench.feedback where user_id = 'user-12'",
    );
    expect(rows).toEqual([{ kept: 0 }]);
  });

  it("is seen by another server at once", async () => {
    const other = await startServer(serverConfig(database.url, { redisUrl: redisUrl() }));
    try {
      const there = createClient(other.url, client.key);
      await there.get("/v1/users/user-13/recommendations"); // Now cached on both.
      await client.get("/v1/users/user-13/recommendations");
      await client.post("/v1/feedback", {
        events: [{ userId: "user-13", itemId: "film-044", kind: "rating", rating: 5 }],
      });
      expect((await there.get("/v1/users/user-13/recommendations")).body.basis).toBe("fold-in");
    } finally {
      await other.close();
    }
  });
});

it("answers many at once, taken together, as it answers each alone", async () => {
  const paths = Array.from(
    { length: 240 },
    (_, n) => `/v1/users/user-${String(n % 20).padStart(2, "0")}/recommendations?excludeSeen=false&n=${3 + (n % 4)}`,
  );
  const together = await Promise.all(paths.map((path) => client.get(path)));
  for (const [index, path] of paths.slice(0, 60).entries())
    expect(together[index]?.body.items).toEqual((await client.get(path)).body.items);
  expect(together.filter(({ body }) => body.basis === "personal").length).toBeGreaterThan(100);
});

describe("several people", () => {
  it("asked for in one batch get what each would get alone, in the order asked", async () => {
    const userIds = ["user-15", "user-02", "nobody-knows", "user-16"];
    const { text } = await client.post("/v1/recommendations/batch", { userIds, n: 6 });
    const { answers } = JSON.parse(text) as { answers: { userId: string; items: unknown[]; basis: string }[] };
    expect(answers.map(({ userId }) => userId)).toEqual(userIds);
    for (const { userId, items } of answers)
      expect(items).toEqual((await client.get(`/v1/users/${userId}/recommendations?n=6`)).body.items);
    expect(answers[2]?.basis).toBe("popularity");
  });

  it.each(["average", "least-misery"] as const)(
    "who watch together get the best by %s that none has seen",
    async (strategy) => {
      // Users of whom this file keeps no feedback.
      const members = [17, 18, 19];
      const combine = (scores: number[]) =>
        strategy === "average" ? scores.reduce((sum, each) => sum + each / scores.length, 0) : Math.min(...scores);
      const seen = new Set(members.flatMap((u) => [...seenBy(world, u)]));
      const expected = world.items
        .map((_, i) => ({ i, score: combine(members.map((u) => score(world, storedPerson(world, u), i))) }))
        .filter(({ i }) => !seen.has(i))
        .sort((a, b) => b.score - a.score || a.i - b.i)
        .slice(0, 7);
      const { body } = await client.post("/v1/recommendations/group", {
        userIds: members.map((u) => `user-${u}`),
        strategy,
        n: 7,
      });
      expect(body.basis).toBe("group");
      expect(body.items.map(({ itemId }) => itemId)).toEqual(idsOf(world, expected));
      body.items.forEach((item, index) => expect(item.score).toBeCloseTo(at(expected, index).score, 9));
    },
  );

  it("make an item trend by their number, not one of them by insisting", async () => {
    const events = [
      ...Array.from({ length: 9 }, (_, n) => ({
        userId: "keen",
        itemId: "film-052",
        kind: "click",
        time: new Date(Date.now() - n * 1000).toISOString(),
      })),
      ...["a", "b", "c", "d"].map((userId) => ({ userId, itemId: "film-053", kind: "view" })),
      ...["a", "b", "c", "d", "e"].map((userId) => ({ userId, itemId: "film-054", kind: "dismissal" })),
      { userId: "old", itemId: "film-055", kind: "view", time: "2001-01-01T00:00:00.000Z" },
    ];
    expect((await client.post("/v1/feedback", { events })).status).toBe(200);
    const { items } = JSON.parse((await client.get("/v1/trending?days=3&n=200")).text) as {
      items: { itemId: string; users: number; score: number }[];
    };
    const of = (itemId: string) => items.find((item) => item.itemId === itemId);
    expect(of("film-053")?.users).toBeGreaterThanOrEqual(4);
    expect(of("film-052")?.users).toBe(1);
    expect(of("film-052")?.score).toBeLessThanOrEqual(1);
    expect(of("film-055")).toBeUndefined();
    expect(items.map(({ score: each }) => each)).toEqual(
      items.map(({ score: each }) => each).toSorted((a, b) => b - a),
    );
  });
});

describe("the rest of the interface", () => {
  it("tells an item, the version and all versions", async () => {
    expect((await client.get("/v1/items/film-007")).body).toEqual({
      itemId: "film-007",
      title: "film number 7",
      year: 1957,
      genres: ["Action", "Comedy", "Drama"],
      hidden: false,
    });
    expect((await client.get("/v1/version")).body).toMatchObject({
      version: "v1",
      algorithm: "biased-svd",
      users: 20,
      items: 60,
      factors: 6,
      epoch: 1,
    });
    expect((await client.get("/v1/versions")).body).toMatchObject({
      serving: "v1",
      versions: [{ version: "v1", state: "active" }],
    });
  });

  it("hides an item from everybody as soon as an operator does", async () => {
    const before = at((await client.get("/v1/users/user-14/recommendations?n=1")).body.items, 0).itemId;
    await setHidden(target.pool, testChannel, [before], true);
    await expect
      .poll(async () => at((await client.get("/v1/users/user-14/recommendations?n=1")).body.items, 0).itemId)
      .not.toBe(before);
    expect((await client.get(`/v1/items/${before}`)).status).toBe(404);
    await setHidden(target.pool, testChannel, [before], false);
    await expect
      .poll(async () => at((await client.get("/v1/users/user-14/recommendations?n=1")).body.items, 0).itemId)
      .toBe(before);
  });

  it("is alive, ready and measured, without a key", async () => {
    const open = createClient(server.url, null);
    expect((await open.get("/livez")).body).toEqual({ status: "alive" });
    await expect
      .poll(async () => (await open.get("/readyz")).body)
      .toMatchObject({ status: "ready", serving: "v1", wanted: "v1", failure: null, postgres: "up", redis: "up" });
    const metrics = (await open.get("/metrics")).text;
    expect(metrics).toMatch(
      /reelbench_http_request_duration_seconds_count\{[^}]*route="\/v1\/users\/\{userId\}\/recommendations"[^}]*status="200"[^}]*\} \d+/,
    );
    expect(metrics).toMatch(/reelbench_model_info\{version="v1",algorithm="biased-svd",epoch="1"\} 1/);
    expect(metrics).toMatch(/nodejs_eventloop_lag_p99_seconds/);
    expect(metrics).not.toContain("user-03");
  });

  it("says to the publisher that it lives and what it serves", async () => {
    const servers = await liveServers(target.pool, testChannel);
    expect(servers).toContainEqual(
      expect.objectContaining({ url: server.url, servingVersion: "v1", servingEpoch: 1, failure: null }),
    );
  });
});
