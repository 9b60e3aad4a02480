import { expect, it } from "vitest";
import { inReadingOrder, parameterRows } from "./differences.ts";

it("settings stand between algorithm and seed, by what they are called and not by how the code calls them", () => {
  const rows = parameterRows([
    {
      algorithm: "ials",
      seed: 1,
      splitId: "p1",
      hyperparameters: { blockSize: 32, unobservedWeight: 0.5, factors: 8 },
    },
  ]);
  const labels = new Map([
    ["blockSize", "Subspace size"],
    ["factors", "Factors k"],
    ["unobservedWeight", "Unobserved weight"],
  ]);
  expect(inReadingOrder(rows, (name) => labels.get(name) ?? name).map(({ name }) => name)).toEqual([
    "algorithm",
    "factors",
    "blockSize",
    "unobservedWeight",
    "seed",
    "split",
  ]);
});
