import type { Hyperparameters } from "../contract/entities.ts";
import type { Algorithm, FitContext, TrainingSet } from "./algorithm.ts";
import { costOfAlternation, fitAlternation } from "./alternating-ratings.ts";
import { ratingFactor } from "./gradient-descent.ts";
import { numberOf } from "./hyperparameters.ts";
import { nmfInfo } from "./nmf-info.ts";
import type { FactorModel } from "./servable.ts";

/**
 * r̂ = p_u·q_i with p, q ≥ 0 on Σ w (r − r̂)² + λ Σ_u n_u ‖p_u‖² + λ Σ_i n_i ‖q_i‖² over the ratings, by alternating non-negative least
 * squares: each row's gramian once, then coordinate descent on it (HALS; Cichocki and Phan 2009, Kim, He and Park 2014).
 * On a scale that reaches below zero its lowest rating is subtracted first.
 */
export const nmf: Algorithm<FactorModel> = { info: nmfInfo, estimateCost: costOfAlternation, fit };

function fit(data: TrainingSet, hyperparameters: Hyperparameters, context: FitContext): Promise<FactorModel> {
  const regularization = numberOf(hyperparameters, "regularization") / ratingFactor(data.scale);
  return fitAlternation(
    data,
    hyperparameters,
    {
      id: "nmf",
      mean: Math.min(0, data.scale.minimum),
      biasRegularization: null,
      steps: 0,
      sweeps: numberOf(hyperparameters, "sweeps"),
      startMean: 2,
      foldIn: { kind: "non-negative", regularization },
    },
    context,
  );
}
