import { describe, expect, test } from "vitest";
import { kernelCall } from "./kernels.ts";
import { MemoryLayout, allocateShared, int32View, largestMemory } from "./memory-layout.ts";
import { openComputePool } from "./pool.ts";
import { rowRanges } from "./program.ts";
import { loadByUser, planSparse, planTransposeCursors, transpose } from "./ratings-matrix.ts";
import { transposed } from "./reference.ts";
import { randomSparse, trainingSetOf } from "./test-data.fixture.ts";
import { float32View } from "./memory-layout.ts";

const never = new AbortController().signal;

describe("openComputePool", () => {
  test.each([1, 2, 3, 5])("runs every call once and phases in order with %i threads", async (threads) => {
    const layout = new MemoryLayout();
    const columns = layout.int32(64);
    const counts = layout.int32(64);
    const pool = await openComputePool({ bytes: layout.bytes, threads, signal: never });
    try {
      int32View(pool.memory, columns).set(Array.from({ length: 64 }, (_, n) => n));
      const phase = Array.from({ length: 64 }, (_, n) =>
        kernelCall("countColumns", columns.offset, n, n + 1, counts.offset),
      );
      const program = pool.prepare([phase, [], phase, phase.slice(0, 1)]);
      for (let run = 0; run < 20; run++) await pool.run(program);
      expect([...int32View(pool.memory, counts)]).toEqual([60, ...Array.from({ length: 63 }, () => 40)]);
    } finally {
      await pool.close();
    }
  });

  test("ends a run soon after the signal and says RB_CANCELLED", async () => {
    const layout = new MemoryLayout();
    const columns = layout.int32(1_000_000);
    const counts = layout.int32(1);
    const controller = new AbortController();
    const pool = await openComputePool({ bytes: layout.bytes, threads: 2, signal: controller.signal });
    try {
      // Far more work than anyone waits for: hours, if it were not cancelled.
      const phase = Array.from({ length: 100_000 }, () =>
        kernelCall("countColumns", columns.offset, 0, 1_000_000, counts.offset),
      );
      const run = pool.run(pool.prepare(Array.from({ length: 100 }, () => phase)));
      setTimeout(() => controller.abort(), 50);
      await expect(run).rejects.toMatchObject({ code: "RB_CANCELLED" });
      await expect(pool.run(pool.prepare([phase]))).rejects.toMatchObject({ code: "RB_CANCELLED" });
    } finally {
      await pool.close();
    }
  });

  test("a trap in a kernel is RB_WORKER_DIED, also when other threads wait for the phase to end", async () => {
    const layout = new MemoryLayout();
    const pool = await openComputePool({ bytes: layout.bytes, threads: 2, signal: never });
    try {
      const outside = kernelCall("countColumns", 4_000_000_000, 0, 1, 4096);
      await expect(pool.run(pool.prepare([[outside]]))).rejects.toMatchObject({ code: "RB_WORKER_DIED" });
      await expect(pool.run(pool.prepare([[]]))).rejects.toMatchObject({ code: "RB_WORKER_DIED" });
    } finally {
      await pool.close();
    }
  });
});

test("a memory beyond wasm32 is refused", () => {
  expect(() => allocateShared(largestMemory + 1)).toThrow(expect.objectContaining({ code: "RB_TRAIN_TOO_LARGE" }));
});

test("rowRanges covers every row once and cuts no row", () => {
  const start = Int32Array.from([0, 5, 5, 100, 101, 102, 103]);
  const ranges = rowRanges(start, 10);
  expect(ranges.map(({ from }) => from)).toEqual([0, ...ranges.slice(0, -1).map(({ to }) => to)]);
  expect(ranges.at(-1)?.to).toBe(6);
  expect(ranges.length).toBeGreaterThan(1);
});

test("transpose gives the reference's transpose whatever the number of threads", async () => {
  const matrix = randomSparse(57, 31, 0.2, 5);
  const data = trainingSetOf(matrix, 31);
  for (const threads of [1, 3]) {
    const layout = new MemoryLayout();
    const byUser = planSparse(layout, 57, matrix.columns.length);
    const byItem = planSparse(layout, 31, matrix.columns.length);
    const cursors = planTransposeCursors(layout, 31);
    const pool = await openComputePool({ bytes: layout.bytes, threads, signal: never });
    try {
      loadByUser(pool.memory, byUser, data);
      await transpose(pool, byUser, byItem, cursors);
      const expected = transposed(matrix, 31);
      expect([...int32View(pool.memory, byItem.start)]).toEqual([...expected.start]);
      expect([...int32View(pool.memory, byItem.columns)]).toEqual([...expected.columns]);
      expect([...float32View(pool.memory, byItem.values)]).toEqual([...expected.values]);
    } finally {
      await pool.close();
    }
  }
});
