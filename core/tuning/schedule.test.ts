import { expect, test } from "vitest";
import { hyperbandBrackets, promotable, rungsOf, worseThanMedian } from "./schedule.ts";

test("rungs from the top down, the last exactly the maximum", () => {
  const ladder = { schedule: "asha", resource: "epochs", minimum: 1, maximum: 9, reduction: 3 } as const;
  expect(rungsOf(ladder).map(({ amount }) => amount)).toEqual([1, 3, 9]);
  expect(rungsOf({ ...ladder, minimum: 2, maximum: 20 }).map(({ amount }) => amount)).toEqual([2, 7, 20]);
  expect(rungsOf({ ...ladder, resource: "users", minimum: 0.25, maximum: 1, reduction: 2 })).toHaveLength(3);
  expect(() => rungsOf({ ...ladder, minimum: 10 })).toThrow(/above the largest/);
  expect(() => rungsOf({ ...ladder, resource: "users" })).toThrow(/between 0 and 1/);
});

test("ASHA promotes as in the paper's walk-through (Li et al. 2020, figure 2: η = 3, nine configurations)", () => {
  // Configurations 1 … 9, the smaller the better; they report in this order and a rung promotes its best third at once.
  const order = [5, 8, 3, 9, 1, 7, 2, 6, 4];
  const results: { trial: number; loss: number }[][] = [[], [], []];
  const promoted = [new Set<number>(), new Set<number>(), new Set<number>()];
  const promotions: [number, number][] = [];
  const settle = () => {
    for (let next = promotable(results, promoted, 3); next !== null; next = promotable(results, promoted, 3)) {
      promoted[next.rung - 1]?.add(next.trial);
      results[next.rung]?.push({ trial: next.trial, loss: next.trial });
      promotions.push([next.trial, next.rung]);
    }
  };
  for (const trial of order) {
    results[0]?.push({ trial, loss: trial });
    settle();
  }
  // By hand: after three reports 3 is best; after six the best two are 1 and 3, so 1 goes on; after nine 1, 2, 3: 2 goes on,
  // rung 1 then holds 3, 1, 2 and its best, 1, reaches the top.
  expect(promotions).toEqual([
    [3, 1],
    [1, 1],
    [2, 1],
    [1, 2],
  ]);
});

test("a failed training is never promoted", () => {
  const results = [[Infinity, Infinity, Infinity].map((loss, trial) => ({ trial, loss })), []];
  expect(promotable(results, [new Set(), new Set()], 3)).toBeNull();
});

test("Hyperband's brackets are those of the paper's table (R = 81, η = 3)", () => {
  // Li et al. 2018, table 1: n = 81, 27 (34 by algorithm 1), 9 (15), 6 (8), 5 at r = 1, 3, 9, 27, 81.
  const brackets = hyperbandBrackets(5, 3, 143);
  expect(brackets).toEqual([
    { firstRung: 0, trials: 81 },
    { firstRung: 1, trials: 34 },
    { firstRung: 2, trials: 15 },
    { firstRung: 3, trials: 8 },
    { firstRung: 4, trials: 5 },
  ]);
  expect(hyperbandBrackets(5, 3, 90)).toEqual([
    { firstRung: 0, trials: 81 },
    { firstRung: 1, trials: 9 },
  ]);
});

test("the median rule waits for enough others and stops what is worse", () => {
  const others = [1, 2, 3, 4].map((loss, trial) => ({ trial, loss }));
  expect(worseThanMedian({ trial: 9, loss: 2.6 }, others, 4)).toBe(true);
  expect(worseThanMedian({ trial: 9, loss: 2.5 }, others, 4)).toBe(false);
  expect(worseThanMedian({ trial: 9, loss: 99 }, others, 5)).toBe(false);
  expect(worseThanMedian({ trial: 9, loss: Infinity }, [], 5)).toBe(true);
});
