import type {
  Comparison,
  Job,
  Profile,
  Recommendation,
  Run,
  Snapshot,
  Source,
  Split,
  TrainingOptions,
} from "../core/contract/entities.ts";
import { describeReport } from "./describe-report.ts";
import { shortId } from "./short-id.ts";
import { formatFields, formatNumber, formatTable } from "./table.ts";

/** Entities in words and tables for a terminal. */
export function describeSource(source: Source): string {
  const reasons = Object.entries(source.rejectsByReason)
    .map(([reason, n]) => `${reason} ${formatNumber(n ?? 0)}`)
    .join(", ");
  return (
    formatFields([
      ["source", source.id],
      ["name", source.missing === true ? `${source.name} (its folder is gone)` : source.name],
      ["layout", source.layout ?? "by its columns"],
      [
        "read",
        `${formatNumber(source.read)} = ${formatNumber(source.accepted)} accepted + ${formatNumber(source.rejected)} rejected${reasons === "" ? "" : ` (${reasons})`}`,
      ],
      ["duplicates", source.duplicates],
      ["users", source.users],
      ["items", source.items],
      [
        "scale",
        `${source.scale.minimum} … ${source.scale.maximum}${source.scale.step === null ? "" : `, step ${source.scale.step}`}`,
      ],
      ["times", source.hasTime ? `${(100 * source.timeShare).toFixed(1)}% of rows` : "none"],
      ["titles", source.hasTitles ? "yes" : "no"],
      ...(source.attributes === undefined
        ? []
        : [
            ["attributes", `of ${formatNumber(source.attributes.users)} users`] as const,
            ["tags", `of ${formatNumber(source.attributes.items)} items`] as const,
          ]),
    ]) + remarks(source.warnings)
  );
}

export function describeSnapshot(snapshot: Snapshot): string {
  return formatFields([
    ["snapshot", snapshot.id],
    ["name", snapshot.missing === true ? `${snapshot.name} (its folder is gone)` : snapshot.name],
    ["ratings", snapshot.ratings],
    ["users", snapshot.users],
    ["items", snapshot.items],
    ["from", snapshot.from ?? "no times"],
    ["to", snapshot.to ?? "no times"],
    ...snapshot.steps.map(
      ({ step, before, after }) => [`· ${step.step}`, `${formatNumber(before)} → ${formatNumber(after)}`] as const,
    ),
  ]);
}

export function describeProfile(profile: Profile): string {
  const quantiles = (rows: Profile["ratingsPerUser"]) =>
    rows.map(({ quantile, value }) => `${quantile * 100}%: ${formatNumber(value)}`).join("  ");
  return (
    formatFields([
      ["ratings", profile.ratings],
      ["users", profile.users],
      ["items", profile.items],
      ["density", `${(100 * profile.density).toFixed(3)}%`],
      [
        "mean",
        `${profile.mean.toFixed(3)} (median ${profile.median}, standard deviation ${profile.standardDeviation.toFixed(3)})`,
      ],
      ["per user", quantiles(profile.ratingsPerUser)],
      ["per item", quantiles(profile.ratingsPerItem)],
      ["Gini", `items ${profile.giniItems.toFixed(3)}, users ${profile.giniUsers.toFixed(3)} (0 equal … 1)`],
    ]) +
    "\n" +
    formatTable(
      profile.topItems.slice(0, 5),
      [
        { title: "most rated", value: ({ title, itemId }) => title ?? itemId },
        { title: "ratings", value: ({ count }) => count },
        { title: "mean", value: ({ mean }) => mean.toFixed(2), right: true },
      ],
      "",
    ) +
    remarks(profile.warnings)
  );
}

export function describeSplit(split: Split): string {
  const { protocol, ...parameters } = split.protocol;
  const given = Object.entries(parameters)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(", ");
  return (
    formatFields([
      ["split", split.id],
      ["name", split.missing === true ? `${split.name} (its folder is gone)` : split.name],
      ["protocol", `${protocol}${given === "" ? "" : ` (${given})`}, seed ${split.seed}`],
      ["train", split.train],
      ["test", split.test],
      ...(split.foldIn === undefined ? [] : [["given of the tested users", split.foldIn] as const]),
      ...(split.validation === undefined ? [] : [["kept for tuning", split.validation] as const]),
      [
        "test users",
        `${formatNumber(split.testUsers)}, of these ${formatNumber(split.warmTestUsers)} ${split.foldIn === undefined ? "in training" : "known by what is given of them"}`,
      ],
      ["test items", `${formatNumber(split.testItems)}, of these ${formatNumber(split.warmTestItems)} in training`],
    ]) +
    split.leaks.map((leak) => `leak: ${leak}\n`).join("") +
    remarks(split.warnings)
  );
}

/** What was made of the training ratings. */
function trainingText({ likes, confidence, halfLifeDays, earlyStopping }: TrainingOptions): string {
  return [
    ...(likes === undefined
      ? []
      : [
          `likes from ${likes.from}${likes.values === "equal" ? ", all equal" : ""}, others ${likes.low === "worst" ? "as the worst" : "left out"}`,
        ]),
    ...(confidence === undefined ? [] : [`confidence ${confidence}`]),
    ...(halfLifeDays === undefined ? [] : [`half-life ${halfLifeDays} days`]),
    ...(earlyStopping === undefined ? [] : [`early stopping, patience ${earlyStopping.patience}`]),
  ].join("; ");
}

export function describeRun(run: Run): string {
  return (
    formatFields([
      ["run", run.id],
      ["name", run.missing === true ? `${run.name} (its folder is gone)` : run.name],
      ["state", run.state],
      ["algorithm", run.algorithm],
      [
        "with",
        Object.entries(run.hyperparameters)
          .map(([name, value]) => `${name}=${String(value)}`)
          .join(" "),
      ],
      ...(run.training === undefined ? [] : [["ratings", trainingText(run.training)] as const]),
      ...(run.stopped ?? []).map(({ epochs, tried, metric, value }) => {
        const found = `after ${epochs} of ${tried} epochs (${metric} ${value.toFixed(4)} on the ratings put aside)`;
        return ["best", found] as const;
      }),
      ["seed", String(run.seed)],
      ["split", run.splitId],
      ["refit of", run.refitOf],
      ["model", run.modelHash === null ? null : `SHA-256 ${run.modelHash}`],
      [
        "seconds",
        run.timings === null ? null : `${run.timings.fit.toFixed(2)} fit, ${run.timings.evaluate.toFixed(2)} evaluate`,
      ],
    ]) +
    (run.metrics.length === 0 ? "" : `\n${metricsTable(run)}`) +
    (run.report === undefined ? "" : describeReport(run.report)) +
    (run.error === null ? "" : `\n${run.error.code}: ${run.error.message}\n${run.error.remedy}\n`)
  );
}

function metricsTable(run: Run): string {
  return formatTable(
    run.metrics,
    [
      { title: "metric", value: ({ metric }) => metric },
      { title: "value", value: ({ value }) => value.toFixed(4), right: true },
      {
        title: "95% interval",
        value: ({ interval }) =>
          interval === null ? null : `${interval.low.toFixed(4)} … ${interval.high.toFixed(4)}`,
      },
      { title: "users", value: ({ users }) => users },
    ],
    "",
  );
}

/** What tables of runs show; a run's own page has all. */
const headlines: ReadonlySet<string> = new Set([
  "ndcg",
  "recall",
  "precision",
  "map",
  "hit-rate",
  "mrr",
  "coverage",
  "rmse",
  "mae",
]);

function headlineMetrics(runs: readonly Run[]): string[] {
  const all = runs.flatMap((run) => run.metrics.map(({ metric }) => metric));
  return [...new Set(all.filter((metric) => headlines.has(metric.split("@")[0] ?? "")))];
}

/** Runs as rows, metrics as columns; intervals beneath their values' column names. */
export function runsTable(runs: readonly Run[]): string {
  const metrics = headlineMetrics(runs);
  return formatTable(
    runs,
    [
      { title: "id", value: ({ id }) => shortId(id) },
      { title: "name", value: (run) => (run.missing === true ? `${run.name} (folder gone)` : run.name) },
      { title: "state", value: ({ state }) => state },
      { title: "split", value: ({ splitId }) => shortId(splitId) },
      ...metrics.map((metric) => ({
        title: metric,
        value: (run: Run) => run.metrics.find((found) => found.metric === metric)?.value.toFixed(4) ?? null,
        right: true,
      })),
    ],
    "There is no run yet: reelbench train --algorithm ID.",
  );
}

/** The comparison's table: value with interval per metric, then the sentences. */
export function describeComparison(comparison: Comparison, runs: readonly Run[], metrics?: readonly string[]): string {
  const shown = metrics ?? headlineMetrics(runs);
  const cell = (run: Run, metric: string) => {
    const found = run.metrics.find((value) => value.metric === metric);
    if (found === undefined) return null;
    return found.interval === null
      ? found.value.toFixed(4)
      : `${found.value.toFixed(4)} [${found.interval.low.toFixed(4)}, ${found.interval.high.toFixed(4)}]`;
  };
  const table = formatTable(
    runs,
    [
      { title: "model", value: (run) => (run.id === comparison.baselineId ? `${run.name} (baseline)` : run.name) },
      ...shown.map((metric) => ({ title: metric, value: (run: Run) => cell(run, metric) })),
    ],
    "",
  );
  const sentences = comparison.runs
    .filter(({ runId }) => runId !== comparison.baselineId)
    .map(({ sentence }) => `· ${sentence}\n`)
    .join("");
  return `${table}\n${sentences}${comparison.conclusion}\n`;
}

export function recommendationsTable(recommendations: readonly Recommendation[]): string {
  const table = formatTable(
    recommendations,
    [
      { title: "#", value: ({ rank }) => rank },
      { title: "score", value: ({ score }) => score.toFixed(4), right: true },
      { title: "title", value: (item) => titleOf(item) },
      { title: "genres", value: ({ genres }) => genres.join(", ") },
      { title: "item", value: ({ itemId }) => itemId },
    ],
    "Nothing to recommend.",
  );
  const because = recommendations.flatMap(({ rank, explanation }) => {
    if (explanation === null || explanation.contributions.length === 0) return [];
    const strongest = explanation.contributions
      .slice(0, 3)
      .map(
        ({ title, itemId, contribution }) =>
          `${title ?? itemId} ${contribution >= 0 ? "+" : ""}${contribution.toFixed(3)}`,
      );
    return [`  ${rank}: baseline ${signless(explanation.baseline)}; ${strongest.join("; ")}\n`];
  });
  return because.length === 0 ? table : `${table}Why:\n${because.join("")}`;
}

/** No "-0.000". */
function signless(value: number): string {
  return (Math.abs(value) < 0.0005 ? 0 : value).toFixed(3);
}

export function titleOf({
  title,
  year,
  itemId,
}: {
  readonly title: string | null;
  readonly year: number | null;
  readonly itemId: string;
}): string {
  if (title === null) return itemId;
  return year === null || title.includes(`(${year})`) ? title : `${title} (${year})`;
}

export function jobsTable(jobs: readonly Job[]): string {
  return formatTable(
    jobs,
    [
      { title: "id", value: ({ id }) => shortId(id) },
      { title: "title", value: ({ title }) => title },
      { title: "state", value: ({ state }) => state },
      {
        title: "progress",
        value: ({ state, progress }) =>
          state === "succeeded" || progress === null || progress.total === null || progress.total === 0
            ? null
            : `${Math.floor((100 * progress.done) / progress.total)}%`,
      },
      { title: "accepted", value: ({ createdAt }) => createdAt },
      { title: "cause", value: ({ error }) => (error === null ? "" : `${error.code}: ${error.message}`) },
    ],
    "There has been no job yet.",
  );
}

function remarks(warnings: readonly string[]): string {
  return warnings.map((warning) => `! ${warning}\n`).join("");
}
