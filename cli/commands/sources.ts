import type { Command } from "commander";
import { errorRegistry, isErrorCode } from "../../core/contract/errors.ts";
import { inSession, wholeNumber } from "../command.ts";
import type { CommandContext } from "../command.ts";
import { describeSource } from "../describe.ts";
import { readOptionsOf, withReadFlags } from "../read-flags.ts";
import type { ReadFlags } from "../read-flags.ts";
import { findNamed, findOrNewest, shortId } from "../short-id.ts";
import { formatFields, formatTable } from "../table.ts";

interface ImportFlags extends ReadFlags {
  /** False: --no-items. */
  readonly items?: string | false;
  readonly users?: string;
  readonly tags?: string;
  readonly name?: string;
}

export function addSourceCommands(program: Command, context: CommandContext): void {
  withReadFlags(program.command("preview <file>").description("show how a file of ratings would be read")).action(
    (file: string, flags: ReadFlags, command: Command) =>
      inSession(context, command, async ({ ask, path }) => {
        const preview = await ask("files.preview", { path: path(file), options: readOptionsOf(flags) });
        const named = preview.columns.map((column, c) => ({
          title: `${column.name} (${column.role})`,
          value: (row: readonly (string | null)[]) => row[c] ?? null,
        }));
        const facts = formatFields([
          ["layout", preview.layout ?? "recognised by its columns"],
          ["titles", preview.itemsPath],
          ["users", preview.usersPath],
          ["tags", preview.tagsPath],
          ["scale", preview.scale === null ? null : `${preview.scale.minimum} … ${preview.scale.maximum}`],
        ]);
        const remarks = preview.warnings.map((warning) => `! ${warning}\n`).join("");
        const problem =
          preview.problem === null
            ? ""
            : `${preview.problem.code}: ${preview.problem.message}\n${preview.problem.remedy}\n`;
        return {
          json: preview,
          text: `${facts}\n${formatTable(preview.rows.slice(0, 10), named, "No rows.")}${remarks}${problem}`,
          // A script asks "can this be imported?".
          exitCode: preview.problem === null ? 0 : problemExit(preview.problem.code),
        };
      }),
  );

  withReadFlags(program.command("import <file>").description("bring a file of ratings into the workspace, whole"))
    .option("--items <file>", "titles, years and genres (found beside the ratings where left out)")
    .option("--no-items", "without titles")
    .option("--users <file>", "who the users are: ids, and columns that say something of them (age, occupation)")
    .option("--tags <file>", "tags that films were given")
    .option("--name <name>", "what to call it")
    .action((file: string, flags: ImportFlags, command: Command) =>
      inSession(context, command, async ({ ask, run, path }) => {
        const itemsPath =
          flags.items === false ? null : typeof flags.items === "string" ? path(flags.items) : undefined;
        const { sourceId } = await run("sources.import", {
          path: path(file),
          options: readOptionsOf(flags),
          ...(itemsPath === undefined ? {} : { itemsPath }),
          ...(flags.users === undefined ? {} : { usersPath: path(flags.users) }),
          ...(flags.tags === undefined ? {} : { tagsPath: path(flags.tags) }),
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
        const text = formatTable(
          all,
          [
            { title: "id", value: (source) => shortId(source.id) },
            {
              title: "name",
              value: (source) => (source.missing === true ? `${source.name} (folder gone)` : source.name),
            },
            { title: "layout", value: (source) => source.layout },
            { title: "accepted", value: (source) => source.accepted },
            { title: "rejected", value: (source) => source.rejected },
            { title: "users", value: (source) => source.users },
            { title: "items", value: (source) => source.items },
            { title: "imported", value: (source) => source.createdAt },
          ],
          "Nothing has been imported yet: reelbench import FILE, or reelbench sample.",
        );
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
        const text = formatTable(
          rejects.rows,
          [
            { title: "line", value: ({ line }) => line },
            { title: "reason", value: ({ reason }) => reason },
            { title: "raw", value: ({ raw }) => (raw.length > 100 ? `${raw.slice(0, 99)}…` : raw) },
          ],
          "No row was rejected.",
        );
        return { json: rejects, text: `${text}${rejects.total > 0 ? `${rejects.total} in all.\n` : ""}` };
      }),
    );
}

function problemExit(code: string): number {
  return errorRegistry[isErrorCode(code) ? code : "RB_INTERNAL"].exit;
}
