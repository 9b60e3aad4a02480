import { expect, test } from "vitest";
import type { SearchDimension } from "../contract/searches.ts";
import { bandwidths, parzenEstimator } from "./parzen.ts";
import { randomStream } from "./random-stream.ts";
import { ageWeights } from "./sampler.ts";

const real = (name: string, minimum: number, maximum: number, logarithmic = false): SearchDimension => ({
  kind: "real",
  name,
  minimum,
  maximum,
  logarithmic,
  when: null,
});
const integer = (name: string, minimum: number, maximum: number, logarithmic = false): SearchDimension => ({
  kind: "integer",
  name,
  minimum,
  maximum,
  logarithmic,
  when: null,
});

test("bandwidths by hand", () => {
  // Sorted .1 .2 .6 .9: outermost look inwards, the others to the farther neighbour.
  for (const [at, width] of [0.3, 0.1, 0.4, 0.4].entries())
    expect(bandwidths([0.9, 0.1, 0.6, 0.2], 0, 1)[at]).toBeCloseTo(width, 12);
  // One alone looks to both ends.
  expect(bandwidths([0.25], 0, 1)).toEqual([0.75]);
  // Two in one place are as narrow as may be: 1 / (3 · 4).
  expect(bandwidths([0.5, 0.5], 0, 1)).toEqual([1 / 12, 1 / 12]);
});

test("a density by hand: one observation and the prior", () => {
  const phi = (z: number) => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  // Kernel N(0, 1) on [0, 1] holds .3413447460685429 of its mass there, the prior N(.5, 1) .38292492254802624.
  const expected = 0.5 * (phi(0.5) / 0.3413447460685429) + 0.5 * (phi(0) / 0.38292492254802624);
  const estimator = parzenEstimator([real("x", 0, 1)], [{ x: 0 }], [1]);
  expect(estimator.logDensity({ x: 0.5 })).toBeCloseTo(Math.log(expected), 12);
});

const space = [
  real("x", 0, 1),
  real("l", 1e-4, 1, true),
  integer("n", 1, 10),
  integer("m", 1, 64, true),
  { kind: "choice", name: "c", choices: ["a", "b", "c"], when: null },
] as const satisfies SearchDimension[];

test("densities over all kinds of dimension are Optuna's", () => {
  // optuna 5.0.0, _ParzenEstimator(…).log_pdf with the same observations (spread widely, so that no clip is at work).
  const observations = [
    { x: 0.2, l: 1e-3, n: 2, m: 2, c: "a" },
    { x: 0.8, l: 0.5, n: 9, m: 50, c: "c" },
    { x: 0.45, l: 0.03, n: 6, m: 10, c: "c" },
  ];
  const [first, second] = [
    { x: 0.5, l: 0.1, n: 3, m: 4, c: "b" },
    { x: 0.01, l: 2e-4, n: 10, m: 64, c: "c" },
  ] as const;
  const estimator = parzenEstimator(space, observations, [1, 1, 1]);
  expect(estimator.logDensity(first)).toBeCloseTo(-9.005207609630482, 10);
  expect(estimator.logDensity(second)).toBeCloseTo(-12.585855972993627, 10);
  const prior = parzenEstimator(space, [], []);
  expect(prior.logDensity(first)).toBeCloseTo(-8.485383057760915, 10);
  expect(prior.logDensity(second)).toBeCloseTo(-11.633508722376577, 10);
});

test("weights fade with age as Optuna's do", () => {
  // optuna 5.0.0: default_weights(30)
  const weights = ageWeights(30);
  for (const [at, weight] of [0.03333333333333333, 0.275, 0.5166666666666667, 0.7583333333333333, 1, 1].entries())
    expect(weights[at]).toBeCloseTo(weight, 12);
  expect(ageWeights(25)).toEqual(new Array(25).fill(1));
});

test("samples follow the density and stay inside", () => {
  const dimension = integer("n", 1, 4);
  const estimator = parzenEstimator([dimension], [{ n: 4 }, { n: 4 }], [1, 1]);
  const random = randomStream(3);
  const counts = [0, 0, 0, 0];
  const draws = 20_000;
  for (let n = 0; n < draws; n++) {
    const at = Number(estimator.sample(random)["n"]) - 1;
    counts[at] = (counts[at] ?? 0) + 1;
  }
  for (const [at, count] of counts.entries())
    expect(count / draws).toBeCloseTo(Math.exp(estimator.logDensity({ n: at + 1 })), 1.7);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(draws);
});
