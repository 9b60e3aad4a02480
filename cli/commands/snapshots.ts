import type { Command } from "commander";
import { Option } from "commander";
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { recipe as recipeSchema } from "../../core/contract/entities.ts";
import type { Recipe } from "../../core/contract/entities.ts";
import { ReelbenchError } from "../../core/contract/errors.ts";
import { inSession, wholeNumber } from "../command.ts";
import type { CommandContext } from "../command.ts";
import { describeProfile, describeSnapshot } from "../describe.ts";
import { findNamed, findOrNewest, shortId } from "../short-id.ts";
import { formatTable } from "../table.ts";

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
  if (flags.from !== undefined || flags.to !== undefined)
    steps.push({ step: "time-window", from: isoOf(flags.from), to: isoOf(flags.to) });
  if (flags.minUser !== undefined || flags.minItem !== undefined)
    steps.push({ step: "minimum-ratings", perUser: flags.minUser ?? 0, perItem: flags.minItem ?? 0 });
  if (flags.kCore !== undefined) steps.push({ step: "k-core", k: flags.kCore });
  return recipeSchema.parse(steps);
}

function parseRecipe(text: string): Recipe {
  try {
    return recipeSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new ReelbenchError(
      "RB_INVALID_INPUT",
      `The recipe is not one: ${error instanceof z.ZodError ? z.prettifyError(error) : String(error)}`,
    );
  }
}

function isoOf(text: string | undefined): string | null {
  if (text === undefined) return null;
  const time = new Date(text);
  if (Number.isNaN(time.getTime()))
    throw new ReelbenchError("RB_INVALID_INPUT", `"${text}" is not a time; write 2016-01-31 or 2016-01-31T12:00:00Z.`);
  return time.toISOString();
}

export function addSnapshotCommands(program: Command, context: CommandContext): void {
  program
    .command("snapshot [sources...]")
    .description("clean sources by a recipe into an immutable snapshot")
    .addOption(
      new Option("--dedupe <keep>", "which of several ratings of a pair stays").choices([
        "last",
        "first",
        "highest",
        "mean",
      ]),
    )
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
        const sources =
          given.length === 0
            ? [findOrNewest(all, undefined, "source", "import one first")]
            : given.map((id) => findNamed(all, id, "source"));
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
        const text = formatTable(
          all,
          [
            { title: "id", value: (snapshot) => shortId(snapshot.id) },
            {
              title: "name",
              value: (snapshot) => (snapshot.missing === true ? `${snapshot.name} (folder gone)` : snapshot.name),
            },
            { title: "ratings", value: ({ ratings }) => ratings },
            { title: "users", value: ({ users }) => users },
            { title: "items", value: ({ items }) => items },
            { title: "made", value: ({ createdAt }) => createdAt },
          ],
          "There is no snapshot yet: reelbench snapshot.",
        );
        return { json: all, text };
      }),
    );

  program
    .command("profile [snapshot]")
    .description("what the ratings look like")
    .action((given: string | undefined, _flags: object, command: Command) =>
      inSession(context, command, async ({ ask }) => {
        const snapshot = findOrNewest(
          await ask("snapshots.list", {}),
          given,
          "snapshot",
          "make one first: reelbench snapshot",
        );
        const profile = await ask("snapshots.profile", { snapshotId: snapshot.id });
        return { json: profile, text: describeProfile(profile) };
      }),
    );
}
