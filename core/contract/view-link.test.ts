import { expect, it } from "vitest";
import { parseViewLink, viewLink } from "./view-link.ts";
import { knownView, viewOfAddress } from "./views.ts";

const workspaceId = "0190a6d2-5c1e-4b5f-9d0e-1f2a3b4c5d6e";

it("a link says again what it was made of, whatever the filters hold", () => {
  for (const view of [
    "/",
    '/compare?run=["a","b"]&filter=rmse%20<%201%20%26%20tag%3A"ü"',
    "/data/snapshots/s1-abc?tab=rows",
  ]) {
    const encoded = view.replaceAll(" ", "%20");
    expect(parseViewLink(viewLink({ workspaceId, view: encoded }))).toEqual({ workspaceId, view: encoded });
    expect(parseViewLink(viewLink({ workspaceId: null, view: encoded }))).toEqual({ workspaceId: null, view: encoded });
  }
});

it.each([
  "https://open?view=/train",
  "reelbench://elsewhere?view=/train",
  "reelbench://open/etc/passwd?view=/train",
  "reelbench://user:secret@open?view=/train",
  "reelbench://open",
  "reelbench://open?view=/train&view=/compare",
  "reelbench://open?view=/train&run=rm",
  "reelbench://open?view=/nowhere",
  "reelbench://open?view=https://evil.example/",
  "reelbench://open?view=//evil.example",
  "reelbench://open?view=/data/snapshots/..",
  "reelbench://open?view=/data/snapshots/a%2Fb",
  "reelbench://open?view=/train%0Aset",
  "reelbench://open?workspace=/home/me/secrets&view=/train",
  "reelbench://open?workspace=..&view=/train",
  `reelbench://open?view=/train#${"x".repeat(10)}`,
  `reelbench://open?view=/compare?filter=${"x".repeat(9000)}`,
  "",
])("%s is no link of ours", (text) => expect(parseViewLink(text)).toBeNull());

it("finds the view of an address, and falls back to home", () => {
  expect(viewOfAddress("app://reelbench/#/compare?run=a")).toBe("/compare?run=a");
  expect(viewOfAddress("app://reelbench/")).toBe("/");
  expect(viewOfAddress("app://reelbench/#/../../x")).toBe("/");
  expect(knownView("/settings#keyboard")).toBe("/settings#keyboard");
});
