import type { ProductionMetrics, ProductionPoint } from "../contract/production-metrics.ts";
import { parsePrometheus } from "./prometheus-text.ts";
import type { PrometheusSample } from "./prometheus-text.ts";

/** What a server has counted since it started. */
export interface ServingCounters {
  /** Upper bound in seconds → requests at most as long. */
  readonly durations: ReadonlyMap<number, number>;
  readonly requests: number;
  readonly failures: number;
  readonly lookups: number;
  readonly computed: number;
  readonly feedback: number;
}

export interface ServingLook {
  readonly counters: ServingCounters;
  readonly version: string | null;
  /** Whether its Redis answers it; null where it has none. */
  readonly redis: boolean | null;
  readonly online: ProductionMetrics["online"];
  readonly drift: ProductionMetrics["drift"];
}

/** Who looks after servers asks these every few seconds; they are not what people wait for. */
const probes = new Set(["/livez", "/readyz", "/healthz", "/metrics"]);
const duration = "reelbench_http_request_duration_seconds";

export function readServing(text: string): ServingLook {
  const samples = parsePrometheus(text).filter(({ labels }) => !probes.has(labels["route"] ?? ""));
  const named = (name: string) => samples.filter((sample) => sample.name === name);
  const sum = (some: readonly PrometheusSample[]) => some.reduce((total, { value }) => total + value, 0);
  const durations = new Map<number, number>();
  for (const { labels, value } of named(`${duration}_bucket`)) {
    const bound = labels["le"] === "+Inf" ? Infinity : Number(labels["le"]);
    durations.set(bound, (durations.get(bound) ?? 0) + value);
  }
  const counted = named(`${duration}_count`);
  const lookups = named("reelbench_cache_lookups_total");
  const answers = named("reelbench_online_answers");
  const events = named("reelbench_drift_events");
  const drifts = named("reelbench_drift_psi");
  const redisUp = named("reelbench_redis_up").at(-1)?.value;
  return {
    counters: {
      durations,
      requests: sum(counted),
      failures: sum(counted.filter(({ labels }) => (labels["status"] ?? "") >= "500")),
      lookups: sum(lookups),
      computed: sum(lookups.filter(({ labels }) => labels["result"] === "computed")),
      feedback: sum(named("reelbench_feedback_events_total")),
    },
    redis: redisUp === undefined ? null : redisUp === 1,
    version: named("reelbench_model_info").at(-1)?.labels["version"] ?? null,
    online: named("reelbench_online_hit_rate").map(({ labels: { version = "", arm = "" }, value }) => ({
      version,
      arm,
      hitRate: value >= 0 && value <= 1 ? value : null,
      answers: answers.find(({ labels }) => labels["version"] === version && labels["arm"] === arm)?.value ?? null,
    })),
    drift: drifts
      .filter(({ value }) => Number.isFinite(value))
      .map(({ labels: { distribution = "" }, value }) => ({
        distribution,
        psi: value,
        events: events.find(({ labels }) => labels["distribution"] === distribution)?.value ?? null,
      })),
  };
}

/** What was counted in between; null where the server has started anew and counts from zero. */
export function countedBetween(before: ServingCounters, after: ServingCounters): ServingCounters | null {
  const fell = after.requests < before.requests || after.lookups < before.lookups || after.feedback < before.feedback;
  if (fell) return null;
  const durations = new Map([...after.durations].map(([bound, n]) => [bound, n - (before.durations.get(bound) ?? 0)]));
  return {
    durations,
    requests: after.requests - before.requests,
    failures: after.failures - before.failures,
    lookups: after.lookups - before.lookups,
    computed: after.computed - before.computed,
    feedback: after.feedback - before.feedback,
  };
}

/** Several servers' counts of the same `seconds` as one point. None: a gap. */
export function pointOf(at: Date, seconds: number, counts: readonly ServingCounters[]): ProductionPoint {
  const empty = { requests: null, errors: null, p50: null, p95: null, p99: null, cacheHits: null, feedback: null };
  if (counts.length === 0) return { at: at.toISOString(), ...empty };
  const sum = (of: (count: ServingCounters) => number) => counts.reduce((total, count) => total + of(count), 0);
  const durations = new Map<number, number>();
  for (const count of counts)
    for (const [bound, n] of count.durations) durations.set(bound, (durations.get(bound) ?? 0) + n);
  const requests = sum((count) => count.requests);
  const lookups = sum((count) => count.lookups);
  const shareOf = (part: number, all: number) => (all > 0 ? Math.min(1, Math.max(0, part / all)) : null);
  return {
    at: at.toISOString(),
    requests: requests / seconds,
    errors: shareOf(
      sum(({ failures }) => failures),
      requests,
    ),
    p50: quantile(durations, 0.5),
    p95: quantile(durations, 0.95),
    p99: quantile(durations, 0.99),
    cacheHits: shareOf(lookups - sum(({ computed }) => computed), lookups),
    feedback: sum(({ feedback }) => feedback) / seconds,
  };
}

/**
 * The `share`-quantile of a histogram of cumulative counts, by straight lines within buckets, as Prometheus' histogram_quantile:
 * in the last, open bucket its lower bound. Null without an observation.
 */
export function quantile(durations: ReadonlyMap<number, number>, share: number): number | null {
  const bounds = [...durations].sort(([a], [b]) => a - b);
  const total = bounds.at(-1)?.[1] ?? 0;
  if (total <= 0) return null;
  const wanted = share * total;
  let [lower, below] = [0, 0];
  for (const [bound, upTo] of bounds) {
    if (upTo >= wanted) {
      if (bound === Infinity) return lower;
      return upTo === below ? bound : lower + ((bound - lower) * (wanted - below)) / (upTo - below);
    }
    [lower, below] = [bound, upTo];
  }
  return lower;
}
