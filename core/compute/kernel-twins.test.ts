import { expect, test } from "vitest";
import { coarseScanBytes, kernelBytes } from "./kernel-bytes.ts";
import { openKernelMemory } from "./kernel-memory.fixture.ts";
import { allocateShared } from "./memory-layout.ts";
import * as columns from "./reference-columns.ts";
import * as dense from "./reference-dense.ts";
import * as gibbs from "./reference-gibbs.ts";
import * as gradient from "./reference-gradient.ts";
import { ialsRow } from "./reference-ials.ts";
import * as items from "./reference-items.ts";
import * as records from "./reference-records.ts";
import * as rows from "./reference-rows.ts";
import * as scan from "./reference-scan.ts";
import * as reference from "./reference.ts";
import { kernelModule } from "./kernels.ts";
import { seededRandom } from "./test-data.fixture.ts";

/** Each kernel's twin in plain TypeScript. Steps of one algorithm that are kernels of their own have the algorithm's. */
const twins: Readonly<Record<string, (...given: never[]) => unknown>> = {
  fillNearNormal: reference.nearNormal,
  countCells: reference.fillCell,
  fillCells: reference.fillCell,
  sgdCell: reference.sgdCell,
  svdppUsers: gradient.svdppUsers,
  timeSvdUsers: gradient.timeSvdUsers,
  bprUsers: gradient.bprUsers,
  mergeRows: gradient.mergeRows,
  mergeScalars: gradient.mergeRows,
  biasSweep: reference.biasSweep,
  countColumns: reference.transposed,
  scatterRows: reference.transposed,
  sparseTimesDense: reference.sparseTimesDense,
  addGramProduct: reference.gramProduct,
  gram: reference.gram,
  gramTall: reference.gram,
  gramOfRows: reference.gram,
  denseTimesSmall: reference.denseTimesSmall,
  rotateRows: reference.denseTimesSmall,
  cholesky: dense.cholesky,
  choleskySolve: dense.choleskySolve,
  residualGoals: rows.residualGoals,
  ialsRows: ialsRow,
  scanPanels: scan.scanned,
  scanPanelsOnce: scan.scanned,
  refinePanels: scan.scanned,
  finishScan: scan.scanned,
  scoreTiles: scan.scoreTile,
  coarsePanels: scan.coarsePanels,
  rankRow: scan.rankRow,
  relevantAbove: scan.relevantAbove,
  addDirections: scan.addDirections,
  naturalLog: gibbs.naturalLog,
  normals: gibbs.normals,
  standardGamma: gibbs.standardGamma,
  uniformIndices: gibbs.uniformIndices,
  gibbsRows: gibbs.gibbsRow,
  gibbsFeatures: gibbs.gibbsWeight,
  addOuterProducts: dense.addOuterProducts,
  choleskyUpper: dense.choleskyUpper,
  mirror: dense.mirror,
  crossF64: dense.crossF64,
  multiplyF64: dense.multiplyF64,
  tridiagonalise: dense.tridiagonalise,
  updateAndMultiply: dense.updateAndMultiply,
  tridiagonalQl: dense.tridiagonalEigenvalues,
  rotatePanel: dense.rotate,
  rotateVectors: dense.rotate,
  reflectFour: dense.reflect,
  reflectVectors: dense.reflect,
  gramToPanels: items.gramian,
  gramToRows: items.gramian,
  sweepGather: items.sweep,
  sweepInvert: items.sweep,
  sweepScale: items.sweep,
  sweepCombine: items.sweep,
  sweepUpdate: items.sweep,
  sweepRows: items.sweep,
  itemNeighbours: items.itemNeighbours,
  slimItems: items.slimItem,
  readPlainRecords: records.readPlainRecords,
  widenTable: records.numbered,
  mergeIds: records.numbered,
  renumber: records.renumber,
  surveyRows: records.surveyRows,
  countLines: rows.countLines,
  encodeInts: columns.encodeInts,
  encodeBytes: columns.encodeOptional,
  encodeTimes: columns.wholeSeconds,
  encodeCodes: columns.encodeCodes,
  encodeValues: columns.encodeValues,
  decodeInts: columns.decodeInts,
  decodeBytes: columns.decodeOptional,
  decodeTimes: columns.decodeOptional,
  decodeCodes: columns.decodeCodes,
  decodeRatings: columns.decodeCodes,
  countRows: rows.userStarts,
  scatterToUsers: rows.rowsByUser,
  sortUsers: rows.sortedRows,
  compactRows: rows.sortedRows,
  countPairs: rows.differentPairs,
  findDescent: rows.isDescending,
  canonicalText: rows.canonicalText,
};

test("every kernel that is exported has a twin, and every twin a kernel", () => {
  const memory = allocateShared(1);
  const exported = [kernelBytes(), coarseScanBytes()].flatMap((bytes) =>
    Object.entries(new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports),
  );
  const names = exported.filter(([, value]) => typeof value === "function").map(([name]) => name);
  expect(new Set(Object.keys(twins))).toEqual(new Set(names));
  expect(Object.values(twins).every((twin) => typeof twin === "function")).toBe(true);
});

test("steps that are exported for V8's sake alone are those of the reference", async () => {
  const it = await openKernelMemory();
  const { exports } = new WebAssembly.Instance(await kernelModule(), { env: { memory: it.memory } });
  const steps = exports as unknown as {
    updateAndMultiply(
      row: number,
      v: number,
      w: number,
      a: number,
      b: number,
      next: number,
      from: number,
      n: number,
    ): number;
    reflectFour(x: number, stride: number, v: number, factor: number, from: number): void;
    rotatePanel(z: number, rotations: number, start: number, count: number): void;
  };
  const random = seededRandom(3);
  const n = 24;
  const numbers = (length: number) => Float64Array.from({ length }, () => random() - 0.5);
  const [row, v, w, next] = [numbers(n), numbers(n), numbers(n), numbers(n)];
  for (const from of [0, 2, 10, 24]) {
    const at = it.place(row);
    const product = steps.updateAndMultiply(at, it.place(v), it.place(w), 0.3, -0.7, it.place(next), from, n);
    const expected = dense.updateAndMultiply(row, { v, w, next }, [0.3, -0.7], from);
    expect([...it.float64(at, n)]).toEqual([...expected.row]);
    expect(product).toBeCloseTo(expected.product, 13);
    const four = numbers(4 * n);
    const vectors = it.place(four);
    steps.reflectFour(vectors, 8 * n, it.place(v), 1.4, from);
    for (let vector = 0; vector < 4; vector++) {
      const reflected = dense.reflect(four.slice(vector * n, (vector + 1) * n), v, 1.4, from);
      it.float64(vectors + 8 * n * vector, n).forEach((value, k) => expect(value).toBeCloseTo(reflected[k] ?? NaN, 13));
    }
  }
  const [z, turns] = [
    numbers(8 * n),
    Array.from({ length: 5 }, () => [Math.cos(random()), Math.sin(random())] as const),
  ];
  for (const count of [0, 1, 5]) {
    const at = it.place(z);
    steps.rotatePanel(at, it.place(Float64Array.from(turns.flat())), 9, count);
    const vectors = Array.from({ length: n }, (_, k) => [...z.subarray(8 * k, 8 * k + 8)]);
    dense.rotate(vectors, { start: 9, turns: turns.slice(0, count) });
    expect([...it.float64(at, 8 * n)]).toEqual(vectors.flat());
  }
});
