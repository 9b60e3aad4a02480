import { expect, test } from "vitest";
import { earlyStopping } from "../../../../core/contract/training.ts";
import { noStopping, stoppingOf, stoppingProblem } from "./stopping.ts";

test("without patience fits go on to their last epoch", () => {
  expect(stoppingOf({ ...noStopping, every: 5 })).toBeUndefined();
});

test("patience alone is what the engine takes by default", () => {
  expect(stoppingOf({ ...noStopping, patience: 3 })).toEqual(earlyStopping.parse({ patience: 3 }));
});

test("everything that is chosen is sent, the share as a part of one", () => {
  const asked = stoppingOf({ patience: 2, every: 4, share: 25, metric: "ndcg@10", putAside: "leave-last-out" });
  expect(asked).toEqual({
    patience: 2,
    every: 4,
    metric: "ndcg@10",
    validation: { protocol: "leave-last-out", share: 0.25 },
  });
  expect(earlyStopping.parse(asked)).toEqual(asked);
});

test("what the engine would refuse is said beside the field", () => {
  for (const [name, value] of [
    ["patience", 0],
    ["patience", 1.5],
    ["every", 1001],
    ["share", 0],
    ["share", 100],
    ["share", "half"],
  ] as const)
    expect(
      stoppingProblem({ ...noStopping, patience: 3, [name]: value }, name),
      `${name} ${String(value)}`,
    ).not.toBeNull();
  expect(stoppingProblem({ ...noStopping, patience: 3 }, "patience")).toBeNull();
});
