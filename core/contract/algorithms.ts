/** What can be trained, and the form of its hyperparameters. */
import { z } from "zod";
import { entityId } from "./identifiers.ts";

export const hyperparameterValue = z.union([z.number(), z.boolean(), z.string()]);
export const hyperparameters = z.record(z.string(), hyperparameterValue);
export type Hyperparameters = z.infer<typeof hyperparameters>;

/** One field of an algorithm's form. */
export const hyperparameterField = z.object({
  name: z.string(),
  label: z.string(),
  /** The paper's meaning, units included. */
  description: z.string(),
  kind: z.enum(["integer", "real", "boolean", "choice", "text"]),
  default: hyperparameterValue,
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  /** Sliders and searches step multiplicatively. */
  logarithmic: z.boolean().optional(),
  choices: z.array(z.string()).optional(),
});

export const algorithmInfo = z.object({
  id: entityId,
  name: z.string(),
  summary: z.string(),
  whenToUse: z.string(),
  paper: z.object({ citation: z.string(), url: z.string().nullable() }).nullable(),
  /** Whether scores are on the rating scale, so that RMSE and MAE mean something. */
  predictsRatings: z.boolean(),
  iterative: z.boolean(),
  /** What it makes use of beside who rated what how. */
  uses: z.array(z.enum(["rating-values", "times", "weights", "item-features", "user-features"])),
  /** `explain`: contributions that add up to the score exactly. `intervals`: a standard deviation with each predicted rating. */
  offers: z.array(z.enum(["fold-in", "explain", "warm-start", "intervals", "early-stopping"])),
  hyperparameters: z.array(hyperparameterField),
});
export type AlgorithmInfo = z.infer<typeof algorithmInfo>;
