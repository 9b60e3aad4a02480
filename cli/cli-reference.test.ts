import type { Command } from "commander";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createProgram } from "./program.ts";
import { recordedTerminal } from "./terminal.fixture.ts";

const page = readFileSync(new URL("../docs/reference/cli.md", import.meta.url), "utf8");
const program = createProgram({ terminal: recordedTerminal(""), outcome: { exitCode: 0 } });

/** `target add` and the like by their whole name; a command that only holds others is none. */
function leaves(command: Command, path = ""): [string, Command][] {
  const name = `${path} ${command.name()}`.trim();
  return command.commands.length === 0
    ? [[name, command]]
    : command.commands.flatMap((inner) => leaves(inner, command === program ? "" : name));
}

/** The options that a text names, without the `--help` that every command has. */
function flagsIn(text: string): string[] {
  return [...text.matchAll(/`(--?[a-z-]+)/g)].map(([, flag = ""]) => flag).filter((flag) => flag !== "--help");
}
const paragraph = (title: string) => flagsIn(new RegExp(`\\*\\*${title}\\*\\*[^*]+`).exec(page)?.[0] ?? "");

test("the reference names every command with its options, and no other", () => {
  const rows = [...page.matchAll(/^\| `([a-z][a-z -]*)[^|]*\|[^|]*\|([^|]*)\|$/gm)];
  const documented = rows.map(([, name = "", options = ""]) => [
    name.replace(/ -$/, "").trim(),
    [
      ...flagsIn(options),
      ...(options.includes("reading options") ? paragraph("Reading options") : []),
      ...(options.includes("target options") ? paragraph("Target options") : []),
    ].toSorted(),
  ]);
  const existing = program.commands
    .flatMap((command) => leaves(command))
    .map(([name, command]) => [name, command.options.map(({ long, short }) => long ?? short ?? "").toSorted()]);
  expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(existing));
  expect(documented).toHaveLength(existing.length);
});

test("and every option of the program", () => {
  const rows = [...page.matchAll(/^\| `(--[a-z]+)/gm)].map(([, flag]) => flag);
  expect(rows).toEqual(program.options.map(({ long }) => long).filter((long) => long !== "--version"));
});
