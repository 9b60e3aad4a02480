import { expect, test } from "vitest";
import type { SharedModel } from "../live-model/shared-model.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import type { Ranking } from "./ranking.ts";
import { createRankingCache } from "./rankings.ts";

const shared = { key: 1, version: "v1" } as SharedModel;
const owner = { namespace: "data", userId: "u" } as const;
const rankingOf = (first: number): Ranking => ({ basis: "personal", ratingsUsed: 0, items: [first], scores: [1] });

function cacheWith() {
  const cache = createRankingCache({
    redis: null,
    channel: "test",
    entries: 100,
    seconds: 600,
    metrics: createMetrics(),
  });
  const make = (epoch: number) =>
    cache.find(shared, owner, epoch, () => Promise.resolve({ ranking: rankingOf(epoch), complete: true }));
  return { cache, make };
}

test("somebody who rates all the time takes the place of two rankings, not of one for each rating", async () => {
  const { cache, make } = cacheWith();
  for (let epoch = 0; epoch < 2; epoch++) await make(epoch);
  const { bytes } = cache.size();
  for (let epoch = 2; epoch < 50; epoch++) await make(epoch);
  expect(cache.size()).toEqual({ entries: 1, bytes });
});

test("the ranking before the last rating is still there for its next page, and no other is taken for it", async () => {
  const { cache, make } = cacheWith();
  for (const epoch of [3, 4, 5]) await make(epoch);
  expect(cache.known(shared, owner, 5)).toEqual(rankingOf(5));
  expect(cache.known(shared, owner, 4)).toEqual(rankingOf(4));
  expect(cache.known(shared, owner, 3)).toBeUndefined();
  expect(cache.known(shared, owner, 6)).toBeUndefined();
});

test("one made for an earlier epoch, late, does not push out the latest", async () => {
  const { cache, make } = cacheWith();
  for (const epoch of [5, 4]) await make(epoch);
  expect(cache.known(shared, owner, 5)).toEqual(rankingOf(5));
  expect(cache.known(shared, owner, 4)).toEqual(rankingOf(4));
});
