import { expect, test } from "vitest";
import { algorithms } from "../models/registry.ts";
import { parseHyperparameters } from "../models/hyperparameters.ts";
import { algorithmById } from "../models/registry.ts";
import { suggest } from "./sampler.ts";
import { checkSpace, defaultSpace, dependencyOrder, dimensionOf } from "./space.ts";

test("every algorithm's own space holds what the algorithm allows, at its ends too", () => {
  for (const algorithm of algorithms) {
    const space = defaultSpace(algorithm.info);
    if (space.length === 0) continue;
    checkSpace(algorithm.info, space, {});
    for (let trial = 0; trial < 50; trial++) {
      const sampler = { sampler: "quasi-random" } as const;
      parseHyperparameters(algorithm, suggest({ space, sampler, seed: 1, trial, observations: [], pending: [] }));
    }
    expect(space.some(({ name }) => name === "epochs")).toBe(false);
  }
});

const { info } = algorithmById("ials");

test("a space the algorithm cannot be given is refused, with every reason", () => {
  const wide = { ...dimensionOf(info, "regularization"), minimum: -1, logarithmic: false };
  expect(() => checkSpace(info, [wide], {})).toThrow(/-1 is outside/);
  expect(() => checkSpace(info, [dimensionOf(info, "factors"), dimensionOf(info, "factors")], { factors: 3 })).toThrow(
    /named twice; factors: it is fixed as well/,
  );
  expect(() => checkSpace(info, [dimensionOf(info, "solver", { choices: ["magic"] })], {})).toThrow(/magic/);
  expect(() => dimensionOf(info, "nonsense")).toThrow(/has no nonsense/);
});

test("conditions that go in a circle are refused", () => {
  const a = { ...dimensionOf(info, "solver"), when: { name: "conjugateSteps", is: [3] } };
  const b = { ...dimensionOf(info, "conjugateSteps"), when: { name: "solver", is: ["exact"] } };
  expect(() => dependencyOrder([a, b])).toThrow(/circle/);
});

test("integers are drawn evenly, logarithmic ranges by ratio", () => {
  const space = [
    dimensionOf(info, "conjugateSteps", { minimum: 1, maximum: 4 }),
    dimensionOf(info, "unobservedWeight", { minimum: 0.01, maximum: 1 }),
  ];
  const sampler = { sampler: "quasi-random" } as const;
  const drawn = Array.from({ length: 256 }, (_, trial) =>
    suggest({ space, sampler, seed: 4, trial, observations: [], pending: [] }),
  );
  for (const n of [1, 2, 3, 4]) expect(drawn.filter(({ conjugateSteps }) => conjugateSteps === n)).toHaveLength(64);
  expect(drawn.filter(({ unobservedWeight }) => Number(unobservedWeight) < 0.1)).toHaveLength(128);
});
