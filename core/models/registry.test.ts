import { describe, expect, test } from "vitest";
import { algorithmInfo } from "../contract/entities.ts";
import { algorithmById, algorithms, parseHyperparameters } from "./registry.ts";

describe("the registry", () => {
  test("offers the foundation set under stable ids, each describable through the contract", () => {
    const ids = algorithms.map(({ info }) => info.id);
    expect(new Set(ids).size).toBe(ids.length);
    // Bundles and runs name them: none may go or change its name.
    for (const id of ["popularity", "biases", "biased-svd", "puresvd", "ials", "ease", "slim", "item-knn", "user-knn"])
      expect(ids).toContain(id);
    for (const { info } of algorithms) expect(algorithmInfo.parse(info)).toEqual(info);
  });

  test("every default lies in its own range, and no logarithmic range reaches zero", () => {
    for (const algorithm of algorithms) {
      expect(Object.keys(parseHyperparameters(algorithm, {}))).toEqual(
        algorithm.info.hyperparameters.map(({ name }) => name),
      );
      for (const field of algorithm.info.hyperparameters) {
        if (field.logarithmic === true) expect(field.minimum).toBeGreaterThan(0);
      }
    }
  });

  test("an unknown id is RB_NOT_FOUND and names what there is", () => {
    expect(() => algorithmById("svd++")).toThrow(
      expect.objectContaining({ code: "RB_NOT_FOUND", message: expect.stringContaining("biased-svd") as string }),
    );
  });
});

describe("parseHyperparameters", () => {
  const algorithm = algorithmById("biased-svd");

  test("fills in defaults and keeps what was given", () => {
    const parsed = parseHyperparameters(algorithm, { factors: 7 });
    expect(parsed["factors"]).toBe(7);
    expect(parsed["epochs"]).toBe(algorithm.info.hyperparameters.find(({ name }) => name === "epochs")?.default);
  });

  test.each([
    [{ factors: 0 }, "factors"],
    [{ factors: 1.5 }, "factors"],
    [{ factors: "10" }, "factors"],
    [{ learningRate: NaN }, "learningRate"],
    [{ learningRate: Infinity }, "learningRate"],
    [{ factor: 10 }, "factor"],
    [[], "expected"],
    ["x", "expected"],
  ])("refuses %j", (given, named) => {
    expect(() => parseHyperparameters(algorithm, given)).toThrow(
      expect.objectContaining({ code: "RB_INVALID_INPUT", message: expect.stringContaining(named) as string }),
    );
  });

  test("names every field that is wrong, not the first", () => {
    expect(() => parseHyperparameters(algorithm, { factors: -1, epochs: 0, colour: 1 })).toThrow(
      /(?=.*factors)(?=.*epochs)(?=.*colour)/,
    );
  });
});
