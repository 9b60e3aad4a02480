import { expect, it } from "vitest";
import { withDistinctNames } from "./run-names.ts";

const run = (id: string, name: string, hyperparameters: Record<string, number>, seed = 42) => ({
  id,
  name,
  hyperparameters,
  seed,
});
const namesOf = (runs: readonly ReturnType<typeof run>[]) => withDistinctNames(runs).map(({ name }) => name);

it("leaves names alone that are different already", () => {
  expect(namesOf([run("a", "SVD", {}), run("b", "Biases", {})])).toEqual(["SVD", "Biases"]);
});

it("tells runs of one name apart by what was set", () => {
  const runs = [run("a", "SVD", { factors: 100, epochs: 60 }), run("b", "SVD", { factors: 200, epochs: 60 })];
  expect(namesOf(runs)).toEqual(["SVD (factors 100)", "SVD (factors 200)"]);
});

it("numbers runs that differ in nothing", () => {
  const runs = [run("a", "SVD", {}), run("b", "SVD", {}), run("c", "SVD", {}, 7)];
  expect(namesOf(runs)).toEqual(["SVD (seed 42) #1", "SVD (seed 42) #2", "SVD (seed 7)"]);
});
