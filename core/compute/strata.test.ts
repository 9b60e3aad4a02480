import { expect, test } from "vitest";
import { MemoryLayout, float32View, int32View } from "./memory-layout.ts";
import { openComputePool } from "./pool.ts";
import { loadByUser, planSparse } from "./ratings-matrix.ts";
import { buildStrata, dealIntoBlocks, planStrata } from "./strata.ts";
import { randomSparse, seededRandom, trainingSetOf } from "./test-data.fixture.ts";

test("cells of a round share no user and no item, and all cells together hold every rating once", async () => {
  const [users, items] = [90, 70];
  const matrix = randomSparse(users, items, 0.2, 13);
  const ratings = matrix.columns.length;
  const layout = new MemoryLayout();
  const byUser = planSparse(layout, users, ratings);
  const regions = planStrata(layout, { users, items, ratings });
  const pool = await openComputePool({ bytes: layout.bytes, threads: 2, signal: new AbortController().signal });
  try {
    loadByUser(pool.memory, byUser, trainingSetOf(matrix, items));
    const { rounds, userOrder, itemRank } = await buildStrata(pool, byUser, regions);
    const [position, rank, rating] = [
      int32View(pool.memory, regions.users),
      int32View(pool.memory, regions.items),
      float32View(pool.memory, regions.ratings),
    ];
    const found: string[] = [];
    for (const cells of rounds) {
      const owner = new Map<string, number>();
      for (const [cell, { from, to }] of cells.entries()) {
        for (let n = from; n < to; n++) {
          for (const row of [`u${String(position[n])}`, `i${String(rank[n])}`]) {
            expect(owner.get(row) ?? cell).toBe(cell);
            owner.set(row, cell);
          }
          found.push(
            `${String(userOrder[position[n] ?? -1])} ${String(itemRank.indexOf(rank[n] ?? -1))} ${String(rating[n])}`,
          );
        }
      }
    }
    const given = Array.from({ length: users }, (_, u) =>
      Array.from(
        matrix.columns.subarray(matrix.start[u], matrix.start[u + 1]),
        (item, n) => `${String(u)} ${String(item)} ${String(matrix.values[(matrix.start[u] ?? 0) + n])}`,
      ),
    ).flat();
    expect(found.toSorted()).toEqual(given.toSorted());
  } finally {
    await pool.close();
  }
});

test("blocks are even in ratings, hold every row once and keep their rows together", () => {
  const random = seededRandom(6);
  const counts = Int32Array.from({ length: 500 }, () => Math.floor(1 / (random() + 0.01)));
  const { block, order, start } = dealIntoBlocks(counts, 16);
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 500 }, (_, n) => n));
  const load = Array.from({ length: 16 }, (_, b) =>
    order.slice(start[b], start[b + 1]).reduce((sum, row) => sum + (counts[row] ?? 0), 0),
  );
  expect(Math.max(...load) - Math.min(...load)).toBeLessThan(40);
  order.forEach((row, position) => {
    const b = block[row] ?? 0;
    expect(position >= (start[b] ?? 0) && position < (start[b + 1] ?? 0)).toBe(true);
  });
});
