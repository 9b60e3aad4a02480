import { expect, test } from "vitest";
import { randomSparse, trainingSetOf } from "../compute/test-data.fixture.ts";
import type { TrainingSet } from "../models/algorithm.ts";
import { denseWeightModel, neighbourModel, sparseWeightModel } from "../recommend/forms.fixture.ts";
import { createRecommender } from "../recommend/recommender.ts";
import { evaluateInThreads } from "./evaluate-in-threads.ts";

const all = randomSparse(20, 15, 0.6, 12);
/** Every other rating of each user. */
function half(parity: number): TrainingSet {
  const chosen = Array.from(all.columns.keys()).filter((n) => n % 2 === parity);
  const start = Int32Array.from(all.start, (end) => chosen.filter((n) => n < end).length);
  const pick = (n: number): number => all.columns[n] ?? 0;
  return trainingSetOf(
    {
      start,
      columns: Int32Array.from(chosen, pick),
      values: Float32Array.from(chosen, (n) => all.values[n] ?? 0),
    },
    15,
  );
}

const [train, held] = [half(0), half(1)];
const rowOf = (data: TrainingSet, u: number) =>
  Array.from({ length: (data.userStart[u + 1] ?? 0) - (data.userStart[u] ?? 0) }, (_, n) => ({
    i: data.item[(data.userStart[u] ?? 0) + n] ?? 0,
    rating: data.rating[(data.userStart[u] ?? 0) + n] ?? 0,
  }));

test.each([
  ["sparse weights", sparseWeightModel()],
  ["dense weights", denseWeightModel()],
  ["neighbours", neighbourModel()],
])("known users of %s are tested on what their training ratings make of them", async (_, model) => {
  const { perUser } = await evaluateInThreads(
    { model, train, test: held, cutoffs: [4], threads: 2 },
    { signal: new AbortController().signal, onProgress: () => undefined },
  );
  const recommender = createRecommender(model, (u) => rowOf(train, u));
  const recalls = Array.from(perUser.users, (u) => {
    const relevant = new Set(rowOf(held, u).map(({ i }) => i));
    const list = recommender.topN(u, 4, { exclude: rowOf(train, u).map(({ i }) => i) });
    return list.filter(({ i }) => relevant.has(i)).length / relevant.size;
  });
  expect(Array.from(perUser.columns.get("recall@4") ?? [])).toEqual(recalls);
  expect(new Set(recalls).size).toBeGreaterThan(3);
});
