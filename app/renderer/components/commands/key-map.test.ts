import { expect, it } from "vitest";
import type { Command } from "./command.ts";
import { conflictsWith, menuKeysOf, withOwnKeys } from "./key-map.ts";

const command = (id: string, ...shortcuts: string[]): Command => ({
  id,
  label: id,
  group: "Go",
  shortcuts,
  run: () => undefined,
});
const commands = [command("data", "g d", "mod+2"), command("palette", "mod+k"), command("help", "?")];

it("the person's keys take the place of those a command came with, also none", () => {
  const [data = command("data")] = commands;
  expect(withOwnKeys(data, {}).shortcuts).toEqual(["g d", "mod+2"]);
  expect(withOwnKeys(data, { data: ["mod+j"] }).shortcuts).toEqual(["mod+j"]);
  expect(withOwnKeys(data, { data: [] }).shortcuts).toEqual([]);
});

it("finds whose keys they already are, also where one sequence begins as another", () => {
  const conflicts = (shortcut: string, of: string) => conflictsWith(shortcut, of, commands).map(({ id }) => id);
  expect(conflicts("mod+k", "data")).toEqual(["palette"]);
  expect(conflicts("mod+k", "palette")).toEqual([]);
  expect(conflicts("g", "help")).toEqual(["data"]);
  expect(conflicts("? x", "data")).toEqual(["help"]);
  expect(conflicts("mod+j", "data")).toEqual([]);
});

it("the menu is told the chord, or that there is none", () => {
  expect(menuKeysOf({ data: ["g x", "mod+j"], help: ["?"], palette: [] })).toEqual({
    data: "mod+j",
    help: null,
    palette: null,
  });
});
