import { describe, expect, it } from "vitest";
import { evaluationOptions, trainingOptions } from "../../../../core/contract/entities.ts";
import type { AlgorithmInfo } from "../../../../core/contract/entities.ts";
import {
  cutoffsProblem,
  evaluationOf,
  haveProblems,
  noOptions,
  optionsSummary,
  refusalOf,
  trainingOf,
} from "./run-options.ts";

const algorithm = (uses: AlgorithmInfo["uses"], offers: AlgorithmInfo["offers"] = []) =>
  ({ name: "X", uses, offers }) as unknown as AlgorithmInfo;

describe("what is made of the training ratings, and how a run is judged", () => {
  it("is nothing unless something is asked for", () => {
    expect(trainingOf(noOptions)).toBeUndefined();
    expect(evaluationOf(noOptions)).toBeUndefined();
    expect(haveProblems(noOptions)).toBe(false);
  });
  it("is what the engine takes", () => {
    const all = {
      ...noOptions,
      likesFrom: 4,
      low: "worst",
      confidence: 2,
      halfLifeDays: 365,
      contentForColdItems: 10,
    } as const;
    const training = trainingOf(all);
    expect(trainingOptions.parse(training)).toEqual(training);
    expect(training?.likes).toEqual({ from: 4, values: "equal", low: "worst" });
    const evaluation = evaluationOf({ ...noOptions, cutoffs: ["20", "5", "20"], relevantFrom: 4 });
    expect(evaluationOptions.parse(evaluation)).toEqual({ cutoffs: [5, 20], relevantFrom: 4 });
  });
  it("names what cannot be", () => {
    expect(haveProblems({ ...noOptions, confidence: 0 })).toBe(true);
    expect(haveProblems({ ...noOptions, halfLifeDays: "soon" })).toBe(true);
    expect(cutoffsProblem({ ...noOptions, cutoffs: ["10", "0"] })).not.toBeNull();
    expect(cutoffsProblem({ ...noOptions, cutoffs: ["ten"] })).not.toBeNull();
  });
  it("is refused by algorithms on which it would have no effect, as the engine would", () => {
    const weighed = trainingOf({ ...noOptions, confidence: 1 });
    expect(refusalOf(algorithm(["rating-values"]), weighed)).toContain("equally important");
    expect(refusalOf(algorithm(["weights"]), weighed)).toBeNull();
    const worst = trainingOf({ ...noOptions, likesFrom: 4, low: "worst" });
    expect(refusalOf(algorithm([]), worst)).toContain("left out");
    expect(refusalOf(algorithm(["rating-values"]), worst)).toBeNull();
    expect(refusalOf(algorithm([]), undefined)).toBeNull();
    const stopping = trainingOf({ ...noOptions, stopping: { ...noOptions.stopping, patience: 3 } });
    expect(refusalOf(algorithm([]), stopping)).toContain("stopped early");
    expect(refusalOf(algorithm([], ["early-stopping"]), stopping)).toBeNull();
  });
  it("can be said in a line", () => {
    expect(optionsSummary(noOptions)).toBe("ratings as they are, lists of 10");
    expect(optionsSummary({ ...noOptions, likesFrom: 4, cutoffs: ["5"] })).toBe("likes from 4, lists of 5");
  });
});
