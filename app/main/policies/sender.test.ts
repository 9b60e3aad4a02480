import { expect, it } from "vitest";
import { isTrustedSender } from "./sender.ts";

it("trusts the page of a window of ours and nobody else", () => {
  expect(isTrustedSender({ url: "app://reelbench/train", parent: null })).toBe(true);
  expect(isTrustedSender({ url: "app://reelbench/train", parent: { url: "app://reelbench/" } })).toBe(false);
  expect(isTrustedSender({ url: "https://evil.example/?app://reelbench/", parent: null })).toBe(false);
  expect(isTrustedSender({ url: "about:blank", parent: null })).toBe(false);
  expect(isTrustedSender({ url: "", parent: null })).toBe(false);
  expect(isTrustedSender(null)).toBe(false);
  expect(isTrustedSender(undefined)).toBe(false);
});
