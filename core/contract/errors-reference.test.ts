import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { errorRegistry } from "./errors.ts";

test("the reference names every error, with its title, remedy, HTTP status and exit code", () => {
  const page = readFileSync(new URL("../../docs/reference/errors.md", import.meta.url), "utf8");
  const rows = page
    .split("\n")
    .filter((line) => line.startsWith("| `RB_"))
    .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\", "")));
  const documented = rows.map(([, code = "", status, exit, title, remedy]) => [
    code.replaceAll("`", ""),
    { title, remedy, status: Number(status), exit: Number(exit) },
  ]);
  expect(Object.fromEntries(documented)).toEqual(errorRegistry);
  expect(documented).toHaveLength(Object.keys(errorRegistry).length);
});
