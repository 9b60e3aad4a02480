import { ReelbenchError } from "../contract/errors.ts";
import { relevanceName } from "./relevance.ts";
import type { Relevance } from "./relevance.ts";

/** How a family of metrics is computed and shown. `docs/reference/metrics.md` says it in formulas. */
export interface MetricFamily {
  readonly family: string;
  /** Part of every stored value. A change of the computation is a change of this string. */
  readonly definition: string;
  readonly label: string;
  readonly higherIsBetter: boolean;
  /** Whether its name carries a list length: `ndcg@10`. */
  readonly ofList: boolean;
  /** Ratio of two sums over users: `sum` ÷ `count`; null counts each user once (a mean over users). */
  readonly pooled: { readonly sum: string; readonly count: string; readonly root: boolean } | null;
  /** False: a number of the whole evaluation, without a value for each user. */
  readonly perUser: boolean;
  /** Whether comparisons test it. The others describe: each would make all tests of the table less sharp. */
  readonly tested: boolean;
}

const ofList = { higherIsBetter: true, ofList: true, pooled: null, perUser: true, tested: true } as const;
const described = { ...ofList, tested: false } as const;
const whole = { ...described, perUser: false } as const;
const ofRatings = { ofList: false, tested: true, perUser: true } as const;

/**
 * In the order of tables. `alltest` in a definition stands for the rule of relevance of the run (`definitionOf`), `alike` for
 * what the likeness of items was taken from.
 */
export const metricFamilies: readonly MetricFamily[] = [
  { family: "ndcg", definition: "ndcg-binary-alltest-fullrank-v1", label: "NDCG", ...ofList },
  {
    family: "ndcg-exponential",
    definition: "ndcg-exponential-alltest-fullrank-v1",
    label: "NDCG (exponential gain)",
    ...described,
  },
  { family: "recall", definition: "recall-alltest-fullrank-v1", label: "Recall", ...ofList },
  {
    family: "recall-capped",
    definition: "recall-capped-alltest-fullrank-v1",
    label: "Recall (of min(k, relevant))",
    ...described,
  },
  { family: "precision", definition: "precision-alltest-fullrank-v1", label: "Precision", ...ofList },
  { family: "map", definition: "map-overrelevant-alltest-fullrank-v1", label: "MAP", ...ofList },
  { family: "hit-rate", definition: "hitrate-alltest-fullrank-v1", label: "Hit rate", ...ofList },
  { family: "mrr", definition: "mrr-firsthit-alltest-fullrank-v1", label: "MRR", ...ofList },
  { family: "auc", definition: "auc-halfties-alltest-fullrank-v1", label: "AUC", ...ofList, ofList: false },
  { family: "novelty", definition: "novelty-selfinformation-v1", label: "Novelty (bits)", ...described },
  { family: "serendipity", definition: "serendipity-ranks-alltest-fullrank-v1", label: "Serendipity", ...described },
  { family: "diversity", definition: "diversity-cosine-alike-v1", label: "Diversity within lists", ...described },
  {
    family: "popularity-lift",
    definition: "popularitylift-overprofile-v1",
    label: "Popularity lift",
    ...described,
    higherIsBetter: false,
  },
  { family: "coverage", definition: "coverage-catalogue-testusers-v1", label: "Coverage", ...whole },
  { family: "gini", definition: "gini-catalogue-testusers-v1", label: "Gini", ...whole, higherIsBetter: false },
  {
    family: "rmse",
    definition: "rmse-allratings-clipped-v1",
    label: "RMSE",
    higherIsBetter: false,
    ...ofRatings,
    pooled: { sum: "rmse_sum", count: "test_ratings", root: true },
  },
  {
    family: "mae",
    definition: "mae-allratings-clipped-v1",
    label: "MAE",
    higherIsBetter: false,
    ...ofRatings,
    pooled: { sum: "mae_sum", count: "test_ratings", root: false },
  },
  {
    family: "calibration-error",
    definition: "calibration-deciles-clipped-v1",
    label: "Calibration error",
    ...whole,
    higherIsBetter: false,
    ofList: false,
  },
  {
    family: "sampled-hit-rate",
    definition: "hitrate-alltest-sampled-v1",
    label: "Hit rate among sampled items",
    ...described,
  },
  { family: "sampled-ndcg", definition: "ndcg-alltest-sampled-v1", label: "NDCG among sampled items", ...described },
];

/** What of a run's options is part of its metrics' definitions. */
export interface DefinitionContext {
  readonly relevance: Relevance;
  readonly alike: "genres" | "factors" | null;
  readonly sampledNegatives: number | null;
}

/** The definition as a run stores it: metrics by other rules have other names, and are never compared. */
export function definitionOf({ definition }: MetricFamily, context: DefinitionContext): string {
  return definition
    .replace("alltest", relevanceName(context.relevance))
    .replace("alike", context.alike ?? "none")
    .replace("sampled", `sampled${String(context.sampledNegatives ?? 0)}`);
}

/** The family of a metric's name (`ndcg@10` → `ndcg`). Throws RB_INVALID_INPUT for a name nobody defined. */
export function familyOf(metric: string): MetricFamily {
  const [name] = metric.split("@");
  const found = metricFamilies.find(({ family }) => family === name);
  if (found === undefined) throw new ReelbenchError("RB_INVALID_INPUT", `There is no metric "${metric}".`);
  return found;
}

/** For people: `ndcg@10` → `NDCG@10`. */
export function metricLabel(metric: string): string {
  const [, length] = metric.split("@");
  return familyOf(metric).label + (length === undefined ? "" : `@${length}`);
}
