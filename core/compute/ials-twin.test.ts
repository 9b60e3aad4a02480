import { expect, test } from "vitest";
import { instantiateKernels, kernelModule } from "./kernels.ts";
import { MemoryLayout, allocateShared, float32View, float64View, int32View } from "./memory-layout.ts";
import { ialsRow } from "./reference-ials.ts";
import { denseTimesSmall } from "./reference.ts";
import { planRowSolver, setRotation } from "./row-solver.ts";
import { seededRandom } from "./test-data.fixture.ts";

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  const size = Array.from(expected).reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
  for (let n = 0; n < expected.length; n++) {
    const [a, b] = [actual[n] ?? NaN, expected[n] ?? NaN];
    if (!(Math.abs(a - b) <= tolerance * size)) expect.fail(`[${n}] ${a}, expected ${b}`);
  }
}

/** No entries, one, around a vector's width, around a chunk of 128. */
const counts = [0, 1, 3, 4, 15, 16, 17, 127, 128, 129];
const columns = 200;

function problem(
  width: number,
  given: { readonly targets: boolean; readonly weights: boolean; readonly positive: boolean },
) {
  const random = seededRandom(width);
  const [rows, total] = [counts.length, counts.reduce((sum, count) => sum + count, 0)];
  const layout = new MemoryLayout();
  const regions = {
    start: layout.int32(rows + 1),
    columns: layout.int32(total),
    targets: layout.float32(total),
    weights: layout.float32(total),
    source: layout.float32(columns * width),
    target: layout.float32(rows * width),
    spectrum: layout.float64(width),
    penalty: layout.float64(rows),
    sums: layout.float64(2),
    rotation: layout.float32(width * width),
  };
  const solver = planRowSolver(layout, width, columns, 1, 16);
  const memory = allocateShared(layout.bytes);
  const kernels = instantiateKernels(module, memory);
  const fill = (region: typeof regions.source, value: (at: number) => number) =>
    float32View(memory, region).forEach((_, at, all) => (all[at] = value(at)));
  const starts = [0, ...counts.map((_, row) => counts.slice(0, row + 1).reduce((sum, count) => sum + count, 0))];
  int32View(memory, regions.start).set(starts);
  int32View(memory, regions.columns).set(
    counts.flatMap((count) => Array.from({ length: count }, (_, n) => (n * 37) % columns)),
  );
  // Some factors are zero, some next to none.
  fill(regions.source, (at) => (at % 19 === 3 ? [0, -0, 1e-40][at % 3]! : random() - 0.4));
  fill(regions.target, () => random());
  fill(regions.targets, () => 1 + Math.floor(random() * 5));
  fill(regions.weights, () => 0.2 + random());
  float64View(memory, regions.spectrum).forEach((_, at, all) => (all[at] = random() * 3));
  float64View(memory, regions.penalty).forEach((_, at, all) => (all[at] = 0.5 + random()));
  float64View(memory, solver.scratch).fill(NaN);
  const shared = [solver.flags.offset, solver.slots, solver.scratch.offset, solver.bytes] as const;
  const run = (steps: number, sweeps: number, dualLimit: number) =>
    kernels.ialsRows(
      regions.start.offset,
      regions.columns.offset,
      given.targets ? regions.targets.offset : 0,
      given.weights ? regions.weights.offset : 0,
      0,
      rows,
      regions.source.offset,
      regions.target.offset,
      width,
      regions.spectrum.offset,
      regions.penalty.offset,
      steps,
      0,
      sweeps,
      dualLimit,
      ...shared,
      solver.capacity,
      solver.longest,
      regions.sums.offset,
    );
  const penalty = float64View(memory, regions.penalty);
  const expected = counts.map((count, row) => {
    const entries = Array.from({ length: count }, (_, n) => {
      const at = starts[row]! + n;
      const column = int32View(memory, regions.columns)[at]!;
      return {
        factors: Array.from(float32View(memory, regions.source).subarray(column * width, (column + 1) * width)),
        target: given.targets ? float32View(memory, regions.targets)[at]! : 1,
        weight: given.weights ? float32View(memory, regions.weights)[at]! : 1,
      };
    });
    const diagonal = Array.from(float64View(memory, regions.spectrum), (value) => value + penalty[row]!);
    // With targets 0 they are √weight · 1: the goal is weighted as the prediction is.
    return ialsRow(entries, diagonal, given.positive);
  });
  const sums = [
    expected.reduce((sum, { loss }) => sum + loss, 0),
    expected.reduce((sum, { x }, row) => sum + penalty[row]! * x.reduce((all, value) => all + value * value, 0), 0),
  ];
  return { memory, kernels, regions, shared, run, expected: expected.flatMap(({ x }) => x), sums };
}

const module = await kernelModule();

test.each([
  ["Cholesky", false, 0, 0, 0],
  ["their n × n systems", false, 0, 0, 16],
  ["conjugate gradients", false, 64, 0, 0],
  ["coordinates that stay at least zero", true, 0, 2000, 0],
])(
  "rows solved by %s are the reference's, with targets and weights and without",
  (_, positive, steps, sweeps, dualLimit) => {
    for (const [width, targets, weights] of [
      [16, true, true],
      [32, true, false],
      [16, false, true],
      [16, false, false],
    ] as const) {
      const it = problem(width, { targets, weights, positive });
      it.run(steps, sweeps, dualLimit);
      expectClose(float32View(it.memory, it.regions.target), it.expected, 3e-4);
      expectClose(float64View(it.memory, it.regions.sums), it.sums, 3e-4);
    }
  },
);

test("rotateRows is the reference's product, in place", () => {
  const width = 16;
  const it = problem(width, { targets: false, weights: false, positive: false });
  const random = seededRandom(4);
  const rotation = Float32Array.from({ length: width * width }, () => random() - 0.5);
  setRotation(it.memory, it.regions.rotation, Float64Array.from(rotation), width);
  const expected = denseTimesSmall(float32View(it.memory, it.regions.target).slice(), width, rotation, width);
  for (const [from, to] of [
    [0, 0],
    [7, counts.length],
    [0, 7],
  ] as const)
    it.kernels.rotateRows(it.regions.target.offset, width, it.regions.rotation.offset, from, to, ...it.shared);
  expectClose(float32View(it.memory, it.regions.target), expected, 1e-6);
});
