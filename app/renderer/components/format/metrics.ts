import type { MetricValue } from "../../../../core/contract/entities.ts";
import { formatDecimal } from "./numbers.ts";

interface MetricText {
  readonly label: string;
  /** What it measures, in a sentence a newcomer understands. */
  readonly meaning: string;
}

const known: Readonly<Record<string, MetricText>> = {
  rmse: {
    label: "RMSE",
    meaning:
      "Root of the mean squared error of predicted ratings, in rating units. Large errors weigh more. Lower is better.",
  },
  mae: { label: "MAE", meaning: "Mean absolute error of predicted ratings, in rating units. Lower is better." },
  recall: {
    label: "Recall",
    meaning:
      "Share of a user's test films that are among the first k recommended, averaged over users. Ranked over the whole catalogue.",
  },
  precision: {
    label: "Precision",
    meaning: "Share of the first k recommendations that are test films of the user, averaged over users.",
  },
  ndcg: {
    label: "NDCG",
    meaning:
      "Normalised discounted cumulative gain of the first k: hits count more the higher they stand. 1 is a perfect ranking of the whole catalogue.",
  },
  map: { label: "MAP", meaning: "Mean average precision of the first k." },
  mrr: { label: "MRR", meaning: "Mean of 1 / rank of the first hit." },
  "hit-rate": { label: "Hit rate", meaning: "Share of users with at least one hit among the first k." },
  coverage: { label: "Coverage", meaning: "Share of the catalogue that appears in anybody's first k." },
  novelty: { label: "Novelty", meaning: "How unpopular the recommended films are, on average, in bits." },
  auc: {
    label: "AUC",
    meaning: "Share of the pairs of a relevant and another film in which the relevant one scores higher.",
  },
  "ndcg-exponential": {
    label: "NDCG (exponential)",
    meaning: "NDCG in which a film rated 5 counts for 31 and one rated 1 for 1.",
  },
  "recall-capped": {
    label: "Recall (capped)",
    meaning: "Recall over the smaller of k and the number of relevant films, as in papers after Liang 2018.",
  },
  serendipity: {
    label: "Serendipity",
    meaning: "Hits among the first k, weighed by how little popularity explains them.",
  },
  diversity: {
    label: "Diversity",
    meaning: "How unlike each other the first k are: 1 minus the mean cosine of all pairs.",
  },
  "popularity-lift": {
    label: "Popularity lift",
    meaning: "How much more popular the first k are than what the user has rated; 0: as popular.",
  },
  gini: { label: "Gini", meaning: "How unequally the first places fall to the catalogue: 0 equal, 1 all to one film." },
  "calibration-error": {
    label: "Calibration error",
    meaning: "Mean distance of predicted and given ratings in ten groups by prediction, in rating units.",
  },
  "sampled-hit-rate": {
    label: "Hit rate among sampled",
    meaning: "Only to reproduce papers: hit rate where each relevant film is ranked among a sample.",
  },
  "sampled-ndcg": {
    label: "NDCG among sampled",
    meaning: "Only to reproduce papers: NDCG where each relevant film is ranked among a sample.",
  },
};

function parts(metric: string): { readonly base: string; readonly cutOff: string | undefined } {
  const [base = metric, cutOff] = metric.split("@");
  return { base, cutOff };
}

/** `ndcg@10` → "NDCG@10". */
export function metricLabel(metric: string): string {
  const { base, cutOff } = parts(metric);
  const label = known[base]?.label ?? base.replaceAll("-", " ");
  // "NDCG@10 (exponential)": what stands in brackets is of the metric, not of its length.
  return cutOff === undefined ? label : label.replace(/(?= \()|$/u, `@${cutOff}`);
}

/** A learning curve's name: `train-rmse` → "Training RMSE". */
export function curveLabel(name: string): string {
  const [part = "", ...rest] = name.split("-");
  const prefix = { train: "Training", validation: "Validation", test: "Test" }[part];
  return prefix === undefined ? capitalized(metricLabel(name)) : `${prefix} ${metricLabel(rest.join("-"))}`;
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function metricMeaning(metric: string): string {
  const { base, cutOff } = parts(metric);
  const meaning = known[base]?.meaning ?? "";
  return cutOff === undefined ? meaning : meaning.replaceAll(/\bk\b/g, cutOff);
}

/** Four decimals for every metric: enough to see the intervals, and columns line up. */
export function formatMetric(value: number): string {
  return formatDecimal(value, 4);
}

export function findMetric(metrics: readonly MetricValue[], name: string): MetricValue | undefined {
  return metrics.find(({ metric }) => metric === name);
}

/** All metrics of these runs, rating errors last, in an order that does not depend on the runs' order. */
export function metricNames(runs: readonly { readonly metrics: readonly MetricValue[] }[]): readonly string[] {
  return orderedMetrics(runs.flatMap(({ metrics }) => metrics.map(({ metric }) => metric)));
}

/** Each once, the ones most looked at first. */
export function orderedMetrics(metrics: readonly string[]): readonly string[] {
  return [...new Set(metrics)].sort(
    (left, right) => rank(left) - rank(right) || left.localeCompare(right, "en", { numeric: true }),
  );
}

const headlines = ["ndcg", "recall", "precision", "hit-rate", "map", "mrr", "rmse", "mae", "coverage", "novelty"];
const order = [...headlines, "auc", "serendipity", "diversity", "popularity-lift", "gini", "calibration-error"];

/** Whether tables of many runs have room for it; a run's own page shows all. */
export function isHeadline(metric: string): boolean {
  return headlines.includes(parts(metric).base);
}

function rank(metric: string): number {
  const index = order.indexOf(parts(metric).base);
  return index === -1 ? order.length : index;
}
