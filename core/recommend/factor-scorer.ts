import type { FactorModel } from "../models/servable.ts";
import { dotRow } from "./dense.ts";
import { foldRatings } from "./fold-in.ts";
import { timeCorrection } from "./time-effects.ts";
import type { FactorVector, FormScorer } from "./user-vector.ts";

/** score(u, i) = μ + b_u + b_i + p_u·q_i. */
export function factorScorer(model: FactorModel): FormScorer<FactorVector> {
  const { factors: k, globalMean, userBias, itemBias, userFactors, itemFactors } = model;
  let norms: Float64Array | undefined;

  const rowOf = (matrix: Float32Array, row: number) => new Float64Array(matrix.subarray(row * k, (row + 1) * k));
  const score = ({ bias, factors }: FactorVector, i: number) =>
    globalMean + bias + itemBias[i]! + dotRow(factors, itemFactors, i);

  return {
    stored: (u) => ({
      form: "factors",
      ...(model.timeEffects && { u }),
      bias: userBias[u]!,
      factors: rowOf(userFactors, u),
    }),
    fold: (ratings) => foldRatings(model, ratings),
    /** A projection or an implicit fold-in of nothing is the zero vector. */
    knowsNothing: ({ bias, factors }) =>
      (model.foldIn.kind === "projection" ||
        model.foldIn.kind === "implicit" ||
        model.foldIn.kind === "implicit-sum") &&
      bias === 0 &&
      factors.every((value) => value === 0),
    score,
    correctionAt: (vector, i, time) => timeCorrection(model, vector, i, time),
    scoreAll(vector, out) {
      for (let i = 0; i < model.items; i++) out[i] = score(vector, i);
    },
    baseline: (i) => globalMean + itemBias[i]!,
    similarities(i, out, unlike) {
      norms ??= Float64Array.from({ length: model.items }, (_, other) =>
        Math.sqrt(dotRow(rowOf(itemFactors, other), itemFactors, other)),
      );
      const norm = norms[i]!;
      const target = rowOf(itemFactors, i);
      for (let other = 0; other < model.items; other++) {
        const product = norm * norms[other]!;
        if (product === 0) unlike[other] = 1;
        else out[other] = dotRow(target, itemFactors, other) / product;
      }
    },
  };
}
