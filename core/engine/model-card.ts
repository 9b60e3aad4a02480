import type { MetricValue, Run } from "../contract/entities.ts";
import type { ModelDetail } from "../contract/model-versions.ts";
import { algorithmById } from "../models/registry.ts";

type Known = Pick<ModelDetail, "version" | "run" | "publications" | "lineage">;

/**
 * A model card (Mitchell et al. 2019) in Markdown: what it is, what for, what it was learnt from, how it did and on whom, and
 * what it is not good for. What Reelbench knows it says; what only a person knows stands where they wrote it.
 */
export function modelCard({ version, run, publications, lineage }: Known): string {
  const { info } = algorithmById(run.algorithm);
  const { snapshot, split, sources, evaluatedBy } = lineage;
  const live = publications.filter(({ state }) => state === "active");
  const sections = [
    `# ${version.model} ${String(version.number)}`,
    paragraph(
      `${info.name}, registered ${day(version.registeredAt)}.`,
      version.aliases.length > 0 && `Aliases: ${version.aliases.join(", ")}.`,
      live.length > 0 &&
        `Live on ${live.map(({ targetName, version: name }) => `${targetName} (${name})`).join(", ")}.`,
      version.retiredAt !== undefined && `Retired ${day(version.retiredAt)}.`,
    ),
    "## Intended use",
    version.intendedUse.trim() || "Nobody has written down what this model is for.",
    "## Model",
    table(
      ["", ""],
      [
        ["Algorithm", info.name],
        ...Object.entries(run.hyperparameters).map(([name, value]) => [name, String(value)]),
        ["Seed", String(run.seed)],
        ["Code", run.codeVersion],
        ["SHA-256 of the tensors", run.modelHash ?? "none"],
      ],
    ),
    "## Data",
    paragraph(
      `Learnt from ${evaluatedBy === null ? `the training part (${number(split.train)} ratings) of` : "all of"} the snapshot “${snapshot.name}”:`,
      `${number(snapshot.ratings)} ratings of ${number(snapshot.items)} items by ${number(snapshot.users)} users,`,
      `from ${String(snapshot.scale.minimum)} to ${String(snapshot.scale.maximum)}.`,
      snapshot.from !== null && snapshot.to !== null && `Given ${day(snapshot.from)} to ${day(snapshot.to)}.`,
    ),
    table(
      ["File", "Bytes", "SHA-256"],
      sources.flatMap(({ files }) => files.map(({ path, bytes, sha256 }) => [path, number(bytes), sha256])),
    ),
    `Snapshot \`${snapshot.id}\`, split \`${split.id}\`.`,
    "## Evaluation",
    paragraph(
      `Split ${split.protocol.protocol}: ${number(split.test)} test ratings of ${number(split.testUsers)} users, ${number(split.warmTestUsers)} of whom the training part knows.`,
      evaluatedBy !== null &&
        `This model is a refit on everything; the figures are those of the run that chose it (${evaluatedBy.name}, \`${evaluatedBy.id}\`).`,
    ),
    table(["Metric", "Value", "Interval", "Users"], run.metrics.map(metricLine)),
    "## Limits",
    bullets([...version.limits.split("\n"), ...limitsOf(run, lineage)]),
    ...(version.note.trim() === "" ? [] : ["## Notes", version.note.trim()]),
  ];
  return `${sections.filter((section) => section !== "").join("\n\n")}\n`;
}

/** What its own evaluation says against a model. */
export function limitsOf(run: Run, { split, evaluatedBy }: Known["lineage"]): string[] {
  const { evaluated, report } = run;
  const said: string[] = [...split.leaks.map((leak) => `Its evaluation leaks: ${leak}`), ...split.warnings];
  if (evaluated != null && evaluated.coldUsers > 0)
    said.push(
      `${number(evaluated.coldUsers)} of ${number(evaluated.users)} test users had no training rating; they were answered as strangers are.`,
    );
  if (evaluated != null && evaluated.coldItemRatings > 0)
    said.push(
      `${number(evaluated.coldItemRatings)} of ${number(evaluated.testRatings)} test ratings are of items without a training rating, which it cannot know.`,
    );
  if (evaluatedBy !== null)
    said.push("No test has seen this very model: everything it could be tested on is in its training.");
  for (const kind of ["activity", "popularity"] as const) {
    const segments = (report?.segments ?? []).filter((segment) => segment.kind === kind && segment.recall !== null);
    const worst = segments.toSorted((a, b) => (a.recall ?? 0) - (b.recall ?? 0))[0];
    if (worst !== undefined && segments.length > 1)
      said.push(
        `By ${kind === "activity" ? "activity of users" : "popularity of items"} it is weakest for “${worst.label}”: Recall@${String(report?.k ?? 10)} ${decimal(worst.recall ?? 0)}.`,
      );
  }
  return [...said, ...(report?.warnings ?? [])];
}

function metricLine({ metric, value, interval, users }: MetricValue): string[] {
  const between =
    interval === null
      ? "–"
      : `${decimal(interval.low)} to ${decimal(interval.high)} (${String(Math.round(interval.level * 100))}%)`;
  return [metric, decimal(value), between, number(users)];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

const paragraph = (...sentences: readonly (string | false)[]) => sentences.filter((each) => each !== false).join(" ");
const bullets = (lines: readonly string[]) =>
  lines
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .map((line) => `- ${line}`)
    .join("\n") || "None are known.";
const day = (iso: string) => iso.slice(0, 10);
const number = (value: number) => value.toLocaleString("en");
const decimal = (value: number) => value.toFixed(4);
