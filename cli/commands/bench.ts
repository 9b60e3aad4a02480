import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { ReelbenchError } from "../../core/contract/errors.ts";
import { anchors, fittingAnchors } from "../../core/evaluation/anchors/anchors.ts";
import { runAnchor } from "../../core/evaluation/anchors/anchor.ts";
import type { Anchor, AnchorResult } from "../../core/evaluation/anchors/anchor.ts";
import type { AnchorRatings } from "../../core/evaluation/anchors/anchor-ratings.ts";
import { anchorRatingsOfFile, anchorRatingsOfSnapshot } from "../anchor-data.ts";
import { inSession, reporting, wholeNumber } from "../command.ts";
import type { CommandContext, GlobalOptions, Output } from "../command.ts";
import { createProgressLine } from "../progress-line.ts";
import { findNamed } from "../short-id.ts";
import { formatTable } from "../table.ts";
import type { Terminal } from "../terminal.ts";

interface AnchorFlags {
  readonly data?: string;
  readonly snapshot?: string;
  readonly protocol?: readonly string[];
  readonly algorithms?: readonly string[];
  readonly seed: number;
  readonly output?: string;
  readonly list?: boolean;
}

export function addBenchCommands(program: Command, context: CommandContext): void {
  const bench = program.command("bench").description("measure Reelbench against what others published");
  bench
    .command("anchors")
    .description("rerun published tables on data you have: ours, published, difference")
    .option("--data <file>", "a file of ratings as published (MovieLens' u.data, ratings.dat, ratings.csv)")
    .option("--snapshot <id>", "or a snapshot of all of it")
    .option("--protocol <ids...>", "only these (--list shows them); left out: all that the data serves")
    .option("--algorithms <ids...>", "only these rows")
    .option("--seed <n>", "of divisions and fits", wholeNumber(0, 0xffff_ffff), 1)
    .option("--output <file>", "write the figures there as JSON too")
    .option("--list", "show the protocols and what they need, run nothing")
    .action((flags: AnchorFlags, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>();
      if (flags.list === true) return reporting(context, options, () => Promise.resolve(protocolList()));
      const work = (ratings: AnchorRatings, path: (given: string) => string) =>
        runAnchors(ratings, flags, options, context.terminal, path);
      if (flags.snapshot !== undefined && flags.data === undefined) {
        const given = flags.snapshot;
        return inSession(context, command, async (session) => {
          const { id } = findNamed(await session.ask("snapshots.list", {}), given, "snapshot");
          return work(await anchorRatingsOfSnapshot(join(session.workspaceDirectory, "snapshots", id)), session.path);
        });
      }
      return reporting(context, options, async () => {
        if (flags.data === undefined || flags.snapshot !== undefined)
          throw new ReelbenchError("RB_INVALID_INPUT", "Which data? Give --data FILE or --snapshot ID, one of them.");
        const inFolder = (given: string) => join(context.terminal.directory, given);
        const path = flags.data.startsWith("/") ? flags.data : inFolder(flags.data);
        return work(
          await anchorRatingsOfFile(path, { signal: new AbortController().signal, onProgress: () => undefined }),
          (given) => (given.startsWith("/") ? given : inFolder(given)),
        );
      });
    });
}

async function runAnchors(
  ratings: AnchorRatings,
  flags: AnchorFlags,
  { threads = availableParallelism(), json }: GlobalOptions,
  terminal: Terminal,
  path: (given: string) => string,
): Promise<Output> {
  const { dataset, anchors: fitting, unfit } = fittingAnchors(ratings, flags.protocol);
  const line = createProgressLine(terminal);
  const results: AnchorResult[] = [];
  const say = (message: string) => line.show({ done: results.length, total: null, unit: "rows", message });
  const context = { seed: flags.seed, threads, signal: new AbortController().signal, say };
  let text = `${dataset.name}, seed ${String(flags.seed)}\n`;
  try {
    for (const anchor of fitting) {
      const of: AnchorResult[] = [];
      for await (const result of runAnchor(anchor, dataset.id, ratings, { ...context, algorithms: flags.algorithms })) {
        of.push(result);
        results.push(result);
      }
      text += `\n${describeAnchor(anchor, of)}`;
    }
  } finally {
    line.end();
  }
  text += unfit.map(({ anchor, reason }) => `\nnot rerun: ${anchor.title}: ${reason}.\n`).join("");
  const figures = {
    dataset: dataset.id,
    seed: flags.seed,
    results,
    notRerun: unfit.map(({ anchor, reason }) => ({ anchor: anchor.id, reason })),
  };
  if (flags.output !== undefined) await writeFile(path(flags.output), `${JSON.stringify(figures, null, 2)}\n`);
  return { json: figures, text: json === true ? "" : text };
}

function describeAnchor(anchor: Anchor, results: readonly AnchorResult[]): string {
  const figure = (result: AnchorResult, metric: string) => result.figures.find((found) => found.metric === metric);
  const signed = (value: number | null | undefined) =>
    value === null || value === undefined ? null : `${value >= 0 ? "+" : "−"}${Math.abs(value).toFixed(4)}`;
  const table = formatTable(
    results,
    [
      { title: "model", value: ({ name }) => name },
      ...anchor.metrics.flatMap(({ metric }) => [
        {
          title: metric,
          value: (result: AnchorResult) => figure(result, metric)?.ours.toFixed(4) ?? null,
          right: true,
        },
        {
          title: "published",
          value: (result: AnchorResult) => figure(result, metric)?.published?.toString() ?? null,
          right: true,
        },
        {
          title: "difference",
          value: (result: AnchorResult) => signed(figure(result, metric)?.difference),
          right: true,
        },
      ]),
      { title: "seconds", value: ({ seconds }) => seconds.toFixed(1), right: true },
      { title: "", value: ({ problem }) => problem ?? "" },
    ],
    "No row was asked for.",
  );
  const conventions = anchor.metrics
    .map(
      ({ metric, convention, higherIsBetter }) =>
        `${metric}: ${convention}; ${higherIsBetter ? "higher" : "lower"} is better\n`,
    )
    .join("");
  const warning = anchor.warning === null ? "" : `Beware: ${anchor.warning}\n`;
  return `${anchor.title} (${anchor.id})\n${anchor.citation}\n${anchor.protocol}\n${conventions}${warning}${table}`;
}

function protocolList(): Output {
  const text = anchors
    .map(
      ({ id, title, datasets, protocol, citation }) =>
        `${id}: ${title}\n  data: ${datasets.join(", ")}\n  ${protocol}\n  ${citation}\n`,
    )
    .join("\n");
  const json = anchors.map(({ measure: _measure, unfit: _unfit, ...anchor }) => anchor);
  return { json, text };
}
