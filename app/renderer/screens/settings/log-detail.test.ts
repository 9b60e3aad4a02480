import { expect, it } from "vitest";
import { readableDetail } from "./log-detail.ts";

it("says one thing a line, with its way there, and leaves out what is empty", () => {
  const detail = JSON.stringify({ recovery: { adopted: [], missing: ["r1"], removed: 0 }, threads: 2, reason: "" });
  expect(readableDetail(detail)).toBe('recovery.missing: ["r1"]\nrecovery.removed: 0\nthreads: 2');
});

it("keeps the lines of a stack", () => {
  expect(readableDetail(JSON.stringify({ err: { stack: "Error: gone\n    at read" } }))).toBe(
    "err.stack: Error: gone\n    at read",
  );
});

it("leaves alone what is not an object", () => {
  for (const text of ["plain words", "[1,2]", "{cut sho", "7"]) expect(readableDetail(text)).toBe(text);
});
