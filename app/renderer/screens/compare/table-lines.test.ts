import { expect, it } from "vitest";
import { tableLines } from "./table-lines.ts";

const group = (value: string, runs: number, offset: number, folded = false) => ({
  value,
  runs,
  offset,
  folded,
  best: null,
});

it("rows alone are lines alone", () => {
  const lines = tableLines(3, []);
  expect([lines.at(0), lines.at(2), lines.at(3)]).toEqual([
    { kind: "row", row: 0 },
    { kind: "row", row: 2 },
    undefined,
  ]);
});

it("each group has a line above its rows; a folded one has only that", () => {
  const groups = [group("a", 2, 0), group("b", 5, 2, true), group("c", 1, 2)];
  const lines = tableLines(3, groups);
  expect(lines.count).toBe(6);
  expect(
    Array.from({ length: 6 }, (_, line) => {
      const found = lines.at(line);
      return found?.kind === "group" ? found.group.value : found?.row;
    }),
  ).toEqual(["a", 0, 1, "b", "c", 2]);
});
