import { expect, test } from "vitest";
import type { TrainingSet } from "../models/algorithm.ts";
import { validationData } from "./validation-data.ts";

/** 40 users with 1 … 40 ratings; rating n of user u was given at the time 1000 + 7n + u. */
function ratings(): TrainingSet {
  const userStart = new Int32Array(41);
  const item: number[] = [];
  const time: number[] = [];
  for (let u = 0; u < 40; u++) {
    for (let n = 0; n <= u; n++) {
      item.push((n * 3) % 50);
      time.push(1000 + 7 * n + u);
    }
    userStart[u + 1] = item.length;
  }
  return {
    users: 40,
    items: 50,
    userStart,
    item: Int32Array.from(item),
    rating: Float32Array.from(item, (i) => 1 + (i % 5)),
    time: Float64Array.from(time),
    scale: { minimum: 1, maximum: 5 },
  };
}
const loaded = { train: ratings(), test: null, foldIn: null };
const of = (
  protocol: "random" | "global-temporal" | "per-user-temporal" | "leave-last-out",
  share = 0.2,
  userShare = 1,
) => validationData(loaded, { inner: { protocol, share }, userShare, seed: 9 });
const usersOf = (set: TrainingSet) =>
  Array.from({ length: 40 }, (_, u) => u).filter((u) => (set.userStart[u + 1] ?? 0) > (set.userStart[u] ?? 0));

test("nothing is lost and nothing is in both parts", () => {
  for (const protocol of ["random", "global-temporal", "per-user-temporal", "leave-last-out"] as const) {
    const { train, test: held } = of(protocol);
    const pairs = [train, held].flatMap((set) =>
      set === null
        ? []
        : usersOf(set).flatMap((u) =>
            Array.from(
              set.time?.subarray(set.userStart[u], set.userStart[u + 1]) ?? [],
              (time) => `${String(u)} ${String(time)}`,
            ),
          ),
    );
    expect(new Set(pairs).size).toBe(820);
    expect(pairs).toHaveLength(820);
  }
});

test("global-temporal learns nothing from the time of what it predicts", () => {
  const { train, test: held } = of("global-temporal");
  expect(Math.max(...(train.time ?? []))).toBeLessThan(Math.min(...(held?.time ?? [])));
  expect((held?.item.length ?? 0) / 820).toBeCloseTo(0.2, 1);
});

test("leave-last-out takes each user's last rating and leaves those with one alone", () => {
  const { test: held } = of("leave-last-out");
  expect(held?.item.length).toBe(39);
  expect(Array.from(held?.time ?? [])).toEqual(Array.from({ length: 39 }, (_, u) => 1000 + 8 * (u + 1)));
});

test("shares of users nest", () => {
  const [some, more] = [of("random", 0.2, 0.3), of("random", 0.2, 0.7)];
  const inMore = new Set(usersOf(more.train));
  expect(usersOf(some.train).every((u) => inMore.has(u))).toBe(true);
  expect(usersOf(some.train).length).toBeLessThan(inMore.size);
  expect(inMore.size).toBeLessThan(40);
});

test("only relevant ratings are predicted, as in the split's test", () => {
  const { test: held, train } = validationData(loaded, {
    inner: { protocol: "random", share: 0.5 },
    relevantFrom: 4,
    userShare: 1,
    seed: 9,
  });
  expect(Math.min(...(held?.rating ?? []))).toBe(4);
  expect(Math.min(...train.rating)).toBe(1);
});

test("what leaves nothing to judge by is refused", () => {
  const untimed = { train: { ...loaded.train, time: null }, test: null, foldIn: null };
  const inner = { protocol: "leave-last-out", share: 0.1 } as const;
  expect(() => validationData(untimed, { inner, userShare: 1, seed: 1 })).toThrow(/times/);
  expect(() => validationData(loaded, { inner: { protocol: "random", share: 1e-9 }, userShare: 1, seed: 1 })).toThrow(
    /holds no rating/,
  );
});
