import { expect, it } from "vitest";
import { viewLink } from "../../core/contract/view-link.ts";
import { decideLink, linkAmong } from "./links.ts";

const [here, there, nowhere] = [
  "11111111-1111-4111-8111-111111111111",
  "22222222-2222-4222-8222-222222222222",
  "33333333-3333-4333-8333-333333333333",
];
const ids: Readonly<Record<string, string>> = { "/here": here, "/there": there };
const known = {
  idOf: (path: string) => ids[path] ?? null,
  pathOf: (id: string) => Object.keys(ids).find((path) => ids[path] === id) ?? null,
};
const decide = (workspaceId: string | null, view = "/train") =>
  decideLink(viewLink({ workspaceId, view }), "/here", known);

it("shows a view of the workspace that is open", () => {
  expect(decide(here)).toEqual({ kind: "show", view: "/train" });
  expect(decide(null)).toEqual({ kind: "show", view: "/train" });
});

it("asks before another workspace is opened, and refuses one that was never open here", () => {
  expect(decide(there)).toEqual({ kind: "ask", path: "/there", view: "/train" });
  expect(decide(nowhere)).toMatchObject({ kind: "refuse" });
});

it("refuses what is no link of ours", () => {
  for (const link of [
    "reelbench://open?view=/etc",
    "reelbench://run?view=/train",
    "REELBENCH://open?view=/train",
    "reelbench:",
  ])
    expect(decideLink(link, "/here", known)).toMatchObject({ kind: "refuse" });
});

it("finds the link among Chromium's words", () => {
  expect(linkAmong(["/opt/reelbench", "--allow-file-access", "reelbench://open?view=/train"])).toBe(
    "reelbench://open?view=/train",
  );
  expect(linkAmong(["/opt/reelbench", "--workspace=/x"])).toBeNull();
});
