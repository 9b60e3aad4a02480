import type { Search, SearchDimension, SearchStep } from "../core/contract/searches.ts";
import { shortId } from "./short-id.ts";
import { formatFields, formatTable } from "./table.ts";

/** Searches and their trials for a terminal, and as a table for other programs. */
export function searchesTable(searches: readonly Search[]): string {
  return formatTable(
    searches,
    [
      { title: "id", value: ({ id }) => shortId(id) },
      { title: "name", value: ({ name }) => name },
      { title: "state", value: ({ state }) => state },
      { title: "metric", value: ({ metric }) => metric },
      { title: "best", value: ({ best }) => best?.value.toFixed(4) ?? null, right: true },
      { title: "trained", value: ({ finishedSteps }) => finishedSteps },
      { title: "of trials", value: ({ trials }) => trials },
      { title: "winner", value: ({ winnerRunId }) => (winnerRunId === null ? null : shortId(winnerRunId)) },
    ],
    "There has been no search yet: reelbench tune start --algorithm ID.",
  );
}

export function describeSearch(search: Search): string {
  const { best, validation } = search;
  return (
    formatFields([
      ["search", search.id],
      ["name", search.name],
      ["state", search.state],
      ["algorithm", search.algorithm],
      ["optimised", `${search.metric}, ${search.higherIsBetter ? "the higher" : "the lower"} the better`],
      [
        "judged by",
        validation === null
          ? "the split's validation part"
          : `${String(100 * validation.share)}% of the training part (${validation.protocol})`,
      ],
      ["varied", search.space.map(describeDimension).join("; ")],
      ["sampler", search.sampler.sampler],
      ["schedule", describeSchedule(search.schedule)],
      ["trials", `${String(search.trials)}, ${String(search.parallel)} at a time, seed ${String(search.seed)}`],
      ["trained", search.finishedSteps],
      [
        "best",
        best === null
          ? null
          : `${best.value.toFixed(4)} in trial ${String(best.trial)}: ${settings(best.hyperparameters)}`,
      ],
      ["winner", search.winnerRunId],
    ]) + search.warnings.map((warning) => `note: ${warning}\n`).join("")
  );
}

function describeDimension(dimension: SearchDimension): string {
  const values =
    dimension.kind === "choice"
      ? dimension.choices.map(String).join(" | ")
      : `${short(dimension.minimum)} … ${short(dimension.maximum)}${dimension.logarithmic ? " (by ratio)" : ""}`;
  const { when } = dimension;
  return `${dimension.name} ${values}${when === null ? "" : ` where ${when.name} is ${when.is.map(String).join(" or ")}`}`;
}

function describeSchedule(schedule: Search["schedule"]): string {
  switch (schedule.schedule) {
    case "full":
      return "every trial all of it";
    case "doubling":
      return `${schedule.dimension} doubled from ${String(schedule.from)} to ${String(schedule.to)}, ${String(schedule.following)} trials after each doubling`;
    case "asha":
    case "hyperband":
    case "median":
      return `${schedule.schedule} over ${schedule.resource}, ${short(schedule.minimum)} … ${short(schedule.maximum)}, one of ${String(schedule.reduction)} goes on`;
  }
}

/** Best first: of the highest rung before those below; what failed or still runs comes last. */
export function stepsTable(search: Search, steps: readonly SearchStep[], limit: number): string {
  const loss = ({ value }: SearchStep) => (value === null ? Infinity : search.higherIsBetter ? -value : value);
  const shown = steps.toSorted((a, b) => b.rung - a.rung || loss(a) - loss(b) || a.step - b.step).slice(0, limit);
  const varied = [...new Set(steps.flatMap(({ configuration }) => Object.keys(configuration)))];
  const hasBudget = steps.some(({ budget }) => budget !== null);
  return formatTable(
    shown,
    [
      { title: "trial", value: ({ trial }) => trial },
      ...(hasBudget
        ? [
            {
              title: steps.find(({ budget }) => budget !== null)?.budget?.resource ?? "",
              value: (step: SearchStep) => short(step.budget?.amount ?? 1),
              right: true,
            },
          ]
        : []),
      { title: search.metric, value: ({ value, state }) => value?.toFixed(4) ?? state, right: true },
      ...varied.map((name) => ({
        title: name,
        value: ({ configuration }: SearchStep) => {
          const value = configuration[name];
          return value === undefined ? null : typeof value === "number" ? short(value) : String(value);
        },
        right: true,
      })),
      { title: "seconds", value: ({ seconds }) => seconds?.toFixed(2) ?? null, right: true },
      { title: "run", value: ({ runId }) => runId },
      { title: "cause", value: ({ error }) => error?.message ?? "" },
    ],
    "Nothing has been trained yet.",
  );
}

/** RFC 4180, a line for each training, in the order of decision. */
export function stepsAsCsv(search: Search, steps: readonly SearchStep[]): string {
  const names = [...new Set(steps.flatMap(({ hyperparameters }) => Object.keys(hyperparameters)))];
  const header = ["step", "trial", "rung", "resource", "budget", "state", search.metric, "seconds", "run", ...names];
  const lines = steps.map((step) => [
    ...[step.step, step.trial, step.rung, step.budget?.resource, step.budget?.amount, step.state],
    ...[step.value, step.seconds, step.runId],
    ...names.map((name) => step.hyperparameters[name]),
  ]);
  return [header, ...lines].map((cells) => `${cells.map(csvCell).join(",")}\n`).join("");
}

function csvCell(value: string | number | boolean | null | undefined): string {
  const text = value === null || value === undefined ? "" : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function settings(hyperparameters: Search["fixed"]): string {
  return Object.entries(hyperparameters)
    .map(([name, value]) => `${name}=${typeof value === "number" ? short(value) : String(value)}`)
    .join(" ");
}

function short(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}
