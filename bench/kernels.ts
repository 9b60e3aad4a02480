/** Each kernel against its plain TypeScript reference, one thread: node bench/kernels.ts */
import { instantiateKernels, kernelModule } from "../core/compute/kernels.ts";
import { MemoryLayout, allocateShared, float32View, float64View, int32View } from "../core/compute/memory-layout.ts";
import * as reference from "../core/compute/reference.ts";
import { randomSparse, seededRandom } from "../core/compute/test-data.fixture.ts";

const [users, items, width, smallWidth] = [2000, 1500, 64, 64];
const matrix = randomSparse(users, items, 0.05, 1);
const ratings = matrix.columns.length;
const user = Int32Array.from({ length: ratings });
for (let u = 0; u < users; u++) user.fill(u, matrix.start[u], matrix.start[u + 1]);

const layout = new MemoryLayout();
const [start, columns, values, rows] = [
  layout.int32(users + 1),
  layout.int32(ratings),
  layout.float32(ratings),
  layout.int32(ratings),
];
const [x, y, t, slots] = [
  layout.float32(items * width),
  layout.float32(users * width),
  layout.float32(width * smallWidth),
  layout.float64(width * width),
];
const [userBias, itemBias, wideUserBias, wideItemBias] = [
  layout.float32(users),
  layout.float32(items),
  layout.float64(users),
  layout.float64(items),
];
const step = layout.float32(8);
const memory = allocateShared(layout.bytes);
const kernels = instantiateKernels(await kernelModule(), memory);
int32View(memory, start).set(matrix.start);
int32View(memory, columns).set(matrix.columns);
float32View(memory, values).set(matrix.values);
int32View(memory, rows).set(user);
const random = seededRandom(3);
for (const region of [x, y, t])
  float32View(memory, region).set(Float32Array.from({ length: region.length }, () => (random() - 0.5) * 0.1));
const steps = {
  scale: 1,
  mean: 3,
  rate: 0.001,
  userDecay: 0.9999,
  itemDecay: 0.9999,
  biasRate: 0.001,
  userBiasDecay: 0.9999,
  itemBiasDecay: 0.9999,
};
float32View(memory, step).set(Object.values(steps));

/** Median milliseconds of nine runs after enough runs for V8 to have optimised the code. */
function milliseconds(work: () => unknown): number {
  for (let warm = 0; warm < 5; warm++) work();
  const times = Array.from({ length: 9 }, () => {
    const started = performance.now();
    work();
    return performance.now() - started;
  });
  return times.toSorted((a, b) => a - b)[4] ?? NaN;
}

const inChunks = (length: number, size: number, call: (from: number, to: number) => void) => () => {
  for (let from = 0; from < length; from += size) call(from, Math.min(length, from + size));
};
const sgdModel = {
  userFactors: Float64Array.from(float32View(memory, y)),
  itemFactors: Float64Array.from(float32View(memory, x)),
  userBias: new Float64Array(users),
  itemBias: new Float64Array(items),
  stride: width,
};
const xCopy = float32View(memory, x).slice();
const tCopy = float32View(memory, t).slice();

const cases: Record<string, { readonly kernel: () => void; readonly plain: () => unknown; readonly flops: number }> = {
  sgdCell: {
    kernel: inChunks(ratings, 8192, (from, to) =>
      kernels.sgdCell(
        rows.offset,
        columns.offset,
        values.offset,
        from,
        to,
        y.offset,
        x.offset,
        userBias.offset,
        itemBias.offset,
        width,
        step.offset,
        slots.offset,
      ),
    ),
    plain: () => reference.sgdCell(user, matrix.columns, matrix.values, sgdModel, steps),
    flops: ratings * 8 * width,
  },
  biasSweep: {
    kernel: inChunks(users, 256, (from, to) =>
      kernels.biasSweep(
        start.offset,
        columns.offset,
        values.offset,
        wideItemBias.offset,
        wideUserBias.offset,
        3,
        10,
        from,
        to,
        slots.offset,
      ),
    ),
    plain: () => reference.biasSweep(matrix, new Float64Array(items), new Float64Array(users), 3, 10),
    flops: ratings * 5,
  },
  sparseTimesDense: {
    kernel: inChunks(users, 256, (from, to) =>
      kernels.sparseTimesDense(start.offset, columns.offset, values.offset, x.offset, y.offset, width, from, to),
    ),
    plain: () => reference.sparseTimesDense(matrix, xCopy, width),
    flops: ratings * 2 * width,
  },
  gram: {
    kernel: () => kernels.gram(x.offset, width, 0, items, 0, width, slots.offset),
    plain: () => reference.gram(xCopy, width),
    flops: items * width * width,
  },
  denseTimesSmall: {
    kernel: inChunks(items, 256, (from, to) =>
      kernels.denseTimesSmall(x.offset, width, t.offset, smallWidth, y.offset, from, to),
    ),
    plain: () => reference.denseTimesSmall(xCopy, width, tCopy, smallWidth),
    flops: 2 * items * width * smallWidth,
  },
  fillNearNormal: {
    kernel: () => kernels.fillNearNormal(y.offset, 0, 100, width, width, 1, 1, 0.1),
    plain: () => {
      for (let row = 0; row < 100; row++)
        for (let column = 0; column < width; column++) reference.nearNormal(row, column, width, 1, 1, 0.1);
    },
    flops: 100 * width * 10,
  },
};
console.log(`${users} × ${items}, ${ratings} ratings, ${width} columns; median of 9, one thread`);
for (const [name, { kernel, plain, flops }] of Object.entries(cases)) {
  const [fast, slow] = [milliseconds(kernel), milliseconds(plain)];
  console.log(
    `${name.padEnd(18)} kernel ${fast.toFixed(3).padStart(8)} ms  plain ${slow.toFixed(2).padStart(9)} ms  × ${(slow / fast).toFixed(1).padStart(6)}  ${(flops / fast / 1e6).toFixed(2)} GFLOP/s`,
  );
}
console.log(`(checksum ${float64View(memory, slots)[0]?.toExponential(3) ?? ""})`);
