import { expect, it } from "vitest";
import { acceleratorOf, menuTemplate } from "./menu.ts";

const nothing = () => undefined;
function acceleratorsOf(keys: Readonly<Record<string, string | null>>): Readonly<Record<string, string | undefined>> {
  const template = menuTemplate({
    platform: "linux",
    appName: "Reelbench",
    command: nothing,
    keys,
    showWorkspace: nothing,
    newWindow: nothing,
    chooseWorkspace: nothing,
  });
  const items = template.flatMap(({ submenu }) => (Array.isArray(submenu) ? submenu : []));
  return Object.fromEntries(
    items.flatMap((item) => (item.id === undefined ? [] : [[item.id, item.accelerator?.toString()]])),
  );
}

it("entries have their usual keys, or those that the person gave them, or none", () => {
  expect(acceleratorsOf({})["data.import"]).toBe("CmdOrCtrl+I");
  const changed = acceleratorsOf({ "data.import": "mod+shift+o", "palette.open": null, "go.train": "g x" });
  expect(changed).toMatchObject({ "data.import": "CmdOrCtrl+Shift+O", "go.data": "CmdOrCtrl+2" });
  expect([changed["palette.open"], changed["go.train"]]).toEqual([undefined, undefined]);
});

it("no two entries share keys", () => {
  const used = Object.values(acceleratorsOf({})).filter((keys) => keys !== undefined);
  expect(new Set(used).size).toBe(used.length);
});

it.each([
  ["mod+k", "CmdOrCtrl+K"],
  ["mod+shift+enter", "CmdOrCtrl+Shift+Enter"],
  ["?", undefined],
  ["g d", undefined],
])("%s", (shortcut, accelerator) => expect(acceleratorOf(shortcut)).toBe(accelerator));
