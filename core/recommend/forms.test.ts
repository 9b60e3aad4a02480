import { describe, expect, it } from "vitest";
import { denseWeightModel, neighbourModel, sparseWeightModel } from "./forms.fixture.ts";
import { createRecommender } from "./recommender.ts";
import type { GivenRating } from "./recommender.ts";
import { bytesOfModel, shareModel } from "./shared-model.ts";

const history: GivenRating[] = [
  { i: 9, rating: 5 },
  { i: 2, rating: 3 },
  { i: 4, rating: 1 },
];

describe("a model of item weights", () => {
  it("adds up the weights of what counts, whichever way they are stored", () => {
    const dense = denseWeightModel();
    if (dense.weights.kind !== "dense") throw new Error("It is dense.");
    const { data } = dense.weights;
    for (const model of [dense, sparseWeightModel()]) {
      const recommender = createRecommender(model);
      const vector = recommender.foldIn(history);
      const scores = recommender.scoresForUser(vector);
      for (let i = 0; i < 15; i++) {
        // Item 4 was rated below 3: no rating, to this model.
        expect(scores[i]).toBe(data[2 * 15 + i]! + data[9 * 15 + i]!);
        expect(recommender.score(vector, i)).toBe(scores[i]);
      }
    }
  });

  it("takes ratings less their center, and adds a bias, where it says so", () => {
    const itemBias = Float32Array.from({ length: 15 }, (_, i) => i / 4);
    const model = denseWeightModel({ input: { kind: "rating", center: 3 }, itemBias });
    const recommender = createRecommender(model);
    const plain = createRecommender(denseWeightModel());
    const [like9, like4] = [9, 4].map((i) => plain.scoresForUser(plain.foldIn([{ i, rating: 5 }])));
    const scores = recommender.scoresForUser(recommender.foldIn(history));
    scores.forEach((score, i) => expect(score).toBeCloseTo(i / 4 + 2 * like9![i]! - 2 * like4![i]!, 12));
  });

  it("answers a known user from the history it is given, and says so where there is none to ask", () => {
    const recommender = createRecommender(sparseWeightModel(), (u) => (u === 7 ? history : []));
    expect(recommender.topN(7, 15)).toEqual(recommender.topN(recommender.foldIn(history), 15));
    expect(() => recommender.userVector(20)).toThrow(expect.objectContaining({ code: "RB_NOT_FOUND" }));
    expect(() => createRecommender(sparseWeightModel()).topN(7, 3)).toThrow(
      expect.objectContaining({ code: "RB_INTERNAL" }),
    );
  });

  it("answers with what is popular whoever has nothing that counts", () => {
    const model = sparseWeightModel();
    const recommender = createRecommender(model, () => []);
    for (const who of [3, recommender.foldIn([]), recommender.foldIn([{ i: 1, rating: 2 }])])
      expect([...recommender.scoresForUser(who)]).toEqual([...model.itemPopularity!]);
  });

  it("finds alike what an item speaks for most", () => {
    const dense = denseWeightModel();
    if (dense.weights.kind !== "dense") throw new Error("It is dense.");
    const row = Array.from(dense.weights.data.subarray(4 * 15, 5 * 15));
    const expected = row
      .map((score, i) => ({ i, score }))
      .filter(({ i, score }) => score > 0 && i !== 4)
      .toSorted((a, b) => b.score - a.score);
    for (const model of [dense, sparseWeightModel()]) expect(createRecommender(model).similar(4, 15)).toEqual(expected);
  });

  it("explains exactly: each rating's share, and nothing left over", () => {
    const recommender = createRecommender(sparseWeightModel(), () => history);
    const explain = recommender.explainUser(0, history);
    for (let i = 0; i < 15; i++) {
      const { score, baseline, remainder, contributions } = explain(i);
      expect([baseline, remainder]).toEqual([0, 0]);
      expect(contributions.map((each) => each.i)).toEqual([2, 4, 9]);
      expect(contributions[1]?.contribution).toBe(0);
      expect(contributions.reduce((sum, { contribution }) => sum + contribution, 0)).toBe(score);
    }
  });
});

describe("a model of neighbours", () => {
  it("does not let users be their own neighbours, stored or folded in", () => {
    const recommender = createRecommender(neighbourModel());
    for (let u = 0; u < 20; u++) expect([...recommender.userVector(u).users]).not.toContain(u);
  });

  it("answers with what is popular whoever has no neighbour", () => {
    const model = neighbourModel();
    const recommender = createRecommender(model);
    expect([...recommender.scoresForUser(recommender.foldIn([]))]).toEqual([...model.itemPopularity!]);
  });
});

it("vectors of one form are no vectors of another", () => {
  const vector = createRecommender(neighbourModel()).userVector(0);
  expect(() => createRecommender(sparseWeightModel()).score(vector, 0)).toThrow(
    expect.objectContaining({ code: "RB_INTERNAL" }),
  );
});

describe.each([sparseWeightModel(), denseWeightModel(), neighbourModel()])("sharing a model of $form", (model) => {
  it("leaves every answer as it was, and no array in memory of one thread", () => {
    const shared = shareModel(model);
    const arrays: ArrayBufferView[] = [];
    const collect = (value: unknown): void => {
      if (ArrayBuffer.isView(value)) arrays.push(value);
      else if (typeof value === "object" && value !== null) Object.values(value).forEach(collect);
    };
    collect(shared);
    expect(arrays.length).toBeGreaterThan(1);
    for (const { buffer } of arrays) expect(buffer).toBeInstanceOf(SharedArrayBuffer);
    const [before, after] = [model, shared].map((each) => createRecommender(each, () => history));
    expect(after!.topN(4, 15)).toEqual(before!.topN(4, 15));
    expect(after!.similar(4, 15)).toEqual(before!.similar(4, 15));
    expect(bytesOfModel(shared)).toBeGreaterThanOrEqual(bytesOfModel(model));
  });
});
