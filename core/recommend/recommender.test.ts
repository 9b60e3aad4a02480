import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ReelbenchError } from "../contract/errors.ts";
import type { FactorModel, FoldIn } from "../models/servable.ts";
import { createRecommender } from "./recommender.ts";
import type { GivenRating } from "./recommender.ts";

/** Numbers in −0.9 … 0.9 without a pattern (a plain sine would make matrices of rank 2), the same every time. */
function numbers(count: number, from: number): Float32Array {
  const scramble = (at: number) => Math.sin(from + at * 12.9898) * 43_758.5453;
  return Float32Array.from({ length: count }, (_, at) => (scramble(at) - Math.floor(scramble(at))) * 1.8 - 0.9);
}

function modelOf(
  shape: { users: number; items: number; factors: number },
  foldIn: FoldIn,
  change: Partial<FactorModel> = {},
): FactorModel {
  const { users, items, factors } = shape;
  return {
    form: "factors",
    users,
    items,
    factors,
    globalMean: 3.5,
    userBias: numbers(users, 1),
    itemBias: numbers(items, 2),
    userFactors: numbers(users * factors, 3),
    itemFactors: numbers(items * factors, 4),
    foldIn,
    predictsRatings: true,
    scale: { minimum: 1, maximum: 5 },
    ...change,
  };
}

const ridge: FoldIn = { kind: "ridge", regularization: 0.07, biasRegularization: 0.02, biasShrinkage: 1.5 };
const projection: FoldIn = { kind: "projection", center: 0.25 };
const shape = { users: 4, items: 30, factors: 7 };
const given: GivenRating[] = [
  { i: 17, rating: 5 },
  { i: 2, rating: 1 },
  { i: 9, rating: 3.5 },
  { i: 25, rating: 4 },
];

describe("score and predict", () => {
  it("add mean, biases and the product of factors", () => {
    const recommender = createRecommender({
      ...modelOf({ users: 1, items: 2, factors: 2 }, ridge),
      globalMean: 3,
      userBias: Float32Array.of(0.5),
      itemBias: Float32Array.of(-1, 2),
      userFactors: Float32Array.of(2, -1),
      itemFactors: Float32Array.of(0.5, 0.25, 1, 1),
    });
    expect(recommender.score(0, 0)).toBe(3 + 0.5 - 1 + (2 * 0.5 - 0.25));
    expect(recommender.score(0, 1)).toBe(3 + 0.5 + 2 + (2 - 1));
    expect(recommender.predict(0, 1)).toBe(5);
    expect([...recommender.scoresForUser(0)]).toEqual([3.25, 6.5]);
  });

  it("are not clipped where the model does not predict ratings", () => {
    const recommender = createRecommender(modelOf(shape, projection, { predictsRatings: false, globalMean: 40 }));
    expect(recommender.predict(0, 0)).toBe(recommender.score(0, 0));
  });

  it("refuse users and items that the model does not have", () => {
    const recommender = createRecommender(modelOf(shape, ridge));
    for (const ask of [
      () => recommender.userVector(4),
      () => recommender.userVector(-1),
      () => recommender.userVector(0.5),
      () => recommender.score(0, 30),
    ]) {
      expect(ask).toThrow(expect.objectContaining({ code: "RB_NOT_FOUND" }));
    }
  });
});

describe("topN", () => {
  it("puts equal scores in the order of their indices", () => {
    const itemBias = Float32Array.of(1, 3, 2, 3, 2, 3);
    const recommender = createRecommender({
      ...modelOf({ users: 1, items: 6, factors: 0 }, { kind: "none" }),
      itemBias,
    });
    expect(recommender.topN(0, 4).map(({ i }) => i)).toEqual([1, 3, 5, 2]);
    expect(recommender.topN(0, 2, { exclude: [3] }).map(({ i }) => i)).toEqual([1, 5]);
    expect(
      recommender.topN(0, 9, { allowed: Uint8Array.of(1, 0, 1, 1, 0, 0), exclude: [3, 77] }).map(({ i }) => i),
    ).toEqual([2, 0]);
    expect(recommender.topN(0, 0)).toEqual([]);
  });

  it("equals a full sort of what is allowed", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 70 }),
        fc.array(fc.nat(59)),
        (biases, n, exclude) => {
          const model = {
            ...modelOf({ users: 1, items: biases.length, factors: 0 }, { kind: "none" }),
            itemBias: Float32Array.from(biases),
          };
          const expected = biases
            .map((bias, i) => ({ bias, i }))
            .filter(({ i }) => !exclude.includes(i))
            .sort((a, b) => b.bias - a.bias || a.i - b.i)
            .slice(0, n)
            .map(({ i }) => i);
          expect(
            createRecommender(model)
              .topN(0, n, { exclude })
              .map(({ i }) => i),
          ).toEqual(expected);
        },
      ),
    );
  });

  it("lists the scores that score gives, bit for bit", () => {
    const recommender = createRecommender(modelOf(shape, ridge));
    const vector = recommender.foldIn(given);
    for (const who of [2, vector])
      for (const { i, score } of recommender.topN(who, 30)) expect(score).toBe(recommender.score(who, i));
  });
});

describe("foldIn", () => {
  /** The objective of `servable.ts`, written down once more. */
  function objective(model: FactorModel, bias: number, factors: ArrayLike<number>): number {
    if (model.foldIn.kind !== "ridge") throw new Error("Only a ridge has one.");
    const { regularization, biasRegularization, biasShrinkage = 0 } = model.foldIn;
    let value = biasShrinkage * bias * bias;
    for (const { i, rating } of given) {
      let error = rating - model.globalMean - model.itemBias[i]! - bias;
      let norm = 0;
      for (let f = 0; f < model.factors; f++) {
        error -= factors[f]! * model.itemFactors[i * model.factors + f]!;
        norm += factors[f]! ** 2;
      }
      value += error * error + biasRegularization * bias * bias + regularization * norm;
    }
    return value;
  }

  it("finds the minimum of the ridge objective: its gradient, by differences, is zero", () => {
    const model = modelOf(shape, ridge);
    const { bias, factors } = createRecommender(model).foldIn(given);
    const h = 1e-4;
    expect((objective(model, bias + h, factors) - objective(model, bias - h, factors)) / (2 * h)).toBeCloseTo(0, 8);
    factors.forEach((value, f) => {
      const above = factors.with(f, value + h);
      const below = factors.with(f, value - h);
      expect((objective(model, bias, above) - objective(model, bias, below)) / (2 * h)).toBeCloseTo(0, 8);
    });
  });

  it("solves the bias alone where there are no factors", () => {
    const model = modelOf({ users: 1, items: 30, factors: 0 }, ridge);
    const residuals = given.map(({ i, rating }) => rating - 3.5 - model.itemBias[i]!);
    const expected = residuals.reduce((sum, e) => sum + e, 0) / (given.length * 1.02 + 1.5);
    expect(createRecommender(model).foldIn(given).bias).toBeCloseTo(expected, 12);
  });

  it("projects onto the item factors", () => {
    const model = modelOf(shape, projection);
    const { bias, factors } = createRecommender(model).foldIn(given);
    expect(bias).toBe(0);
    factors.forEach((value, f) => {
      const expected = given.reduce((sum, { i, rating }) => sum + (rating - 0.25) * model.itemFactors[i * 7 + f]!, 0);
      expect(value).toBeCloseTo(expected, 12);
    });
  });

  it.each([ridge, projection])("does not depend on the order of the ratings ($kind)", (foldIn) => {
    const recommender = createRecommender(modelOf(shape, foldIn));
    const forwards = recommender.foldIn(given);
    expect(recommender.foldIn([...given].reverse())).toEqual(forwards);
    // A rating given again replaces the earlier one.
    expect(recommender.foldIn([{ i: 2, rating: 5 }, ...given])).toEqual(forwards);
  });

  it("survives a system without regularization and with fewer ratings than factors", () => {
    const recommender = createRecommender(modelOf(shape, { kind: "ridge", regularization: 0, biasRegularization: 0 }));
    const vector = recommender.foldIn(given);
    for (const { i, rating } of given) expect(recommender.score(vector, i)).toBeCloseTo(rating, 3);
  });

  it("refuses strange items and ratings off the scale", () => {
    const recommender = createRecommender(modelOf(shape, ridge));
    for (const bad of [
      { i: 30, rating: 3 },
      { i: -1, rating: 3 },
      { i: 0.5, rating: 3 },
      { i: 1, rating: 6 },
      { i: 1, rating: NaN },
    ]) {
      expect(() => recommender.foldIn([bad])).toThrow(ReelbenchError);
    }
  });

  it("answers a stranger with mean and item biases, or by popularity where a projection knows nothing", () => {
    const withBiases = createRecommender(modelOf(shape, ridge));
    expect(withBiases.score(withBiases.foldIn([]), 3)).toBe(3.5 + withBiases.model.itemBias[3]!);
    const itemPopularity = Float32Array.from({ length: 30 }, (_, i) => (i * 7) % 30);
    const projecting = createRecommender(modelOf(shape, projection, { itemPopularity }));
    const [first, second] = projecting.topN(projecting.foldIn([]), 2);
    expect(first?.score).toBe(29);
    expect(second?.score).toBe(28);
  });
});

describe("explain", () => {
  it.each([ridge, projection, { kind: "none" } as const])("sums to the score ($kind)", (foldIn) => {
    const recommender = createRecommender(modelOf(shape, foldIn));
    const explain = recommender.explain(given);
    const vector = recommender.foldIn(given);
    for (let i = 0; i < shape.items; i++) {
      const { score, baseline, remainder, contributions } = explain(i);
      const sum = contributions.reduce((total, { contribution }) => total + contribution, baseline);
      expect(Math.abs(sum - score)).toBeLessThan(1e-6 * Math.max(1, Math.abs(score)));
      expect(score).toBe(recommender.score(vector, i));
      expect(remainder).toBe(0);
      expect(contributions.map((share) => share.i)).toEqual([2, 9, 17, 25]);
    }
  });

  // The score is linear in each rating, so its derivative times the rating's residual is the rating's contribution.
  it.each([
    [ridge, (model: FactorModel, { i, rating }: GivenRating) => rating - model.globalMean - model.itemBias[i]!],
    [projection, (_: FactorModel, { rating }: GivenRating) => rating - 0.25],
  ] as const)("agrees with the score's derivative by differences", (foldIn, residual) => {
    const model = modelOf(shape, foldIn, { scale: { minimum: 0, maximum: 10 } });
    const recommender = createRecommender(model);
    const { contributions } = recommender.explain(given)(12);
    for (const { i, contribution } of contributions) {
      const changed = (by: number) =>
        given.map((rating) => (rating.i === i ? { i, rating: rating.rating + by } : rating));
      const scoreWith = (by: number) => recommender.score(recommender.foldIn(changed(by)), 12);
      const derivative = (scoreWith(0.5) - scoreWith(-0.5)) / 1;
      const rated = given.find((rating) => rating.i === i);
      expect(rated).toBeDefined();
      if (rated !== undefined) expect(contribution).toBeCloseTo(derivative * residual(model, rated), 9);
    }
  });

  it("gives a stored user's score exactly and names what their ratings do not account for", () => {
    const recommender = createRecommender(modelOf(shape, ridge));
    const { score, baseline, remainder, contributions } = recommender.explainUser(1, given)(12);
    expect(score).toBe(recommender.score(1, 12));
    expect(contributions.reduce((total, { contribution }) => total + contribution, baseline)).toBeCloseTo(score, 9);
    expect(remainder).toBeCloseTo(score - recommender.score(recommender.foldIn(given), 12), 12);
  });
});

describe("similar", () => {
  const itemFactors = Float32Array.of(1, 0, 2, 0, 1, 1, -1, 0, 0, 0);
  const recommender = createRecommender({ ...modelOf({ users: 1, items: 5, factors: 2 }, projection), itemFactors });

  it("is the cosine of item factors, without the item itself and without items that have none", () => {
    const list = recommender.similar(0, 10);
    expect(list.map(({ i }) => i)).toEqual([1, 2, 3]);
    expect(list[0]?.score).toBeCloseTo(1, 15);
    expect(list[1]?.score).toBeCloseTo(Math.SQRT1_2, 15);
    expect(list[2]?.score).toBeCloseTo(-1, 15);
    expect(recommender.similar(4, 10)).toEqual([]);
    expect(recommender.similar(0, 10, { exclude: [1] }).map(({ i }) => i)).toEqual([2, 3]);
  });

  it("is refused by models without factors", () => {
    const popularity = createRecommender(modelOf({ users: 1, items: 5, factors: 0 }, { kind: "none" }));
    expect(() => popularity.similar(0, 3)).toThrow(expect.objectContaining({ code: "RB_NO_ITEM_FACTORS" }));
  });
});
