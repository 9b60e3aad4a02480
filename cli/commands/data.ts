import type { Command } from "commander";
import { Option } from "commander";
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { readOptions, recipe as recipeSchema, splitProtocol, timeFormat, fileFormat, textEncoding } from "../../core/contract/entities.ts";
import type { ReadOptions, Recipe, SplitProtocol } from "../../core/contract/entities.ts";
import { ReelbenchError } from "../../core/contract/errors.ts";
import { inSession, realNumber, wholeNumber } from "../command.ts";
import type { CommandContext } from "../command.ts";
import { findNamed, findOrNewest, shortId } from "../short-id.ts";
import { formatFields, formatTable } from "../table.ts";
import { describeProfile, describeSnapshot, describeSource, describeSplit } from "../describe.ts";

interface ReadFlags {
  readonly format?: string;
  readonly encoding?: string;
  readonly delimiter?: string;
  readonly header?: boolean;
  readonly decimalComma?: boolean;
  readonly timeFormat?: string;
  readonly userColumn?: string;
  readonly itemColumn?: string;
  readonly ratingColumn?: string;
  readonly timeColumn?: string | false;
  readonly singleUser?: string;
  readonly missing?: readonly string[];
  readonly scale?: string;
}

/** The flags that say how a file is to be read; what is left out is detected. */
function withReadFlags(command: Command): Command {
  return command
    .addOption(new Option("--format <format>", "kind of file").choices(fileFormat.options))
    .addOption(new Option("--encoding <encoding>", "character encoding").choices(textEncoding.options))
    .option("--delimiter <text>", 'what separates fields ("\\t" for a tab)')
    .option("--header", "the first line holds names")
    .option("--no-header", "the first line is data")
    .option("--decimal-comma", "3,5 means 3.5")
    .addOption(new Option("--time-format <format>", "how times are written").choices(timeFormat.options))
    .option("--user-column <name>", "column of the user (column0, … where there is no header)")
    .option("--item-column <name>", "column of the item")
    .option("--rating-column <name>", "column of the rating")
    .option("--time-column <name>", "column of the time")
    .option("--no-time-column", "there is no time")
    .option("--single-user <id>", "all rows are this person's")
    .option("--missing <values...>", 'values that mean "no rating"')
    .option("--scale <minimum:maximum>", "the rating scale");
}

export function readOptionsOf(flags: ReadFlags): ReadOptions {
  const [minimum, maximum] = (flags.scale ?? "").split(":").map(Number);
  const given = {
    format: flags.format,
    encoding: flags.encoding,
    delimiter: flags.delimiter?.replaceAll("\\t", "\t"),
    header: flags.header,
    decimalComma: flags.decimalComma,
    timeFormat: flags.timeFormat,
    userColumn: flags.userColumn,
    itemColumn: flags.itemColumn,
    ratingColumn: flags.ratingColumn,
    timeColumn: flags.timeColumn === false ? null : flags.timeColumn,
    singleUserId: flags.singleUser,
    missingValues: flags.missing,
    scale: flags.scale === undefined ? undefined : { minimum, maximum },
  };
  const parsed = readOptions.safeParse(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)));
  if (!parsed.success) throw new ReelbenchError("RB_INVALID_INPUT", z.prettifyError(parsed.error));
  return parsed.data;
}

export function addDataCommands(program: Command, context: CommandContext): void {
  withReadFlags(program.command("preview <file>").description("show how a file of ratings would be read")).action((file: string, flags: ReadFlags, command: Command) =>
    inSession(context, command, async ({ ask, path }) => {
      const preview = await ask("files.preview", { path: path(file), options: readOptionsOf(flags) });
      const named = preview.columns.map((column, c) => ({ title: `${column.name} (${column.role})`, value: (row: readonly (string | null)[]) => row[c] ?? null }));
      const facts = formatFields([
        ["layout", preview.layout ?? "recognised by its columns"],
        ["titles", preview.itemsPath],
        ["scale", preview.scale === null ? null : `${preview.scale.minimum} … ${preview.scale.maximum}`],
      ]);
      const remarks = preview.warnings.map((warning) => `! ${warning}\n`).join("");
      const problem = preview.problem === null ? "" : `${preview.problem.code}: ${preview.problem.message}\n${preview.problem.remedy}\n`;
      return { json: preview, text: `${facts}\n${formatTable(preview.rows.slice(0, 10), named, "No rows.")}${remarks}${problem}` };
    }),
  );

  withReadFlags(program.command("import <file>").description("bring a file of ratings into the workspace, whole"))
    .option("--items <file>", "titles, years and genres (found beside the ratings where left out)")
    .option("--no-items", "without titles")
    .option("--name <name>", "what to call it")
    .action((file: string, flags: ReadFlags & { items?: string | false; name?: string }, command: Command) =>
      inSession(context, command, async ({ ask, run, path }) => {
        const itemsPath = flags.items === false ? null : typeof flags.items === "string" ? path(flags.items) : undefined;
        const { sourceId } = await run("sources.import", {
          path: path(file),
          options: readOptionsOf(flags),
          ...(itemsPath === undefined ? {} : { itemsPath }),
          ...(flags.name === undefined ? {} : { name: flags.name }),
        });
        const source = await ask("sources.get", { sourceId });
        return { json: source, text: describeSource(source) };
      }),
    );

  program
    .command("sources [id]")
    .description("list what was imported, or show one")
    .action((id: string | undefined, _flags: object, command: Command) =>
      inSession(context, command, async ({ ask }) => {
        const all = await ask("sources.list", {});
        if (id !== undefined) {
          const source = findNamed(all, id, "source");
          return { json: source, text: describeSource(source) };
        }
        const text = formatTable(all, [
          { title: "id", value: (source) => shortId(source.id) },
          { title: "name", value: (source) => (source.missing === true ? `${source.name} (folder gone)` : source.name) },
          { title: "layout", value: (source) => source.layout },
          { title: "accepted", value: (source) => source.accepted },
          { title: "rejected", value: (source) => source.rejected },
          { title: "users", value: (source) => source.users },
          { title: "items", value: (source) => source.items },
          { title: "imported", value: (source) => source.createdAt },
        ], "Nothing has been imported yet: reelbench import FILE, or reelbench sample.");
        return { json: all, text };
      }),
    );

  program
    .command("rejects [source]")
    .description("show rows that could not be read, with their reasons")
    .option("--limit <n>", "how many", wholeNumber(1, 1000), 50)
    .option("--offset <n>", "from which", wholeNumber(0), 0)
    .action((given: string | undefined, flags: { limit: number; offset: number }, command: Command) =>
      inSession(context, command, async ({ ask }) => {
        const source = findOrNewest(await ask("sources.list", {}), given, "source", "import one first");
        const rejects = await ask("sources.rejects", { sourceId: source.id, ...flags });
        const text = formatTable(rejects.rows, [
          { title: "line", value: ({ line }) => line },
          { title: "reason", value: ({ reason }) => reason },
          { title: "raw", value: ({ raw }) => (raw.length > 100 ? `${raw.slice(0, 99)}…` : raw) },
        ], "No row was rejected.");
        return { json: rejects, text: `${text}${rejects.total > 0 ? `${rejects.total} in all.\n` : ""}` };
      }),
    );

  addSnapshotCommands(program, context);
  addSplitCommands(program, context);
}

interface RecipeFlags {
  readonly dedupe?: "last" | "first" | "highest" | "mean";
  readonly from?: string;
  readonly to?: string;
  readonly minUser?: number;
  readonly minItem?: number;
  readonly kCore?: number;
  readonly recipe?: string;
}

/** Steps in a sensible order; `--recipe FILE` says any other. */
async function recipeOf(flags: RecipeFlags, path: (given: string) => string): Promise<Recipe> {
  if (flags.recipe !== undefined) {
    const text = await readFile(path(flags.recipe), "utf8").catch((error: Error) => {
      throw new ReelbenchError("RB_FILE_NOT_FOUND", error.message);
    });
    return parseRecipe(text);
  }
  const steps: unknown[] = [];
  if (flags.dedupe !== undefined) steps.push({ step: "dedupe", keep: flags.dedupe });
  if (flags.from !== undefined || flags.to !== undefined) steps.push({ step: "time-window", from: isoOf(flags.from), to: isoOf(flags.to) });
  if (flags.minUser !== undefined || flags.minItem !== undefined) steps.push({ step: "minimum-ratings", perUser: flags.minUser ?? 0, perItem: flags.minItem ?? 0 });
  if (flags.kCore !== undefined) steps.push({ step: "k-core", k: flags.kCore });
  return recipeSchema.parse(steps);
}

function parseRecipe(text: string): Recipe {
  try {
    return recipeSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new ReelbenchError("RB_INVALID_INPUT", `The recipe is not one: ${error instanceof z.ZodError ? z.prettifyError(error) : String(error)}`);
  }
}

function isoOf(text: string | undefined): string | null {
  if (text === undefined) return null;
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new ReelbenchError("RB_INVALID_INPUT", `"${text}" is not a time; write 2016-01-31 or 2016-01-31T12:00:00Z.`);
  return time.toISOString();
}

function addSnapshotCommands(program: Command, context: CommandContext): void {
  program
    .command("snapshot [sources...]")
    .description("clean sources by a recipe into an immutable snapshot")
    .addOption(new Option("--dedupe <keep>", "which of several ratings of a pair stays").choices(["last", "first", "highest", "mean"]))
    .option("--from <time>", "leave out what is earlier")
    .option("--to <time>", "leave out what is later")
    .option("--min-user <n>", "ratings a user must have", wholeNumber(1))
    .option("--min-item <n>", "ratings an item must have", wholeNumber(1))
    .option("--k-core <k>", "both, repeated until it holds", wholeNumber(1, 1000))
    .option("--recipe <file>", "the steps as JSON, in their order")
    .option("--name <name>", "what to call it")
    .action((given: string[], flags: RecipeFlags & { name?: string }, command: Command) =>
      inSession(context, command, async ({ ask, run, path }) => {
        const all = await ask("sources.list", {});
        const sources = given.length === 0 ? [findOrNewest(all, undefined, "source", "import one first")] : given.map((id) => findNamed(all, id, "source"));
        const { snapshotId } = await run("snapshots.create", {
          sourceIds: sources.map(({ id }) => id),
          recipe: await recipeOf(flags, path),
          ...(flags.name === undefined ? {} : { name: flags.name }),
        });
        const snapshot = await ask("snapshots.get", { snapshotId });
        return { json: snapshot, text: describeSnapshot(snapshot) };
      }),
    );

  program
    .command("snapshots [id]")
    .description("list snapshots, or show one")
    .action((id: string | undefined, _flags: object, command: Command) =>
      inSession(context, command, async ({ ask }) => {
        const all = await ask("snapshots.list", {});
        if (id !== undefined) {
          const snapshot = findNamed(all, id, "snapshot");
          return { json: snapshot, text: describeSnapshot(snapshot) };
        }
        const text = formatTable(all, [
          { title: "id", value: (snapshot) => shortId(snapshot.id) },
          { title: "name", value: (snapshot) => (snapshot.missing === true ? `${snapshot.name} (folder gone)` : snapshot.name) },
          { title: "ratings", value: ({ ratings }) => ratings },
          { title: "users", value: ({ users }) => users },
          { title: "items", value: ({ items }) => items },
          { title: "made", value: ({ createdAt }) => createdAt },
        ], "There is no snapshot yet: reelbench snapshot.");
        return { json: all, text };
      }),
    );

  program
    .command("profile [snapshot]")
    .description("what the ratings look like")
    .action((given: string | undefined, _flags: object, command: Command) =>
      inSession(context, command, async ({ ask }) => {
        const snapshot = findOrNewest(await ask("snapshots.list", {}), given, "snapshot", "make one first: reelbench snapshot");
        const profile = await ask("snapshots.profile", { snapshotId: snapshot.id });
        return { json: profile, text: describeProfile(profile) };
      }),
    );
}

interface SplitFlags {
  readonly protocol?: string;
  readonly testShare?: number;
  readonly folds?: number;
  readonly seed: number;
  readonly propose?: boolean;
}

function addSplitCommands(program: Command, context: CommandContext): void {
  program
    .command("split [snapshot]")
    .description("divide a snapshot into what is trained on and what is tested on")
    .addOption(new Option("--protocol <protocol>", "how (left out: what fits the data best)").choices(splitProtocol.options.map((option) => option.shape.protocol.value)))
    .option("--test-share <share>", "share that is tested on, 0 … 1", realNumber)
    .option("--folds <n>", "folds of k-fold", wholeNumber(2, 20))
    .option("--seed <n>", "of the random choices", wholeNumber(0, 0xffff_ffff), 42)
    .option("--propose", "only show what would fit")
    .action((given: string | undefined, flags: SplitFlags, command: Command) =>
      inSession(context, command, async ({ ask, run, terminal }) => {
        const snapshot = findOrNewest(await ask("snapshots.list", {}), given, "snapshot", "make one first: reelbench snapshot");
        if (flags.propose === true || flags.protocol === undefined) {
          const proposals = await ask("splits.propose", { snapshotId: snapshot.id });
          if (flags.propose === true) {
            const text = formatTable(proposals, [
              { title: "protocol", value: ({ protocol }) => protocol.protocol },
              { title: "train", value: ({ train }) => train },
              { title: "test", value: ({ test }) => test },
              { title: "test users", value: ({ testUsers }) => testUsers },
              { title: "warm", value: ({ warmTestUsers }) => warmTestUsers },
              { title: "intervals", value: ({ meaningful }) => (meaningful ? "meaningful" : "too few") },
              { title: "why", value: ({ reason, leaks }) => [reason, ...leaks].join(" ") },
            ], "Nothing fits this snapshot.");
            return { json: proposals, text };
          }
          const [best] = proposals;
          if (best === undefined) throw new ReelbenchError("RB_SPLIT_EMPTY", "No protocol fits this snapshot.");
          terminal.err(`${best.protocol.protocol}: ${best.reason}\n`);
          return made(best.protocol);
        }
        return made(protocolOf(flags));

        async function made(protocol: SplitProtocol) {
          const { splitId } = await run("splits.create", { snapshotId: snapshot.id, protocol, seed: flags.seed });
          const split = await ask("splits.get", { splitId });
          return { json: split, text: describeSplit(split) };
        }
      }),
    );

  program
    .command("splits [id]")
    .description("list splits, or show one")
    .action((id: string | undefined, _flags: object, command: Command) =>
      inSession(context, command, async ({ ask }) => {
        const all = await ask("splits.list", {});
        if (id !== undefined) {
          const split = findNamed(all, id, "split");
          return { json: split, text: describeSplit(split) };
        }
        const text = formatTable(all, [
          { title: "id", value: (split) => shortId(split.id) },
          { title: "name", value: (split) => (split.missing === true ? `${split.name} (folder gone)` : split.name) },
          { title: "snapshot", value: ({ snapshotId }) => shortId(snapshotId) },
          { title: "train", value: ({ train }) => train },
          { title: "test", value: ({ test }) => test },
          { title: "made", value: ({ createdAt }) => createdAt },
        ], "There is no split yet: reelbench split.");
        return { json: all, text };
      }),
    );
}

function protocolOf({ protocol, testShare, folds }: SplitFlags): SplitProtocol {
  const given = { protocol, ...(testShare === undefined ? {} : { testShare }), ...(folds === undefined ? {} : { folds }) };
  const parsed = splitProtocol.safeParse(given);
  if (!parsed.success) throw new ReelbenchError("RB_INVALID_INPUT", z.prettifyError(parsed.error));
  return parsed.data;
}
