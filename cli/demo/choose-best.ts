import type { Comparison, Run } from "../../core/contract/entities.ts";
import { ReelbenchError } from "../../core/contract/errors.ts";

export interface Choice {
  readonly run: Run;
  /** The rule and what it does not show, in sentences. */
  readonly reason: string;
}

const metric = "ndcg@10";
/** Models without item factors cannot say which films are alike nor take in a new person's taste. */
const personal = new Set(["biased-svd", "puresvd"]);

/** The run to publish: the highest NDCG@10 among the models that can do all that the demo shows. */
export function chooseBest(runs: readonly Run[], comparison: Comparison): Choice {
  const scored = runs
    .map((run) => ({ run, value: run.metrics.find((found) => found.metric === metric)?.value ?? Number.NaN }))
    .filter(({ value }) => !Number.isNaN(value))
    .sort((a, b) => b.value - a.value);
  const best = scored.find(({ run }) => personal.has(run.algorithm));
  if (best === undefined) throw new ReelbenchError("RB_NO_MODEL", `No model with item factors has an ${metric}.`);
  const sentences = [
    `Rule: the highest NDCG@10 among the models with item factors (only these can answer "similar" and fold somebody new in). That is ${best.run.name} with ${best.value.toFixed(4)}.`,
  ];
  const [overall] = scored;
  if (overall !== undefined && overall.run.id !== best.run.id) {
    sentences.push(
      `${overall.run.name} scored higher (${overall.value.toFixed(4)}): on these data a list that is the same for everyone is hard to beat.`,
    );
  }
  const verdict = comparison.runs
    .find(({ runId }) => runId === best.run.id)
    ?.comparisons.find((found) => found.metric === metric);
  const baseline = runs.find(({ id }) => id === comparison.baselineId)?.name ?? "the baseline";
  if (verdict !== undefined)
    sentences.push(
      `Against ${baseline}: ${words[verdict.verdict]} (difference ${signed(verdict.difference)}${intervalOf(verdict.interval)}).`,
    );
  sentences.push("It was chosen on the same test it is reported on, so its own figure is slightly flattering.");
  return { run: best.run, reason: sentences.join(" ") };
}

const words = {
  better: "better beyond chance",
  worse: "worse beyond chance",
  "no-difference-shown": "no difference shown",
  "not-tested": "not tested, too few users",
} as const;

function signed(value: number): string {
  return `${value >= 0 ? "+" : ""}${value.toFixed(4)}`;
}

function intervalOf(interval: { readonly low: number; readonly high: number; readonly level: number } | null): string {
  return interval === null
    ? ""
    : `, ${Math.round(100 * interval.level)}% interval ${signed(interval.low)} … ${signed(interval.high)}`;
}
