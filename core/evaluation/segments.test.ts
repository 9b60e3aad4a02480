import { describe, expect, it } from "vitest";
import type { FeatureTable } from "../models/algorithm.ts";
import { createRecommender } from "../recommend/recommender.ts";
import { indexForScan } from "../recommend/scanner.ts";
import { Evaluator, columnNames, evaluationOutput } from "./evaluate.ts";
import { evaluateModel, evaluationInput, listModel } from "./evaluation.fixture.ts";
import { createRanker } from "./ranker.ts";
import { addReports, reportOf } from "./report-sums.ts";
import { sumReport } from "./report.ts";
import { popularityThirds, segmentSums } from "./segments.ts";

// Six items in the order 0 … 5 by score, everyone the same list; predictions are the scores, clipped to 1 … 5.
const model = listModel(3, [6, 5, 4, 3, 2, 1], { predictsRatings: true });
const train = [
  [0, 0, 5],
  [0, 1, 4],
  [1, 0, 3],
  [2, 0, 2],
];
const test = [
  [0, 2, 5],
  [0, 5, 3],
  [1, 1, 5],
  [2, 3, 1],
];
const genres: FeatureTable = {
  names: ["decade: 1990", "genre: War", "genre: Love"],
  start: Int32Array.of(0, 1, 2, 4, 4, 4, 5),
  index: Int32Array.of(0, 1, 1, 2, 2),
  value: null,
};
// User 0: F, zip 3; user 1: M, zip 4; user 2: nothing known.
const zips = Array.from({ length: 31 }, (_, at) => `zip: ${String(at)}`);
const people: FeatureTable = {
  names: ["gender: F", "gender: M", ...zips],
  start: Int32Array.of(0, 2, 4, 4),
  index: Int32Array.of(0, 5, 1, 6),
  value: null,
};
const day = 86_400;
const time = Float64Array.of(0, 20 * day, 40 * day, NaN);

describe("segments, by hand", () => {
  const { input, output } = evaluateModel(model, train, test, [2]);
  const sums = segmentSums({ input, output, time, itemFeatures: genres, userFeatures: people, k: 2 });
  const of = (kind: string, label: string) => sums.find((segment) => segment.kind === kind && segment.label === label)!;

  it("group users by their ratings in training", () => {
    // Users 1 and 2 and user 0 all have 1 to 9. Lists: 2 3, 1 2, 1 2. Found at 2: user 0's item 2, user 1's item 1.
    const few = of("activity", "1–9 ratings");
    expect([few.ratings, few.users, few.relevant, few.hits]).toEqual([4, 3, 4, 2]);
    // Predicted 4, 1, 5, 3; rated 5, 3, 5, 1.
    expect([few.squared, few.absolute]).toEqual([1 + 4 + 0 + 4, 1 + 2 + 0 + 2]);
    expect(of("activity", "no ratings").ratings).toBe(0);
  });

  it("group users by what is known of them, where that tells of kinds of people", () => {
    expect(sums.filter(({ kind }) => kind === "attribute").map(({ label }) => label)).toEqual([
      "gender: F",
      "gender: M",
    ]);
    // User 0: predicted 4 and 1, rated 5 and 3; item 2 of 2 and 5 found, which stands second.
    const women = of("attribute", "gender: F");
    expect([women.ratings, women.users, women.squared, women.relevant, women.hits]).toEqual([2, 1, 5, 2, 1]);
    const men = of("attribute", "gender: M");
    expect([men.ratings, men.users, men.squared, men.ndcg]).toEqual([1, 1, 0, 1]);
  });

  it("group items by thirds of the training ratings", () => {
    // Item 0 has three of four ratings: it begins the first third. Item 1 begins at three quarters: the last.
    expect([...popularityThirds(Int32Array.of(3, 1, 0, 0))]).toEqual([0, 2, 3, 3]);
    expect(of("popularity", "least popular third").hits).toBe(1);
    expect(of("popularity", "never rated in training").ratings).toBe(3);
  });

  it("count an item in each of its genres, and nothing that is not one", () => {
    expect(sums.filter(({ kind }) => kind === "genre").map(({ label }) => label)).toEqual(["War", "Love"]);
    expect([of("genre", "War").ratings, of("genre", "War").hits]).toEqual([2, 2]);
    expect([of("genre", "Love").ratings, of("genre", "Love").hits]).toEqual([2, 1]);
  });

  it("group by days, months or years, whichever the span allows, and leave out unknown times", () => {
    const labels = sums.filter(({ kind }) => kind === "time").map(({ label }) => label);
    expect(labels).toEqual(["1970-01-01", "1970-01-21", "1970-02-10"]);
    const years = time.map((seconds) => seconds * 40);
    const byYear = segmentSums({ input, output, time: years, itemFeatures: null, userFeatures: null, k: 2 });
    expect(byYear.filter(({ kind }) => kind === "time").map(({ label }) => label)).toEqual(["1970", "1972", "1974"]);
  });

  it("add up over folds as over their test ratings together", () => {
    const rated = { ...input.rated, rating: new Float32Array(4), users: 3, items: 6, time: null, scale: model.scale };
    const tested = { ...input.test, users: 3, items: 6, time, scale: model.scale };
    const one = sumReport(input, output, { rated, test: tested });
    const options = { relevantFrom: null, sampledNegatives: null, warnings: [] };
    const [single, double] = [reportOf(one, options), reportOf(addReports([one, one]), options)];
    expect(double.relevantRatings).toBe(2 * single.relevantRatings);
    expect(double.segments.map(({ ratings }) => ratings)).toEqual(single.segments.map(({ ratings }) => 2 * ratings));
    for (const key of ["rmse", "mae", "recall", "ndcg"] as const)
      expect(double.segments.map((segment) => segment[key])).toEqual(single.segments.map((segment) => segment[key]));
    expect(double.calibration.map(({ observed }) => observed)).toEqual(
      single.calibration.map(({ observed }) => observed),
    );
  });
});

describe("a threshold of relevance", () => {
  it("takes low test ratings for misses, and leaves out of lists' metrics who has no other", () => {
    const { table } = evaluateModel(model, train, test, [2], { relevance: { from: 4 } });
    expect([...table.columns.get("recall@2")!]).toEqual([1, 1, NaN]);
    expect([...table.columns.get("auc")!].map(Number.isNaN)).toEqual([false, false, true]);
    // Errors are of all test ratings.
    expect([...table.columns.get("rmse_sum")!]).toEqual([1 + 4, 0, 4]);
  });
});

describe("sampled metrics", () => {
  it("rank a relevant item among all others when the sample is everything, ties against it", () => {
    const { table } = evaluateModel(model, train, test, [1, 2], { sampled: { negatives: 100, seed: 1 } });
    // User 0: relevant 2 and 5 among 3 and 4: places 1 and 3. User 1: 1 among 2 3 4 5: place 1. User 2: 3 among 1 2 4 5: place 3.
    expect([...table.columns.get("sampled-hit-rate@1")!]).toEqual([0.5, 1, 0]);
    expect([...table.columns.get("sampled-ndcg@2")!]).toEqual([0.5, 1, 0]);
    const tied = evaluateModel(listModel(1, [1, 1, 1]), [], [[0, 0, 5]], [1], { sampled: { negatives: 2, seed: 1 } });
    expect(tied.table.columns.get("sampled-hit-rate@1")![0]).toBe(0);
  });
});

describe("evaluation by the scan", () => {
  it.each([false, true])("fills the same bytes as evaluation by the recommender alone (ties: %s)", async (coarse) => {
    const [users, items, factors] = [150, 400, 9];
    const scramble = (at: number) => Math.sin(at * 12.9898) * 43_758.5453;
    const numbers = (count: number, from: number) =>
      Float32Array.from({ length: count }, (_, at) => {
        const uniform = scramble(from + at) - Math.floor(scramble(from + at));
        return coarse ? Math.round(uniform * 2) - 1 : uniform * 2 - 1;
      });
    const factorModel = {
      ...listModel(users, [...numbers(items, 5)], { predictsRatings: true }),
      factors,
      userFactors: numbers(users * factors, 1000),
      itemFactors: numbers(items * factors, 9000),
    };
    const rows = (every: number, from: number) =>
      Array.from({ length: users }, (_, u) =>
        Array.from({ length: items }, (__, i) => i)
          .filter((i) => (i * 7 + u * 13 + from) % every === 0)
          .map((i) => [u, i, 1 + ((i + u) % 5)]),
      ).flat();
    const held = rows(29, 3);
    const known = rows(17, 0).filter(([u, i]) => !held.some(([v, j]) => u === v && i === j));
    const plain = evaluateModel(factorModel, known, held, [3, 20]);
    const input = evaluationInput(factorModel, known, held, [3, 20]);
    const output = evaluationOutput(columnNames(true, input), input, factorModel);
    const index = indexForScan(factorModel, { longestList: 20, rankings: true });
    expect(index).not.toBeNull();
    const evaluator = new Evaluator(await createRanker(createRecommender(factorModel), index, 0), input, output);
    evaluator.rows(0, input.users.length);
    evaluator.finish();
    for (const [name, column] of plain.output.columns) expect([name, output.columns.get(name)]).toEqual([name, column]);
    expect(output.listed).toEqual(plain.output.listed);
    expect(output.places).toEqual(plain.output.places);
    expect(output.predictions).toEqual(plain.output.predictions);
  });
});
