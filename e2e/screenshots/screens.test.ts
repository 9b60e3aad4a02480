import { expect, it } from "vitest";
import { compareSearch, modelSearch, settingsSections, snapshotSearch } from "../../app/renderer/search-params.ts";
import { knownView, viewPaths } from "../../core/contract/views.ts";
import { compareTabs, modelTabs, settingsTabs, snapshotTabs, views } from "./screens.ts";
import type { Known } from "./screens.ts";

const known: Known = {
  workspace: "sample",
  snapshot: "s1",
  split: "p1",
  runs: ["r1", "r2"],
  search: "h1",
  models: ["m1", "m2"],
  target: "t1",
  user: "1",
  films: ["1", "2"],
  files: "/files",
};
const addresses = views.flatMap(({ address }) => address(known) ?? []);

// These are what pictures are taken of and what axe is run on: a view that is not here would be looked at by nobody.
it("no view of the interface is left out", () => {
  const pathOf = (address: string) => address.replace(/\?.*$/u, "").split("/");
  const fits = (path: string) => (address: string) =>
    path.split("/").length === pathOf(address).length &&
    path.split("/").every((part, index) => part.startsWith("$") || part === pathOf(address)[index]);
  expect(viewPaths.filter((path) => !addresses.some(fits(path)))).toEqual([]);
  expect(addresses.filter((address) => knownView(address) === null)).toEqual([]);
});

it("no tab of a view is left out", () => {
  const optionsOf = (
    tab: typeof snapshotSearch.shape.tab | typeof compareSearch.shape.tab | typeof modelSearch.shape.tab,
  ) => tab.unwrap().unwrap().options;
  expect(snapshotTabs).toEqual([...optionsOf(snapshotSearch.shape.tab)]);
  expect(compareTabs.toSorted()).toEqual([...optionsOf(compareSearch.shape.tab)].toSorted());
  expect(modelTabs).toEqual([...optionsOf(modelSearch.shape.tab)]);
  expect(settingsTabs).toEqual([...settingsSections]);
});
