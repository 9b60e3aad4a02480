import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";

const secondsBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** One server's metrics, in a registry of their own: a process may hold several servers (tests do). */
export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const gauged: (() => void)[] = [];
  return {
    registry,
    /** Called before each scrape, to set what is only known by looking. */
    collect: (look: () => void) => void gauged.push(look),
    /** In Prometheus' text format. */
    text: () => {
      for (const look of gauged) look();
      return registry.metrics();
    },
    requests: new Histogram({
      name: "reelbench_http_request_duration_seconds",
      help: "Time from the first byte of a request to the last of its answer.",
      labelNames: ["method", "route", "status"] as const,
      buckets: secondsBuckets,
      registers,
    }),
    inFlight: new Gauge({ name: "reelbench_http_requests_in_flight", help: "Requests being answered.", registers }),
    cacheLookups: new Counter({
      name: "reelbench_cache_lookups_total",
      help: "Lookups in the cache of answers, by where they ended.",
      labelNames: ["result"] as const,
      registers,
    }),
    cacheEntries: new Gauge({
      name: "reelbench_cache_entries",
      help: "Users' rankings in this server's memory.",
      registers,
    }),
    cacheBytes: new Gauge({
      name: "reelbench_cache_bytes",
      help: "About as many bytes they take; 1000 x this / entries is the memory of 1000 users.",
      registers,
    }),
    cacheErrors: new Counter({
      name: "reelbench_cache_errors_total",
      help: "Operations Redis did not do.",
      labelNames: ["operation"] as const,
      registers,
    }),
    redisUp: new Gauge({
      name: "reelbench_redis_up",
      help: "1 while Redis answers; absent where none is configured.",
      registers,
    }),
    postgresUp: new Gauge({ name: "reelbench_postgres_up", help: "1 while Postgres answers.", registers }),
    model: new Gauge({
      name: "reelbench_model_info",
      help: "The version being served; always 1.",
      labelNames: ["version", "algorithm", "epoch"] as const,
      registers,
    }),
    modelBytes: new Gauge({
      name: "reelbench_model_shared_bytes",
      help: "Shared memory of the versions that are loaded.",
      registers,
    }),
    modelLoads: new Counter({
      name: "reelbench_model_loads_total",
      help: "Versions loaded, or not.",
      labelNames: ["result"] as const,
      registers,
    }),
    modelLoadSeconds: new Histogram({
      name: "reelbench_model_load_duration_seconds",
      help: "From the decision to load a version to its being ready to serve.",
      buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120],
      registers,
    }),
    modelBehind: new Gauge({
      name: "reelbench_model_behind",
      help: "1 while the version that should be served is not.",
      registers,
    }),
    scoringSeconds: new Histogram({
      name: "reelbench_scoring_duration_seconds",
      help: "Time in a scoring worker, without the wait for one.",
      labelNames: ["kind"] as const,
      buckets: secondsBuckets,
      registers,
    }),
    scoringQueue: new Gauge({
      name: "reelbench_scoring_queue_length",
      help: "Requests given to scoring workers and not answered yet.",
      registers,
    }),
    answers: new Counter({
      name: "reelbench_answers_total",
      help: "Recommendation answers by what they were made from.",
      labelNames: ["basis"] as const,
      registers,
    }),
    spoolBytes: new Gauge({
      name: "reelbench_feedback_spool_bytes",
      help: "Feedback on this server's disk that Postgres does not have yet; absent where there is no spool.",
      registers,
    }),
    feedback: new Counter({
      name: "reelbench_feedback_events_total",
      help: "Feedback by kind and outcome.",
      labelNames: ["kind", "outcome"] as const,
      registers,
    }),
    exposures: new Counter({
      name: "reelbench_exposures_total",
      help: "Lists that were shown, by what became of their record: kept, dropped (the buffer was full), refused.",
      labelNames: ["outcome"] as const,
      registers,
    }),
    exposuresWaiting: new Gauge({
      name: "reelbench_exposures_waiting",
      help: "Lists whose record is not written yet.",
      registers,
    }),
    onlineHitRate: new Gauge({
      name: "reelbench_online_hit_rate",
      help: "Of the lists shown in the last day, the share with an item that its user took up since.",
      labelNames: ["version", "arm"] as const,
      registers,
    }),
    onlineReciprocalRank: new Gauge({
      name: "reelbench_online_reciprocal_rank",
      help: "Mean over the lists shown in the last day of 1 / rank of the best item taken up, 0 without one.",
      labelNames: ["version", "arm"] as const,
      registers,
    }),
    onlineEngagement: new Gauge({
      name: "reelbench_online_engaged_users_ratio",
      help: "Of the users shown a list in the last day, the share that took something up from one.",
      labelNames: ["version", "arm"] as const,
      registers,
    }),
    onlineAnswers: new Gauge({
      name: "reelbench_online_answers",
      help: "Lists shown in the last day that the online metrics were measured on.",
      labelNames: ["version", "arm"] as const,
      registers,
    }),
    experiment: new Gauge({
      name: "reelbench_experiment_share",
      help: "Share of the users whom this server answers with the challenger; absent while no experiment runs here.",
      labelNames: ["experiment", "champion", "challenger"] as const,
      registers,
    }),
    driftIndex: new Gauge({
      name: "reelbench_drift_psi",
      help: "Population stability index of the last week's feedback against what the served version was trained on.",
      labelNames: ["distribution"] as const,
      registers,
    }),
    driftEvents: new Gauge({
      name: "reelbench_drift_events",
      help: "Pieces of feedback that the drift was measured on.",
      labelNames: ["distribution"] as const,
      registers,
    }),
    onlineMeasuredAt: new Gauge({
      name: "reelbench_online_measured_timestamp_seconds",
      help: "When the online metrics were measured; 0 before that.",
      registers,
    }),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
