import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { clearStamp, hashInputs, isFresh, writeStamp } from "./stamp.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "reelbench-stamp-"));
  mkdirSync(join(root, "core", "deep"), { recursive: true });
  writeFileSync(join(root, "core", "a.ts"), "a");
  writeFileSync(join(root, "core", "deep", "b.ts"), "b");
  writeFileSync(join(root, "package-lock.json"), "{}");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const inputs = ["core", "package-lock.json", "missing"];

it("changes with any content, name or new file, and with nothing else", () => {
  const before = hashInputs(root, inputs);
  expect(hashInputs(root, inputs)).toBe(before);
  writeFileSync(join(root, "core", "a.test.ts"), "a test");
  writeFileSync(join(root, "elsewhere.ts"), "not an input");
  expect(hashInputs(root, inputs)).toBe(before);

  const seen = new Set([before]);
  writeFileSync(join(root, "core", "deep", "b.ts"), "b2");
  seen.add(hashInputs(root, inputs));
  writeFileSync(join(root, "core", "c.ts"), "");
  seen.add(hashInputs(root, inputs));
  rmSync(join(root, "core", "a.ts"));
  seen.add(hashInputs(root, inputs));
  writeFileSync(join(root, "missing"), "here now");
  seen.add(hashInputs(root, inputs));
  expect(seen.size).toBe(5);
});

it("does not take the end of one file for the beginning of the next", () => {
  const one = hashInputs(root, inputs);
  writeFileSync(join(root, "core", "a.ts"), "");
  writeFileSync(join(root, "core", "deep", "b.ts"), "ab");
  expect(hashInputs(root, inputs)).not.toBe(one);
});

it("is fresh only when built from these inputs, to the end, and still there", () => {
  const stamp = join(root, "dist", ".stamps", "node");
  const output = join(root, "dist", "node");
  expect(isFresh(stamp, "h1", output)).toBe(false);
  mkdirSync(output, { recursive: true });
  expect(isFresh(stamp, "h1", output)).toBe(false);
  writeStamp(stamp, "h1");
  expect(isFresh(stamp, "h1", output)).toBe(true);
  expect(isFresh(stamp, "h2", output)).toBe(false);
  clearStamp(stamp);
  expect(isFresh(stamp, "h1", output)).toBe(false);
  writeStamp(stamp, "h1");
  rmSync(output, { recursive: true });
  expect(isFresh(stamp, "h1", output)).toBe(false);
});
