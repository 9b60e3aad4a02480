import { writeFile } from "node:fs/promises";
import { Option } from "commander";
import type { Command } from "commander";
import { ReelbenchError } from "../../core/contract/errors.ts";
import type { MethodInput } from "../../core/contract/methods.ts";
import type { Search, SearchDimension } from "../../core/contract/searches.ts";
import { collected, inSession, realNumber, wholeNumber } from "../command.ts";
import type { CommandContext } from "../command.ts";
import { describeRun } from "../describe.ts";
import { describeSearch, searchesTable, stepsAsCsv, stepsTable } from "../describe-search.ts";
import type { Session } from "../session.ts";
import { findNamed, findOrNewest } from "../short-id.ts";
import { parseSettings } from "./models.ts";

interface StartFlags {
  readonly algorithm: string;
  readonly split?: string;
  readonly metric?: string;
  readonly search: readonly string[];
  readonly when: readonly string[];
  readonly set: readonly string[];
  readonly sampler: "tpe" | "quasi-random" | "random";
  readonly startup: number;
  readonly schedule: "full" | "asha" | "hyperband" | "median" | "doubling";
  readonly resource: "epochs" | "users";
  readonly minBudget?: number;
  readonly maxBudget?: number;
  readonly reduction: number;
  readonly from: number;
  readonly to: number;
  readonly following: number;
  readonly trials: number;
  readonly parallel: number;
  readonly validation?: "global-temporal" | "per-user-temporal" | "leave-last-out" | "random";
  readonly validationShare: number;
  readonly seed: number;
  readonly name?: string;
}

export function addTuningCommands(program: Command, context: CommandContext): void {
  const tune = program.command("tune").description("search for an algorithm's best settings");
  addStart(tune, context);
  addDelete(tune, context);

  tune
    .command("list")
    .description("list searches")
    .action((_flags: object, command: Command) =>
      inSession(context, command, async ({ ask }) => {
        const all = await ask("searches.list", {});
        return { json: all, text: searchesTable(all) };
      }),
    );

  tune
    .command("status [search]")
    .description("show a search (the newest) and its trials, the best first")
    .option("--limit <n>", "how many trials", wholeNumber(1), 15)
    .action((given: string | undefined, flags: { limit: number }, command: Command) =>
      inSession(context, command, async (session) => {
        const { id: searchId } = await searchOf(session, given);
        const found = await session.ask("searches.get", { searchId });
        const text = `${describeSearch(found.search)}\n${stepsTable(found.search, found.steps, flags.limit)}`;
        return { json: found, text };
      }),
    );

  tune
    .command("export <search>")
    .description("write all trials as a table: CSV, or JSON with --json")
    .option("--output <file>", "where to; left out: standard output")
    .action((given: string, flags: { output?: string }, command: Command) =>
      inSession(context, command, async (session) => {
        const { id: searchId } = await searchOf(session, given);
        const found = await session.ask("searches.get", { searchId });
        const csv = stepsAsCsv(found.search, found.steps);
        if (flags.output === undefined) return { json: found, text: csv };
        const { json } = command.optsWithGlobals<{ json?: boolean }>();
        const path = session.path(flags.output);
        await writeFile(path, json === true ? `${JSON.stringify(found, null, 2)}\n` : csv);
        return { json: { path, steps: found.steps.length }, text: `${String(found.steps.length)} trials in ${path}\n` };
      }),
    );

  tune
    .command("cancel <search>")
    .description("stop a search; it can be resumed")
    .action((given: string, _flags: object, command: Command) =>
      inSession(context, command, async (session) => {
        const { jobId, name } = await searchOf(session, given);
        const job = await session.ask("jobs.cancel", { jobId });
        return { json: job, text: `${name}: ${job.state === "running" ? "stopping" : job.state}.\n` };
      }),
    );

  tune
    .command("resume <search>")
    .description("go on with a search that was interrupted or cancelled, and follow it to its end")
    .action((given: string, _flags: object, command: Command) =>
      inSession(context, command, async (session) => {
        const { jobId, id } = await searchOf(session, given);
        await session.ask("jobs.resume", { jobId });
        await session.follow(jobId);
        return ended(session, id);
      }),
    );
}

function addDelete(tune: Command, context: CommandContext): void {
  tune
    .command("delete <search>")
    .description("delete a search with its trials; the winner stays")
    .action((given: string, _flags: object, command: Command) =>
      inSession(context, command, async (session) => {
        const { id: searchId, name } = await searchOf(session, given);
        await session.ask("searches.delete", { searchId });
        return { json: { searchId }, text: `Deleted the search ${name}.\n` };
      }),
    );
}

function addStart(tune: Command, context: CommandContext): void {
  tune
    .command("start")
    .description("search, and train the best settings at the end")
    .requiredOption("--algorithm <id>", "which (reelbench algorithms)")
    .option("--split <id>", "the split; left out: the newest")
    .option("--metric <name>", "what is optimised (ndcg@10, rmse, …)")
    .option(
      "--search <setting>",
      "vary this: name, name=low:high or name=a,b,c; may be repeated; left out: what matters by rule",
      collected,
      [],
    )
    .option("--when <condition>", "name:other=value,… varies only where another has that value", collected, [])
    .option("--set <name=value>", "a setting that stays; may be repeated", collected, [])
    .addOption(
      new Option("--sampler <kind>", "how settings are chosen")
        .choices(["tpe", "quasi-random", "random"])
        .default("tpe"),
    )
    .option("--startup <n>", "trials before tpe learns", wholeNumber(1, 1000), 10)
    .addOption(
      new Option("--schedule <kind>", "how much each trial is given")
        .choices(["full", "asha", "hyperband", "median", "doubling"])
        .default("full"),
    )
    .addOption(
      new Option("--resource <kind>", "what a schedule deals out").choices(["epochs", "users"]).default("epochs"),
    )
    .option("--min-budget <n>", "epochs, or share of the users, of the lowest rung", realNumber)
    .option("--max-budget <n>", "of the highest", realNumber)
    .option("--reduction <n>", "of how many one goes on", wholeNumber(2, 10), 3)
    .option("--from <k>", "doubling: factors to begin with", wholeNumber(1), 32)
    .option("--to <k>", "doubling: factors to end with", wholeNumber(1), 128)
    .option("--following <n>", "doubling: trials after each doubling", wholeNumber(1, 1000), 10)
    .option("--trials <n>", "settings tried", wholeNumber(1, 10_000), 30)
    .option("--parallel <n>", "trials at the same time, sharing the threads", wholeNumber(1, 64), 1)
    .addOption(
      new Option("--validation <protocol>", "how ratings to judge by are taken out of the training part").choices([
        "global-temporal",
        "per-user-temporal",
        "leave-last-out",
        "random",
      ]),
    )
    .option("--validation-share <share>", "how many", realNumber, 0.1)
    .option("--seed <n>", "of all random choices", wholeNumber(0, 0xffff_ffff), 42)
    .option("--name <name>", "what to call the search")
    .action((flags: StartFlags, command: Command) =>
      inSession(context, command, async (session) => {
        const split = findOrNewest(
          await session.ask("splits.list", {}),
          flags.split,
          "split",
          "make one first: reelbench split",
        );
        const { fields } = await session.ask("searches.space", { algorithm: flags.algorithm });
        const { searchId } = await session.run("searches.start", requestOf(flags, split.id, fields));
        return ended(session, searchId);
      }),
    );
}

function requestOf(
  flags: StartFlags,
  splitId: string,
  fields: readonly SearchDimension[],
): MethodInput<"searches.start"> {
  const space = flags.search.map((given) => conditional(parseDimension(given, fields), flags.when));
  const { validation: protocol, validationShare: share } = flags;
  return {
    splitId,
    algorithm: flags.algorithm,
    fixed: parseSettings(flags.set),
    sampler: flags.sampler === "tpe" ? { sampler: "tpe", startup: flags.startup } : { sampler: flags.sampler },
    schedule: scheduleOf(flags),
    trials: flags.trials,
    parallel: flags.parallel,
    seed: flags.seed,
    ...(space.length === 0 ? {} : { space }),
    ...(flags.metric === undefined ? {} : { metric: flags.metric }),
    ...(flags.name === undefined ? {} : { name: flags.name }),
    ...(protocol === undefined ? {} : { validation: { protocol, share } }),
  };
}

function scheduleOf(flags: StartFlags): NonNullable<MethodInput<"searches.start">["schedule"]> {
  const { schedule, resource, minBudget, maxBudget, reduction } = flags;
  if (schedule === "full") return { schedule };
  if (schedule === "doubling") return { schedule, from: flags.from, to: flags.to, following: flags.following };
  const maximum = maxBudget ?? (resource === "users" ? 1 : undefined);
  if (maximum === undefined)
    throw new ReelbenchError("RB_INVALID_INPUT", "How many epochs has the highest rung? Give --max-budget.");
  return { schedule, resource, minimum: minBudget ?? maximum / reduction ** 2, maximum, reduction };
}

/** `name`, `name=low:high`, `name=a,b,c`. */
export function parseDimension(text: string, fields: readonly SearchDimension[]): SearchDimension {
  const [name = "", values] = text.split(/=(.*)/s);
  const field = fields.find((candidate) => candidate.name === name);
  if (field === undefined)
    throw new ReelbenchError(
      "RB_INVALID_INPUT",
      `There is no "${name}" to search; there is ${fields.map((known) => known.name).join(", ")}.`,
    );
  if (values === undefined) return field;
  const range = /^([^:,]+):([^:,]+)$/.exec(values);
  if (range === null || field.kind === "choice") {
    const choices = Object.values(parseSettings(values.split(",").map((value, at) => `${String(at)}=${value}`)));
    return { kind: "choice", name, choices, when: null };
  }
  const [minimum, maximum] = [realNumber(range[1] ?? ""), realNumber(range[2] ?? "")];
  return { ...field, minimum, maximum, logarithmic: field.logarithmic || isRatio(field, minimum) };
}

/** A range whose whole reaches 0 is not logarithmic; part of it may be, where the field steps by ratio above that. */
function isRatio(field: SearchDimension, minimum: number): boolean {
  return (
    field.kind === "real" && field.minimum <= 0 && minimum > 0 && /regularization|shrinkage|penalty/i.test(field.name)
  );
}

function conditional(dimension: SearchDimension, conditions: readonly string[]): SearchDimension {
  const found = conditions.find((condition) => condition.startsWith(`${dimension.name}:`));
  if (found === undefined) return dimension;
  const [other = "", values = ""] = found.slice(dimension.name.length + 1).split(/=(.*)/s);
  const is = Object.values(parseSettings(values.split(",").map((value, at) => `${String(at)}=${value}`)));
  return { ...dimension, when: { name: other, is } };
}

async function searchOf(session: Session, given: string | undefined): Promise<Search> {
  const all = await session.ask("searches.list", {});
  return given === undefined
    ? findOrNewest(all, undefined, "search", "start one: reelbench tune start --algorithm ID")
    : findNamed(all, given, "search");
}

/** The search, its best trials, and the winner as the test judged it. */
async function ended(session: Session, searchId: string) {
  const { search, steps } = await session.ask("searches.get", { searchId });
  const winner = search.winnerRunId === null ? null : await session.ask("runs.get", { runId: search.winnerRunId });
  const text = [
    describeSearch(search),
    stepsTable(search, steps, 10),
    winner === null ? "" : `The winner, judged by the test:\n${describeRun(winner)}`,
  ].join("\n");
  return { json: { search, steps, winner }, text };
}
