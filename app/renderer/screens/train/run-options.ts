import type { AlgorithmInfo, EvaluationOptions, TrainingOptions } from "../../../../core/contract/entities.ts";

import { noStopping, stoppingOf, stoppingProblem } from "./stopping.ts";
import type { StoppingOptions } from "./stopping.ts";

type Typed = number | string;

/** What is made of the training ratings and how a run is judged, as it stands in the form. Empty: left out. */
export interface RunOptions {
  readonly likesFrom: Typed;
  readonly likeValues: "equal" | "as-rated";
  readonly low: "left-out" | "worst";
  readonly confidence: Typed;
  readonly halfLifeDays: Typed;
  readonly contentForColdItems: Typed;
  /** Lengths of the lists that are judged. */
  readonly cutoffs: readonly string[];
  readonly relevantFrom: Typed;
  readonly stopping: StoppingOptions;
}

export const noOptions: RunOptions = {
  likesFrom: "",
  likeValues: "equal",
  low: "left-out",
  confidence: "",
  halfLifeDays: "",
  contentForColdItems: "",
  cutoffs: [],
  relevantFrom: "",
  stopping: noStopping,
};

export type NumberOption = "likesFrom" | "confidence" | "halfLifeDays" | "contentForColdItems" | "relevantFrom";

/** Why a value will not do; null when it will. */
export function optionProblem(options: RunOptions, name: NumberOption): string | null {
  const value = options[name];
  if (value === "") return null;
  if (typeof value !== "number" || !Number.isFinite(value)) return "A number, or nothing.";
  const needsPositive = name === "confidence" || name === "halfLifeDays" || name === "contentForColdItems";
  if (needsPositive && value <= 0) return "Above 0.";
  return needsPositive && value > 1e6 ? "At most 1,000,000." : null;
}

export function cutoffsProblem({ cutoffs }: RunOptions): string | null {
  if (cutoffs.length > 12) return "At most 12.";
  const fits = (text: string) => /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 1000;
  return cutoffs.every(fits) ? null : "Whole numbers from 1 to 1,000.";
}

const numberOptions = ["likesFrom", "confidence", "halfLifeDays", "contentForColdItems", "relevantFrom"] as const;

export function haveProblems(options: RunOptions): boolean {
  const stops = (["patience", "every", "share"] as const).some(
    (name) => stoppingProblem(options.stopping, name) !== null,
  );
  return (
    stops || cutoffsProblem(options) !== null || numberOptions.some((name) => optionProblem(options, name) !== null)
  );
}

/** What is sent of them; undefined where everything is left as it is. */
export function trainingOf(options: RunOptions): TrainingOptions | undefined {
  const { likesFrom, likeValues, low, confidence, halfLifeDays, contentForColdItems } = options;
  const earlyStopping = stoppingOf(options.stopping);
  const training: TrainingOptions = {
    ...(likesFrom === "" ? {} : { likes: { from: Number(likesFrom), values: likeValues, low } }),
    ...(confidence === "" ? {} : { confidence: Number(confidence) }),
    ...(halfLifeDays === "" ? {} : { halfLifeDays: Number(halfLifeDays) }),
    ...(contentForColdItems === "" ? {} : { contentForColdItems: Number(contentForColdItems) }),
    ...(earlyStopping === undefined ? {} : { earlyStopping }),
  };
  return Object.keys(training).length === 0 ? undefined : training;
}

export function evaluationOf({ cutoffs, relevantFrom }: RunOptions): EvaluationOptions | undefined {
  const evaluation: EvaluationOptions = {
    ...(cutoffs.length === 0 ? {} : { cutoffs: [...new Set(cutoffs.map(Number))].sort((a, b) => a - b) }),
    ...(relevantFrom === "" ? {} : { relevantFrom: Number(relevantFrom) }),
  };
  return Object.keys(evaluation).length === 0 ? undefined : evaluation;
}

/** Why an algorithm would refuse these options (one without effect would be taken for one that had it); null when it would not. */
export function refusalOf({ name, uses, offers }: AlgorithmInfo, training: TrainingOptions | undefined): string | null {
  if (training === undefined) return null;
  const weighs = training.confidence !== undefined || training.halfLifeDays !== undefined;
  if (weighs && !uses.includes("weights"))
    return `${name} takes every rating as equally important: it cannot use confidence or age.`;
  if (training.likes?.low === "worst" && !uses.includes("rating-values"))
    return `${name} takes every rating for a like: low ones have to be left out.`;
  if (training.earlyStopping !== undefined && !offers.includes("early-stopping"))
    return `${name} cannot be stopped early: train it by itself, without patience.`;
  return null;
}

/** "likes from 4, half-life 365 days": for a heading while the form is closed. `judged`: whether judgement is spoken of. */
export function optionsSummary(options: RunOptions, judged = true): string {
  const training = trainingOf(options);
  const evaluation = judged ? evaluationOf(options) : undefined;
  const said = [
    ...(training?.likes === undefined ? [] : [`likes from ${String(training.likes.from)}`]),
    ...(training?.confidence === undefined ? [] : [`confidence ${String(training.confidence)}`]),
    ...(training?.halfLifeDays === undefined ? [] : [`half-life ${String(training.halfLifeDays)} days`]),
    ...(training?.contentForColdItems === undefined ? [] : ["new films by content"]),
    ...(training?.earlyStopping === undefined
      ? []
      : [`stopping early, patience ${String(training.earlyStopping.patience)}`]),
    ...(evaluation?.cutoffs === undefined ? [] : [`lists of ${evaluation.cutoffs.join(", ")}`]),
    ...(evaluation?.relevantFrom === undefined ? [] : [`relevant from ${String(evaluation.relevantFrom)}`]),
  ];
  return said.length > 0 ? said.join(", ") : judged ? "ratings as they are, lists of 10" : "as they are";
}
