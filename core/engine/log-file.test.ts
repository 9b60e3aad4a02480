import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openLogFile } from "./log-file.ts";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "reelbench-log-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const read = (name: string) => readFileSync(join(folder, name), "utf8");

test("a log that outgrows its size moves on; the newest three of what moved are kept, no line is torn", () => {
  const log = openLogFile(folder, { largest: 20 });
  for (let line = 1; line <= 11; line++) log.write(`line ${String(line).padStart(3, "0")}\n`);
  expect(readdirSync(folder).toSorted()).toEqual(["engine.1.log", "engine.2.log", "engine.3.log", "engine.log"]);
  expect(read("engine.log")).toBe("line 011\n");
  expect(read("engine.1.log")).toBe("line 009\nline 010\n");
  expect(read("engine.3.log")).toBe("line 005\nline 006\n");
});

test("what an earlier engine wrote counts, and a line larger than a file is written all the same", () => {
  openLogFile(folder, { largest: 20 }).write("one\n");
  const log = openLogFile(folder, { largest: 20 });
  log.write("two\n");
  expect(read("engine.log")).toBe("one\ntwo\n");
  log.write(`${"x".repeat(50)}\n`);
  expect(read("engine.1.log")).toBe("one\ntwo\n");
  expect(read("engine.log").length).toBe(51);
});

test("a log that cannot be written holds nothing up, and says later how much was lost", () => {
  const log = openLogFile(folder, { largest: 10 });
  log.write("one\n");
  rmSync(folder, { recursive: true });
  log.write("two, for which there is no place\n");
  log.write("three\n");
  mkdirSync(folder);
  log.write("four\n");
  expect(read("engine.log")).toContain("four\n");
  expect(read("engine.1.log") + read("engine.log")).toContain("2 entries were lost");
});
