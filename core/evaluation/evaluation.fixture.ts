import type { Run } from "../contract/entities.ts";
import type { FactorModel, ServableModel } from "../models/servable.ts";
import type { FeatureTable } from "../models/algorithm.ts";
import { createRecommender } from "../recommend/recommender.ts";
import { Evaluator, columnNames, evaluationOutput, testUsers } from "./evaluate.ts";
import type { EvaluationInput, EvaluationOutput, RatingsByUser } from "./evaluation-data.ts";
import { itemFacts } from "./item-facts.ts";
import { plainRanker } from "./ranker.ts";
import type { PerUserTable } from "./per-user.ts";
import { summarize } from "./summarize.ts";

/** [user, item, rating] rows, ordered by user and item, as CSR. */
export function ratingsByUser(rows: readonly (readonly number[])[], users: number): RatingsByUser {
  const userStart = new Int32Array(users + 1);
  for (const [u = 0] of rows) userStart[u + 1]!++;
  for (let u = 0; u < users; u++) userStart[u + 1]! += userStart[u]!;
  return {
    userStart,
    item: Int32Array.from(rows, ([, i = 0]) => i),
    rating: Float32Array.from(rows, ([, , rating = 0]) => rating),
  };
}

/** A model without factors: the same list for everyone, item i's score itemBias[i]. */
export function listModel(users: number, itemBias: readonly number[], change: Partial<FactorModel> = {}): FactorModel {
  return {
    form: "factors",
    users,
    items: itemBias.length,
    factors: 0,
    globalMean: 0,
    userBias: new Float32Array(users),
    itemBias: Float32Array.from(itemBias),
    userFactors: new Float32Array(),
    itemFactors: new Float32Array(),
    foldIn: { kind: "none" },
    predictsRatings: false,
    scale: { minimum: 1, maximum: 5 },
    ...change,
  };
}

export function evaluateModel(
  model: ServableModel,
  trainRows: readonly (readonly number[])[],
  testRows: readonly (readonly number[])[],
  cutoffs: readonly number[],
  change: Partial<EvaluationInput> & { readonly itemFeatures?: FeatureTable } = {},
): { table: PerUserTable; output: EvaluationOutput; input: EvaluationInput } {
  const input = evaluationInput(model, trainRows, testRows, cutoffs, change);
  const output = evaluationOutput(columnNames(model.predictsRatings, input), input, model);
  const evaluator = new Evaluator(plainRanker(createRecommender(model)), input, output);
  evaluator.rows(0, input.users.length);
  evaluator.finish();
  return { table: { users: input.users, columns: output.columns }, output, input };
}

export function evaluationInput(
  model: ServableModel,
  trainRows: readonly (readonly number[])[],
  testRows: readonly (readonly number[])[],
  cutoffs: readonly number[],
  change: Partial<EvaluationInput> & { readonly itemFeatures?: FeatureTable } = {},
): EvaluationInput {
  const train = ratingsByUser(trainRows, model.users);
  const test = ratingsByUser(testRows, model.users);
  const { itemFeatures = null, ...rest } = change;
  const rated = { ...train, users: model.users, items: model.items, time: null, scale: model.scale, itemFeatures };
  const facts = itemFacts(rated, model);
  return { rated: train, test, users: testUsers(test), cutoffs, relevance: { from: null }, facts, ...rest };
}

/** A finished run whose metrics are the table's. */
export function runOf(id: string, algorithm: string, table: PerUserTable, change: Partial<Run> = {}): Run {
  return {
    id,
    name: id,
    state: "succeeded",
    createdAt: "2026-01-01T00:00:00Z",
    finishedAt: "2026-01-01T00:01:00Z",
    snapshotId: "s1",
    splitId: "p1",
    algorithm,
    hyperparameters: {},
    seed: 42,
    metrics: summarize(table, { cutoffs: [10], whole: new Map([["coverage@10", 0.5]]), seed: 42 }),
    curve: [],
    timings: null,
    machine: null,
    codeVersion: "test",
    modelHash: null,
    refitOf: null,
    error: null,
    note: "",
    ...change,
  };
}
