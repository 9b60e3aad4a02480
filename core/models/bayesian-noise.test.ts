import { expect, test } from "vitest";
import type { TrainingSet } from "./algorithm.ts";
import { bayesianMf } from "./bayesian-mf.ts";
import { coverage, normalSource, plantedWorld } from "./bayesian.fixture.ts";
import { fitWith, rmse } from "./fit.fixture.ts";

const plain = { implicitItems: false, implicitUsers: false, features: false };

test("with noise of each person's own, it finds whose ratings scatter, and intervals hold for either kind of person", async () => {
  const world = plantedWorld(120, 100, 0.35, 31);
  const normal = normalSource(8);
  // Every other person's ratings scatter by 1.5, the others' by 0.5.
  const scattered = (set: TrainingSet): TrainingSet => {
    const rating = set.rating.slice();
    for (let u = 0; u < set.users; u += 2)
      for (let n = set.userStart[u] ?? 0; n < (set.userStart[u + 1] ?? 0); n++)
        rating[n] = (rating[n] ?? 0) + Math.sqrt(1.5 ** 2 - world.noise ** 2) * normal();
    return { ...set, rating };
  };
  const [train, held] = [scattered(world.train), scattered(world.test)];
  const of = (set: TrainingSet, parity: number): TrainingSet => {
    const start = [0];
    const kept: number[] = [];
    for (let u = 0; u < set.users; u++) {
      if (u % 2 === parity) for (let n = set.userStart[u] ?? 0; n < (set.userStart[u + 1] ?? 0); n++) kept.push(n);
      start.push(kept.length);
    }
    const rating = Float32Array.from(kept, (n) => set.rating[n] ?? 0);
    return { ...set, userStart: Int32Array.from(start), item: Int32Array.from(kept, (n) => set.item[n] ?? 0), rating };
  };
  const settings = { ...plain, factors: 3, sweeps: 200 };
  const [common, own] = [
    await fitWith(bayesianMf, train, settings),
    await fitWith(bayesianMf, train, { ...settings, userNoise: true }),
  ];
  // One width for all is too wide for the even and too narrow for the others.
  expect(coverage(common, of(held, 1), 1.6449)).toBeGreaterThan(0.97);
  expect(coverage(common, of(held, 0), 1.6449)).toBeLessThan(0.86);
  for (const parity of [0, 1]) expect(Math.abs(coverage(own, of(held, parity), 1.6449) - 0.9)).toBeLessThan(0.035);
  // Here, where noise is what the model takes it for, weighing people by it is also more accurate.
  expect(rmse(own, of(held, 1))).toBeLessThan(rmse(common, of(held, 1)));
});
