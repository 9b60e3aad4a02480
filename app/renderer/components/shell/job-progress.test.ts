import { expect, it } from "vitest";
import type { Job } from "../../../../core/contract/entities.ts";
import { progressShare, progressText, secondsLeft } from "./job-progress.ts";

const start = Date.parse("2026-01-01T00:00:00Z");
const job = (progress: Job["progress"]): Job => ({
  id: "j1",
  kind: "runs.train",
  title: "",
  state: "running",
  createdAt: "2026-01-01T00:00:00Z",
  startedAt: "2026-01-01T00:00:00Z",
  finishedAt: null,
  progress,
  result: null,
  error: null,
  resumable: false,
});

it("expects the rest to go as fast as what was done", () => {
  expect(secondsLeft(job({ done: 25, total: 100, unit: "rows", message: "" }), start + 10_000)).toBeCloseTo(30, 9);
});

it("promises nothing before there is anything to go by", () => {
  expect(secondsLeft(job({ done: 1, total: 100, unit: "rows", message: "" }), start + 10_000)).toBeNull();
  expect(secondsLeft(job({ done: 5, total: null, unit: "rows", message: "" }), start + 10_000)).toBeNull();
  expect(secondsLeft(job(null), start + 10_000)).toBeNull();
});

it("never claims more than all", () => {
  expect(progressShare({ done: 120, total: 100, unit: "rows", message: "" })).toBe(1);
  expect(progressText({ done: 1_200_000, total: 5_600_000, unit: "bytes", message: "" })).toBe("1.20 MB of 5.60 MB");
  expect(progressText({ done: 40, total: 100, unit: "percent", message: "" })).toBe("40%");
});
