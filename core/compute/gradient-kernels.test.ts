import fc from "fast-check";
import { expect, test } from "vitest";
import { instantiateKernels, kernelModule } from "./kernels.ts";
import { MemoryLayout, allocateShared, float32View, float64View, int32View } from "./memory-layout.ts";
import type { Region } from "./memory-layout.ts";
import * as reference from "./reference-gradient.ts";
import { randomSparse, seededRandom } from "./test-data.fixture.ts";

const module = await kernelModule();
const open = (layout: MemoryLayout) => {
  const memory = allocateShared(layout.bytes);
  return { memory, kernels: instantiateKernels(module, memory) };
};
const randomFloats = (length: number, seed: number): Float32Array => {
  const random = seededRandom(seed);
  return Float32Array.from({ length }, () => random() - 0.5);
};

/** Relative to the larger of 1 and the expected number. */
function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  for (let n = 0; n < expected.length; n++) {
    const [a, b] = [actual[n] ?? NaN, expected[n] ?? NaN];
    if (!(Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b)))) expect.fail(`[${n}] ${a}, expected ${b}`);
  }
}

test("svdppUsers leaves what every single update of every y would have left", () => {
  const shapes = fc.record({
    users: fc.integer({ min: 1, max: 20 }),
    items: fc.integer({ min: 1, max: 25 }),
    density: fc.constantFrom(0.05, 0.4, 1),
    seed: fc.nat(1e6),
  });
  fc.assert(
    fc.property(shapes, fc.constantFrom(4, 12, 16, 20, 64), ({ users, items, density, seed }, k) => {
      const matrix = randomSparse(users, items, density, seed);
      const order = Array.from({ length: users }, (_, n) => users - 1 - n);
      const layout = new MemoryLayout();
      const [orderRegion, start, columns] = [
        layout.int32(users),
        layout.int32(users + 1),
        layout.int32(matrix.columns.length),
      ];
      const [values, step, scratch, slot] = [
        layout.float32(matrix.values.length),
        layout.float32(8),
        layout.float32(2 * k),
        layout.float64(1),
      ];
      const regions = {
        p: layout.float32(users * k),
        q: layout.float32(items * k),
        y: layout.float32(items * k),
        userBias: layout.float32(users),
        itemBias: layout.float32(items),
      };
      const { memory, kernels } = open(layout);
      int32View(memory, orderRegion).set(order);
      int32View(memory, start).set(matrix.start);
      int32View(memory, columns).set(matrix.columns);
      float32View(memory, values).set(matrix.values);
      float32View(memory, scratch).fill(NaN);
      Object.values(regions).forEach((region, n) =>
        float32View(memory, region).set(randomFloats(region.length, seed + n)),
      );
      const doubles = (region: Region) => Float64Array.from(float32View(memory, region));
      const { p, q, y, userBias, itemBias } = regions;
      const expected = {
        p: doubles(p),
        q: doubles(q),
        y: doubles(y),
        userBias: doubles(userBias),
        itemBias: doubles(itemBias),
        k,
      };
      const steps = { scale: 0.5, mean: 1.75, rate: 0.01, decay: 0.999, biasRate: 0.02, biasDecay: 0.997 };
      float32View(memory, step).set(Object.values(steps));
      kernels.svdppUsers(
        orderRegion.offset,
        start.offset,
        columns.offset,
        values.offset,
        0,
        users,
        p.offset,
        userBias.offset,
        q.offset,
        y.offset,
        itemBias.offset,
        k,
        step.offset,
        scratch.offset,
        slot.offset,
      );
      const loss = reference.svdppUsers(order, matrix, expected, steps);
      for (const [name, region] of Object.entries(regions)) {
        expectClose(float32View(memory, region), expected[name as keyof typeof regions], 5e-5);
      }
      expectClose(float64View(memory, slot), [loss], 1e-4);
    }),
    { numRuns: 60 },
  );
});

test("timeSvdUsers makes every update of every parameter, those of y at the end of a user", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 15 }),
      fc.constantFrom(0.1, 0.6),
      fc.nat(1e6),
      fc.constantFrom(4, 16, 20),
      (users, items, density, seed, k) => {
        const matrix = randomSparse(users, items, density, seed);
        const ratings = matrix.columns.length;
        const random = seededRandom(seed);
        const some = (limit: number) =>
          Int32Array.from({ length: ratings }, () => Math.floor(random() * (limit + 1)) - 1);
        const entries = { ...matrix, deviation: randomFloats(ratings, seed + 20), bin: some(7), day: some(9) };
        const layout = new MemoryLayout();
        const order = Array.from({ length: users }, (_, n) => n);
        const [orderRegion, start, columns] = [layout.int32(users), layout.int32(users + 1), layout.int32(ratings)];
        const [bin, day, places] = [layout.int32(ratings), layout.int32(ratings), layout.int32(16)];
        const [values, deviation, step] = [layout.float32(ratings), layout.float32(ratings), layout.float32(8)];
        const [scratch, slot] = [layout.float32(2 * k), layout.float64(1)];
        const regions = {
          p: layout.float32(users * k),
          userBias: layout.float32(users),
          slope: layout.float32(users),
          s: layout.float32(users * k),
          dayBias: layout.float32(9),
          q: layout.float32(items * k),
          y: layout.float32(items * k),
          itemBias: layout.float32(items),
          binBias: layout.float32(7),
        };
        const { memory, kernels } = open(layout);
        int32View(memory, orderRegion).set(order);
        int32View(memory, start).set(matrix.start);
        int32View(memory, columns).set(matrix.columns);
        int32View(memory, bin).set(entries.bin);
        int32View(memory, day).set(entries.day);
        float32View(memory, values).set(matrix.values);
        float32View(memory, deviation).set(entries.deviation);
        const all = [columns, values, deviation, bin, day, ...Object.values(regions)];
        int32View(memory, places).set(all.map(({ offset }) => offset));
        const named = Object.entries(regions).map(([name, region], n) => {
          float32View(memory, region).set(randomFloats(region.length, seed + n));
          return [name, Float64Array.from(float32View(memory, region))] as const;
        });
        const steps = { scale: 0.5, mean: 1.75, rate: 0.02, decay: 0.999, biasDecay: 0.997, timeDecay: 0.99 };
        float32View(memory, step).set(Object.values(steps));
        kernels.timeSvdUsers(
          orderRegion.offset,
          start.offset,
          0,
          users,
          places.offset,
          k,
          step.offset,
          scratch.offset,
          slot.offset,
        );
        const expected = { ...Object.fromEntries(named), k } as unknown as reference.TimeSvdModel;
        const loss = reference.timeSvdUsers(order, entries, expected, steps);
        for (const [name, region] of Object.entries(regions)) {
          expectClose(float32View(memory, region), expected[name as keyof typeof regions], 5e-5);
        }
        expectClose(float64View(memory, slot), [loss], 1e-4);
      },
    ),
    { numRuns: 40 },
  );
});

test("bprUsers draws each entry's negative among what its user has not rated, and steps as its formula says", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 30 }),
      fc.constantFrom(0.1, 0.6, 1),
      fc.nat(1e6),
      fc.constantFrom(4, 16, 20),
      (users, items, density, seed, k) => {
        const matrix = randomSparse(users, items, density, seed);
        const order = Array.from({ length: users }, (_, n) => users - 1 - n);
        const layout = new MemoryLayout();
        const [orderRegion, start] = [layout.int32(users), layout.int32(users + 1)];
        const [columns, seeds] = [layout.int32(matrix.columns.length), layout.int32(2)];
        const [step, slot] = [layout.float32(4), layout.float64(2)];
        const regions = {
          p: layout.float32(users * k),
          q: layout.float32(items * k),
          itemBias: layout.float32(items),
        };
        const { memory, kernels } = open(layout);
        int32View(memory, orderRegion).set(order);
        int32View(memory, start).set(matrix.start);
        int32View(memory, columns).set(matrix.columns);
        int32View(memory, seeds).set([seed, 3]);
        const steps = { rate: 0.05, keep: 0.999, biasKeep: 0.99 };
        float32View(memory, step).set(Object.values(steps));
        const named = Object.entries(regions).map(([name, region], n) => {
          float32View(memory, region).set(randomFloats(region.length, seed + n));
          return [name, Float64Array.from(float32View(memory, region))] as const;
        });
        kernels.bprUsers(
          orderRegion.offset,
          start.offset,
          columns.offset,
          0,
          users,
          items,
          regions.p.offset,
          regions.q.offset,
          regions.itemBias.offset,
          k,
          step.offset,
          seeds.offset,
          slot.offset,
        );
        const expected = { ...Object.fromEntries(named), k } as unknown as reference.BprModel;
        const [right, pairs] = reference.bprUsers(order, matrix, items, expected, steps, seed, 3);
        for (const [name, region] of Object.entries(regions)) {
          expectClose(float32View(memory, region), expected[name as keyof typeof regions], 5e-5);
        }
        expect(float64View(memory, slot)[1]).toBe(pairs);
        expect(float64View(memory, slot)[0]).toBeCloseTo(right, 0);
      },
    ),
    { numRuns: 40 },
  );
});

test("negatives come evenly from all items, and others in the next epoch", () => {
  const counts = new Int32Array(10);
  for (let n = 0; n < 5000; n++) {
    const drawn = reference.drawNegative(Int32Array.of(2, 7), n, 10, 1, 1) ?? -1;
    counts[drawn] = (counts[drawn] ?? 0) + 1;
  }
  expect([counts[2], counts[7]]).toEqual([0, 0]);
  // Eight items share 5000 draws: 625 each, deviation about 23.
  for (const item of [0, 1, 3, 4, 5, 6, 8, 9]) expect(Math.abs((counts[item] ?? 0) - 625)).toBeLessThan(110);
  const drawsOf = (epoch: number) =>
    Array.from({ length: 50 }, (_, n) => reference.drawNegative(Int32Array.of(2, 7), n, 10, 1, epoch));
  expect(drawsOf(1)).not.toEqual(drawsOf(2));
});

test.each([1, 4, 12])("merging rows of %i: what shards changed is added up, averaged, or between", (width) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 5 }), fc.nat(1e6), (rows, shards, seed) => {
      const random = seededRandom(seed);
      const layout = new MemoryLayout();
      const size = rows * width;
      const [common, copies, blend] = [layout.float32(size), layout.float32(shards * size), layout.float32(rows)];
      const { memory, kernels } = open(layout);
      const before = randomFloats(size, seed);
      const blends = Array.from({ length: rows }, (_, row) => [0, 1, 0.25][row % 3] ?? 0);
      const changed = Array.from(
        { length: shards },
        () => before.map((value) => value), // a shard touches about half of the rows
      ).map((copy) => {
        for (let row = 0; row < rows; row++) {
          if (random() < 0.5) continue;
          for (let n = 0; n < width; n++) copy[row * width + n] = (copy[row * width + n] ?? 0) + random() + 0.1;
        }
        return copy;
      });
      float32View(memory, common).set(before);
      changed.forEach((copy, shard) => float32View(memory, copies).set(copy, shard * size));
      float32View(memory, blend).set(blends);
      const places = [common.offset, copies.offset, size * 4, shards] as const;
      if (width === 1) kernels.mergeScalars(...places, blend.offset, 0, rows);
      else kernels.mergeRows(...places, width * 4, blend.offset, 0, rows);
      const expected = reference.mergeRows(
        Float64Array.from(before),
        changed.map((copy) => Float64Array.from(copy)),
        width,
        blends,
      );
      expectClose(float32View(memory, common), expected, 1e-5);
      for (let shard = 0; shard < shards; shard++) {
        const copy = float32View(memory, copies).subarray(shard * size, (shard + 1) * size);
        expect([...copy]).toEqual([...float32View(memory, common)]);
      }
    }),
    { numRuns: 40 },
  );
});
