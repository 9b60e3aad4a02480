import type { Hyperparameters } from "../contract/entities.ts";
import type { Algorithm, FitContext, TrainingSet } from "./algorithm.ts";
import { alsInfo } from "./als-info.ts";
import { costOfAlternation, fitAlternation } from "./alternating-ratings.ts";
import { ratingFactor } from "./gradient-descent.ts";
import { numberOf } from "./hyperparameters.ts";
import type { FactorModel } from "./servable.ts";
import { meanRating } from "./training-limits.ts";

/** Makes a fold-in's bias nothing, for a model that has none. */
const noBias = 1e12;

/** r̂ = μ + b_u + b_i + p_u·q_i by alternating least squares with weighted λ-regularization (Zhou et al. 2008, §3.2). */
export const als: Algorithm<FactorModel> = { info: alsInfo, estimateCost: costOfAlternation, fit };

function fit(data: TrainingSet, hyperparameters: Hyperparameters, context: FitContext): Promise<FactorModel> {
  const biases = hyperparameters["biases"] === true;
  const descends = hyperparameters["solver"] === "conjugate-gradient";
  const biasRegularization = numberOf(hyperparameters, "biasRegularization");
  return fitAlternation(
    data,
    hyperparameters,
    {
      id: "als",
      mean: biases && data.item.length > 0 ? meanRating(data) : 0,
      biasRegularization: biases ? biasRegularization : null,
      steps: descends ? numberOf(hyperparameters, "conjugateSteps") : 0,
      sweeps: 0,
      startMean: biases ? 0 : 3,
      // Σ (f·e)² + nλ‖√f p‖² = f² (Σ e² + n (λ/f) ‖p‖²); for biases both terms scale by f².
      foldIn: {
        kind: "ridge",
        regularization: numberOf(hyperparameters, "regularization") / ratingFactor(data.scale),
        biasRegularization: biases ? biasRegularization : noBias,
      },
    },
    context,
  );
}
