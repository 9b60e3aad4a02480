import { ReelbenchError } from "../contract/errors.ts";

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
}

const ofList = { higherIsBetter: true, ofList: true, pooled: null, perUser: true } as const;

/** In the order of tables. */
export const metricFamilies: readonly MetricFamily[] = [
  { family: "ndcg", definition: "ndcg-binary-alltest-fullrank-v1", label: "NDCG", ...ofList },
  { family: "recall", definition: "recall-alltest-fullrank-v1", label: "Recall", ...ofList },
  { family: "precision", definition: "precision-alltest-fullrank-v1", label: "Precision", ...ofList },
  { family: "hit-rate", definition: "hitrate-alltest-fullrank-v1", label: "Hit rate", ...ofList },
  { family: "mrr", definition: "mrr-firsthit-alltest-fullrank-v1", label: "MRR", ...ofList },
  { family: "coverage", definition: "coverage-catalogue-testusers-v1", label: "Coverage", ...ofList, perUser: false },
  {
    family: "rmse",
    definition: "rmse-allratings-clipped-v1",
    label: "RMSE",
    higherIsBetter: false,
    ofList: false,
    pooled: { sum: "rmse_sum", count: "test_ratings", root: true },
    perUser: true,
  },
  {
    family: "mae",
    definition: "mae-allratings-clipped-v1",
    label: "MAE",
    higherIsBetter: false,
    ofList: false,
    pooled: { sum: "mae_sum", count: "test_ratings", root: false },
    perUser: true,
  },
];

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
