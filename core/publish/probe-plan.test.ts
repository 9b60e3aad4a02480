import { expect, test } from "vitest";
import type { Probe } from "./probe-plan.ts";
import { checkStorable, compareAnswers, sampleHistories } from "./probe-plan.ts";

const probe: Probe = {
  request: { kind: "known", userId: "u", listLength: 3, excludeSeen: true },
  itemIds: ["a", "b", "c"],
  scores: [3, 2, 1],
};
const answer = (itemIds: string[], scores: number[], error: string | null = null) => ({
  n: 0,
  serverId: "s",
  itemIds,
  scores,
  error,
});
const compare = (...given: Parameters<typeof answer>) => compareAnswers([probe], [answer(...given)], ["s"]);

test("PUB-8: the same items, order and scores to 1e-6 agree", () => {
  expect(compare(["a", "b", "c"], [3, 2 + 9e-7, 1])).toMatchObject({ compared: 1, mismatches: 0, example: null });
});

test.each([
  ["a score that is off by more", ["a", "b", "c"], [3, 2.00001, 1]],
  ["a score that is no number", ["a", "b", "c"], [3, NaN, 1]],
  ["another order", ["b", "a", "c"], [2, 3, 1]],
  ["another item", ["a", "b", "d"], [3, 2, 1]],
  ["a shorter list", ["a", "b"], [3, 2]],
  ["a longer list", ["a", "b", "c", "d"], [3, 2, 1, 0]],
  ["an empty list", [], []],
])("PUB-8: %s is a mismatch", (_, itemIds, scores) => {
  const result = compare(itemIds, scores);
  expect(result.mismatches).toBe(1);
  expect(result.example).toContain("user u");
});

test("PUB-8: an error and silence are mismatches, and are not counted as compared", () => {
  expect(compare([], [], "no memory")).toMatchObject({
    compared: 0,
    mismatches: 1,
    example: expect.stringContaining("no memory") as string,
  });
  expect(compareAnswers([probe], [], ["s"])).toMatchObject({ compared: 0, mismatches: 1 });
  expect(compareAnswers([probe], [answer(["a", "b", "c"], [3, 2, 1])], ["s", "t"])).toMatchObject({
    compared: 1,
    mismatches: 1,
  });
});

test("the largest difference is told even where nothing mismatches", () => {
  expect(compare(["a", "b", "c"], [3, 2 - 5e-7, 1]).largestDifference).toBeCloseTo(5e-7, 12);
});

test("a sample does not depend on the order the users come in, and another seed asks others", async () => {
  const histories = Array.from({ length: 5000 }, (_, n) => ({ userId: `u${n}`, itemIds: [], ratings: [], times: [] }));
  const names = async (list: typeof histories, seed: string) =>
    (await sampleHistories(list, 20, seed)).map(({ userId }) => userId);
  const first = await names(histories, "x");
  expect(first).toHaveLength(20);
  expect(await names(histories.toReversed(), "x")).toEqual(first);
  expect(await names(histories, "y")).not.toEqual(first);
});

test("ids that Postgres cannot hold are named", () => {
  expect(() => checkStorable(["fine", "映画 🎬", "a\0b"])).toThrow(/a\\u0000b/);
  expect(() => checkStorable(["half \ud83c"])).toThrow(/cannot be stored/);
});
