import type { Comparison, Run } from "../contract/entities.ts";
import { fewestUsersForIntervals } from "./bootstrap.ts";
import { familyOf, metricLabel } from "./metric.ts";

type RunComparison = Comparison["runs"][number];
type MetricComparison = RunComparison["comparisons"][number];

/** What a run's comparisons say, with the numbers: one sentence for lists, one for errors. */
export function describeRun(
  run: Run,
  comparisons: readonly MetricComparison[],
  baseline: Run,
  nameOf: (runId: string) => string,
  comparisonCount: number,
): string {
  if (comparisons.length === 0) {
    return run.id === baseline.id ? `${run.name} is the baseline.` : `${run.name} has no metric to be compared on.`;
  }
  const sentences = headlines(comparisons).map((compared) =>
    describeMetric(run.name, compared, nameOf(compared.against ?? baseline.id), comparisonCount),
  );
  return (run.id === baseline.id ? [`${run.name} is the baseline.`, ...sentences] : sentences).join(" ");
}

/** "PureSVD's NDCG@10 is higher than Popularity's by 0.101 [0.094, 0.108] (d = 0.90, p < 0.001 after correction of 9 comparisons)." */
export function describeMetric(
  name: string,
  compared: MetricComparison,
  otherName: string,
  comparisonCount: number,
): string {
  const label = metricLabel(compared.metric);
  const numbers = `${number(Math.abs(compared.difference))}${intervalText(compared)}`;
  const direction = compared.difference > 0 ? "higher" : "lower";
  if (compared.verdict === "not-tested") {
    return `${possessive(name)} ${label} is ${direction} than ${possessive(otherName)} by ${numbers}; with fewer than ${fewestUsersForIntervals} users this was not tested.`;
  }
  const test = `(${effectText(compared)}${pText(compared.pValueCorrected)} after correction of ${comparisonCount} comparison${comparisonCount === 1 ? "" : "s"})`;
  if (compared.verdict === "no-difference-shown") {
    return `No difference between ${possessive(name)} ${label} and ${possessive(otherName)} is shown: ${number(compared.difference)}${intervalText(compared)} ${test}.${foldsText(compared)}`;
  }
  const judgement = familyOf(compared.metric).higherIsBetter
    ? ""
    : compared.verdict === "better"
      ? " (better)"
      : " (worse)";
  return `${possessive(name)} ${label} is ${direction}${judgement} than ${possessive(otherName)} by ${numbers} ${test}.${foldsText(compared)}`;
}

/** Users of one training part say nothing of another: where there are folds, what they say of that. */
function foldsText({ overFolds, verdict }: MetricComparison): string {
  if (overFolds === null || overFolds === undefined || overFolds.pValue === null) return "";
  const shown = overFolds.pValue < 0.05;
  const claimed = verdict === "better" || verdict === "worse";
  const meaning = shown
    ? "the difference holds for other training data, too"
    : claimed
      ? "that it would be there with other training data is not shown"
      : "nothing is shown for other training data either";
  return ` Over ${String(overFolds.folds)} folds (corrected t-test, ${pText(overFolds.pValue)}) ${meaning}.`;
}

/** What the whole table says. A winner is named only against the baseline it was tested against. */
export function conclude(runs: readonly Run[], results: readonly RunComparison[], baseline: Run): string {
  const metric = ["ndcg", "recall", "rmse"]
    .flatMap((family) => baseline.metrics.map((value) => value.metric).filter((name) => name.split("@")[0] === family))
    .at(0);
  if (metric === undefined) return `${baseline.name} is the baseline; it has no headline metric.`;
  const label = metricLabel(metric);
  const sign = familyOf(metric).higherIsBetter ? -1 : 1;
  const valueOf = (run: Run) => run.metrics.find((value) => value.metric === metric)?.value ?? NaN;
  const ranked = runs.filter((run) => Number.isFinite(valueOf(run))).sort((a, b) => sign * (valueOf(a) - valueOf(b)));
  const [best, second] = ranked;
  if (best === undefined) return `No run has a ${label}.`;

  const verdictOf = (run: Run) =>
    results.find(({ runId }) => runId === run.id)?.comparisons.find((compared) => compared.metric === metric)?.verdict;
  const proved = verdictOf(best) === "better";
  const opening =
    best.id === baseline.id
      ? `No run is shown to have a better ${label} than the baseline ${baseline.name} (${number(valueOf(baseline))}).`
      : proved
        ? `${best.name} has the best ${label} (${number(valueOf(best))}) and is shown to be better than the baseline ${baseline.name} (${number(valueOf(baseline))}).`
        : `${best.name} has the best ${label} (${number(valueOf(best))}), but no advantage over the baseline ${baseline.name} (${number(valueOf(baseline))}) is shown.`;
  // The table tests against the baseline only: saying more about first and second would be a claim nobody tested.
  return proved && second !== undefined && second.id !== baseline.id
    ? `${opening} Its lead over ${second.name} (${number(valueOf(second))}) was not tested here; choose that run as the baseline to test it.`
    : opening;
}

function headlines(comparisons: readonly MetricComparison[]): MetricComparison[] {
  const family = (compared: MetricComparison) => compared.metric.split("@")[0];
  const ofLists =
    comparisons.find((compared) => family(compared) === "ndcg") ??
    comparisons.find((compared) => familyOf(compared.metric).ofList);
  const ofErrors = comparisons.find((compared) => family(compared) === "rmse");
  return [ofLists, ofErrors].filter((compared) => compared !== undefined);
}

/** The interval, turned to the direction that the sentence speaks of. */
function intervalText({ interval, difference, verdict }: MetricComparison): string {
  if (interval === null) return "";
  const turned = difference < 0 && verdict !== "no-difference-shown";
  return turned
    ? ` [${number(-interval.high)}, ${number(-interval.low)}]`
    : ` [${number(interval.low)}, ${number(interval.high)}]`;
}

function effectText({ effectSize }: MetricComparison): string {
  return effectSize === null ? "" : `d = ${typographic(effectSize.toFixed(2))}, `;
}

function pText(p: number | null): string {
  if (p === null) return "not tested";
  return p < 0.001 ? "p < 0.001" : `p = ${p.toFixed(3)}`;
}

function possessive(name: string): string {
  return name.endsWith("s") ? `${name}'` : `${name}'s`;
}

/** A minus sign for the hyphen, and none before zero. */
function typographic(text: string): string {
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
}

function number(value: number): string {
  const text = value.toFixed(3);
  return typographic(text);
}
