import { describe, expect, it } from "vitest";
import { costOf, genreLikeness, rerank } from "./rerank.ts";

// Six films: three of one genre score highest; each later one is rated by fewer.
const genres = [["a"], ["a"], ["a"], ["b"], ["c"], ["a", "b"]];
const pool = [0.9, 0.88, 0.86, 0.7, 0.6, 0.5].map((score, i) => ({ i, score }));
const nature = {
  likeness: (i: number, j: number) => genreLikeness(genres[i] ?? [], genres[j] ?? []),
  novelty: (i: number) => i,
};
const list = (diversity: number, novelty: number) => rerank(pool, 3, { diversity, novelty }, nature).map(({ i }) => i);

describe("re-ranking", () => {
  it("leaves the model's order alone where nothing is wished", () => expect(list(0, 0)).toEqual([0, 1, 2]));
  it("puts unlike films beside each other", () => expect(list(1, 0)).toEqual([0, 3, 4]));
  it("prefers what few have rated", () => {
    expect(list(0, 1)).toContain(5);
    expect(list(0, 0.5)[0]).not.toBe(0);
  });
  it("has no film twice, and all of them where so many are wanted", () => {
    const all = rerank(pool, 10, { diversity: 0.5, novelty: 0.5 }, nature).map(({ i }) => i);
    expect([...all].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5]);
  });
  it("tells the cost: what was given up, what was won", () => {
    const own = pool.slice(0, 3);
    const other = rerank(pool, 3, { diversity: 1, novelty: 0 }, nature);
    const cost = costOf(own, other, 0.5, nature);
    expect(cost.scoreKept).toBeCloseTo((0.4 + 0.2 + 0.1) / (0.4 + 0.38 + 0.36), 12);
    expect(cost.diversity).toEqual({ before: 0, after: 1 });
    expect(cost.novelty).toEqual({ before: 1, after: 7 / 3 });
    expect(cost.kept).toBe(1);
    expect(costOf(own, own, 0.5, nature).scoreKept).toBe(1);
  });
  it("knows nothing of films without genres", () => expect(genreLikeness([], ["a"])).toBeNull());
});
