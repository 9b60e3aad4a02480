import fc from "fast-check";
import { expect, test } from "vitest";
import { diversify, explore } from "./diversify.ts";

const lists = fc.record({
  scores: fc
    .array(fc.double({ min: -5, max: 5, noNaN: true }), { maxLength: 40 })
    .map((all) => all.toSorted((a, b) => b - a)),
  n: fc.integer({ min: 0, max: 50 }),
  kinds: fc.array(fc.nat(3), { minLength: 40, maxLength: 40 }),
});

test("without a wish for diversity the order stays; with one, nothing comes twice and the best comes first", () => {
  fc.assert(
    fc.property(lists, fc.double({ min: 0, max: 0.99, noNaN: true }), ({ scores, n, kinds }, lambda) => {
      const alike = (a: number, b: number) => (kinds[a] === kinds[b] ? 1 : 0);
      expect(diversify(scores, alike, n, 0)).toEqual([...scores.keys()].slice(0, n));
      const chosen = diversify(scores, alike, n, lambda);
      expect(chosen).toHaveLength(Math.min(n, scores.length));
      expect(new Set(chosen).size).toBe(chosen.length);
      if (chosen.length > 0) expect(chosen[0]).toBe(0);
    }),
  );
});

test("two kinds of equal worth take turns until one is used up", () => {
  // By hand: after an A every other A is worth (1 − λ)·r − λ, every B (1 − λ)·r; with λ = 0.6 any B comes before any A.
  const kinds = ["A", "A", "A", "B", "C"];
  expect(diversify([5, 4.9, 4.8, 4.7, 4.6], (a, b) => (kinds[a] === kinds[b] ? 1 : 0), 5, 0.6)).toEqual([
    0, 3, 4, 1, 2,
  ]);
});

test("exploring fills as many places as the share says, with what stands behind, and nothing twice", () => {
  let state = 7;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  let drawn = 0;
  for (let round = 0; round < 2000; round++) {
    const { positions, explored } = explore(200, 10, 0.2, random);
    expect(new Set(positions).size).toBe(10);
    for (const [place, position] of positions.entries())
      expect(explored.includes(place) ? position >= 10 : position === place).toBe(true);
    drawn += explored.length;
  }
  // 20,000 places at 0.2: 4000 ± 5 standard deviations of 57.
  expect(Math.abs(drawn - 4000)).toBeLessThan(285);
  expect(explore(5, 10, 1, random)).toEqual({ positions: [0, 1, 2, 3, 4], explored: [] });
});
