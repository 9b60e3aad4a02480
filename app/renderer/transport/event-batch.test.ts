import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Job } from "../../../core/contract/entities.ts";
import { createEventBatcher } from "./event-batch.ts";
import type { EventBatch } from "./event-batch.ts";

const job = (id: string, state: Job["state"]): Job => ({
  id,
  kind: "runs.train",
  title: id,
  state,
  createdAt: "2026-01-01T00:00:00Z",
  startedAt: null,
  finishedAt: null,
  progress: null,
  result: null,
  error: null,
  resumable: false,
});
const point = (epoch: number) => ({ epoch, seconds: epoch, values: { loss: 1 / epoch } });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("hands a burst on once: the last state of each job, every point, each kind of change once", () => {
  const batches: EventBatch[] = [];
  const batcher = createEventBatcher((batch) => batches.push(batch), 100);
  for (let epoch = 1; epoch <= 500; epoch++) {
    batcher.add({ type: "curve", runId: "r1", point: point(epoch) });
    batcher.add({ type: "job", job: job("j1", epoch < 500 ? "running" : "succeeded") });
    batcher.add({ type: "changed", entity: "run", id: "r1" });
  }
  expect(batches).toEqual([]);
  vi.advanceTimersByTime(100);
  expect(batches).toHaveLength(1);
  expect(batches[0]?.jobs.map(({ state }) => state)).toEqual(["succeeded"]);
  expect(batches[0]?.points.get("r1")?.map(({ epoch }) => epoch)).toEqual(
    Array.from({ length: 500 }, (_, index) => index + 1),
  );
  expect([...(batches[0]?.changed ?? [])]).toEqual(["run"]);
});

it("keeps nothing back and tells nothing twice", () => {
  const batches: EventBatch[] = [];
  const batcher = createEventBatcher((batch) => batches.push(batch), 100);
  batcher.add({ type: "job", job: job("j1", "running") });
  vi.advanceTimersByTime(100);
  batcher.add({ type: "job", job: job("j1", "failed") });
  vi.advanceTimersByTime(100);
  vi.advanceTimersByTime(1000);
  expect(batches.map(({ jobs }) => jobs.map(({ state }) => state))).toEqual([["running"], ["failed"]]);
});

it("says nothing after it was stopped", () => {
  const apply = vi.fn<(batch: EventBatch) => void>();
  const batcher = createEventBatcher(apply, 100);
  batcher.add({ type: "changed", entity: "source", id: "s1" });
  batcher.stop();
  vi.advanceTimersByTime(1000);
  expect(apply).not.toHaveBeenCalled();
});
