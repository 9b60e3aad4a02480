import type { CatalogueItem, MetricValue } from "../contract/entities.ts";
import type { GateResult } from "../production/evaluations.ts";

/** A metric of the candidate against the champion's, paired over the same test users. */
export interface PairedMetric {
  readonly metric: string;
  readonly difference: number;
  readonly interval: { readonly low: number; readonly high: number; readonly level: number } | null;
  readonly verdict: "better" | "worse" | "no-difference-shown" | "not-tested";
}

export interface Champion {
  readonly version: string;
  readonly evaluation: {
    readonly runId: string;
    readonly splitId: string;
    readonly metrics: readonly MetricValue[];
  } | null;
  /** How many users it knows, and how many of them the candidate knows, too. */
  readonly users: { readonly known: number; readonly shared: number };
  readonly itemIds: ReadonlySet<string>;
}

export interface Candidate {
  readonly evaluation: { readonly splitId: string; readonly metrics: readonly MetricValue[] };
  readonly users: number;
  readonly itemIds: readonly string[];
  readonly catalogue: readonly CatalogueItem[];
  readonly paired: readonly PairedMetric[] | null;
}

/** Shares of what the champion knows that a candidate must know, too. */
const itemShare = 0.8;
const userShare = 0.8;
/** Of the champion's coverage@k. */
const coverageShare = 0.5;

/** Everything that is judged before anything is sent. Pure. The bundle itself was checked when it was read. */
export function judge(candidate: Candidate, champion: Champion | null): GateResult[] {
  return [
    metricsGate(candidate, champion),
    coverageGate(candidate, champion),
    catalogueGate(candidate),
    itemsGate(candidate, champion),
    usersGate(candidate, champion),
  ];
}

/**
 * No metric that decides may be worse than the champion's beyond chance: the paired interval excludes 0, or, where only
 * the two marginal intervals are known, these do not overlap (which is stricter to show: overlapping ones prove nothing).
 * Rankings decide; where the two share no ranking metric, rating errors do.
 */
function metricsGate(candidate: Candidate, champion: Champion | null): GateResult {
  const gate = "metrics";
  if (champion === null) return { gate, passed: true, reason: "Nothing is served yet that it could be worse than." };
  const old = champion.evaluation;
  if (old === null)
    return {
      gate,
      passed: true,
      reason: `The champion ${champion.version} has no evaluation on the target to compare with.`,
    };
  if (old.splitId !== candidate.evaluation.splitId) {
    return {
      gate,
      passed: true,
      reason: `Not comparable: the champion ${champion.version} was measured on another split (${old.splitId}). Nothing is shown either way.`,
    };
  }
  const pairs = candidate.evaluation.metrics.flatMap((mine) => {
    const theirs = old.metrics.find(
      ({ metric, definition }) => metric === mine.metric && definition === mine.definition,
    );
    return theirs === undefined ? [] : [{ mine, theirs }];
  });
  const rankings = pairs.filter(({ mine }) => /^(ndcg|recall|map|mrr|hit-rate)@/.test(mine.metric));
  const deciding =
    rankings.length > 0 ? rankings : pairs.filter(({ mine }) => mine.metric === "rmse" || mine.metric === "mae");
  if (deciding.length === 0)
    return {
      gate,
      passed: true,
      reason: `Not comparable: the champion ${champion.version} has no metric of the same definition.`,
    };
  const judged = deciding.map(({ mine, theirs }) =>
    compare(mine, theirs, candidate.paired?.find(({ metric }) => metric === mine.metric) ?? null),
  );
  return {
    gate,
    passed: judged.every(({ worse }) => !worse),
    reason: `Against ${champion.version}: ${judged.map(({ text }) => text).join("; ")}.`,
  };
}

function compare(
  mine: MetricValue,
  theirs: MetricValue,
  paired: PairedMetric | null,
): { worse: boolean; text: string } {
  const values = `${mine.metric} ${show(mine)} against ${show(theirs)}`;
  if (paired !== null && paired.verdict !== "not-tested") {
    const interval =
      paired.interval === null
        ? ""
        : ` (difference ${signed(paired.difference)}, ${percent(paired.interval.level)} interval ${signed(paired.interval.low)} … ${signed(paired.interval.high)}, paired over users)`;
    const words = { better: "better", worse: "worse", "no-difference-shown": "no difference shown" }[paired.verdict];
    return { worse: paired.verdict === "worse", text: `${values}: ${words}${interval}` };
  }
  if (mine.interval === null || theirs.interval === null)
    return { worse: false, text: `${values}: no intervals, nothing shown` };
  const below = mine.interval.high < theirs.interval.low;
  const above = mine.interval.low > theirs.interval.high;
  const worse = mine.higherIsBetter ? below : above;
  const words = worse
    ? "worse, the intervals do not overlap"
    : below || above
      ? "better, the intervals do not overlap"
      : "no difference shown, the intervals overlap";
  return { worse, text: `${values}: ${words}` };
}

/** A model that shows everyone the same few items is noticed even when its accuracy is fine. */
function coverageGate(candidate: Candidate, champion: Champion | null): GateResult {
  const gate = "coverage";
  const isCoverage = ({ metric }: MetricValue) => metric.startsWith("coverage@");
  const mine = candidate.evaluation.metrics.find(isCoverage);
  const theirs = champion?.evaluation?.metrics.find(
    (each) => isCoverage(each) && each.metric === mine?.metric && each.definition === mine.definition,
  );
  if (mine === undefined) return { gate, passed: true, reason: "Coverage was not measured." };
  if (theirs === undefined)
    return {
      gate,
      passed: true,
      reason: `${mine.metric} is ${percent(mine.value)}; there is nothing to compare it with.`,
    };
  const bound = theirs.value * coverageShare;
  return {
    gate,
    passed: mine.value >= bound,
    reason: `${mine.metric} is ${percent(mine.value)}, the champion's ${percent(theirs.value)}; at least ${percent(bound)} is wanted.`,
  };
}

function catalogueGate({ itemIds, catalogue }: Candidate): GateResult {
  const known = new Map(catalogue.map((item) => [item.itemId, item]));
  const missing = itemIds.filter((itemId) => !known.has(itemId));
  const titled = itemIds.filter((itemId) => known.get(itemId)?.title != null).length;
  const examples =
    missing.length === 0 ? "" : ` Missing: ${missing.slice(0, 5).join(", ")}${missing.length > 5 ? ", …" : ""}.`;
  return {
    gate: "catalogue",
    passed: missing.length === 0,
    reason: `${itemIds.length - missing.length} of the model's ${itemIds.length} items are in the catalogue, ${titled} of them with a title.${examples}`,
  };
}

function itemsGate({ itemIds }: Candidate, champion: Champion | null): GateResult {
  const theirs = champion?.itemIds;
  const overlap = theirs && { known: theirs.size, shared: itemIds.filter((id) => theirs.has(id)).length };
  return overlapGate("items", itemIds.length, overlap ?? null, itemShare);
}

function usersGate({ users }: Candidate, champion: Champion | null): GateResult {
  return overlapGate("users", users, champion?.users ?? null, userShare);
}

function overlapGate(
  gate: "items" | "users",
  mine: number,
  theirs: { readonly known: number; readonly shared: number } | null,
  bound: number,
): GateResult {
  if (theirs === null) return { gate, passed: true, reason: `The first version; it knows ${mine} ${gate}.` };
  const { known, shared } = theirs;
  if (known === 0) return { gate, passed: true, reason: `The champion knows no ${gate}.` };
  const share = shared / known;
  return {
    gate,
    passed: share >= bound,
    reason: `It knows ${shared} of the ${known} ${gate} the champion knows (${percent(share)}); at least ${percent(bound)} is wanted.`,
  };
}

function show({ value, interval }: MetricValue): string {
  return interval === null
    ? value.toFixed(4)
    : `${value.toFixed(4)} [${interval.low.toFixed(4)} … ${interval.high.toFixed(4)}]`;
}

function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(4)}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share > 0.995 && share < 1 ? 2 : share < 0.1 ? 1 : 0)} %`;
}
