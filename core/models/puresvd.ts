import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import type { Hyperparameters } from "../contract/entities.ts";
import {
  fromPanels,
  gramMatrix,
  multiplySmall,
  orthonormalizer,
  padColumns,
  panelColumns,
  planGram,
  toPanels,
} from "../compute/dense-matrix.ts";
import type { DenseRegion } from "../compute/dense-matrix.ts";
import { kernelCall } from "../compute/kernels.ts";
import { MemoryLayout, float32View, int32View } from "../compute/memory-layout.ts";
import type { Region } from "../compute/memory-layout.ts";
import { openComputePool } from "../compute/pool.ts";
import type { ComputePool } from "../compute/pool.ts";
import { evenRanges, rowRanges } from "../compute/program.ts";
import type { Phase, Program } from "../compute/program.ts";
import { loadByUser, planSparse } from "../compute/ratings-matrix.ts";
import type { Shape, SparseRegions } from "../compute/ratings-matrix.ts";
import type { Algorithm, FitContext, TrainingSet } from "./algorithm.ts";
import { Checkpoints } from "./checkpoint.ts";
import { numberOf } from "./hyperparameters.ts";
import type { FactorModel } from "./servable.ts";
import { modelBytes, requireFits, requireRatings, shapeOf, trainingSetBytes } from "./training-limits.ts";

const entriesPerCall = 16_384;
/** Large, because threads wait for each other between phases; a call is still some ten milliseconds. */
const entriesPerGramCall = 4_000_000;

/** Truncated SVD of the rating matrix with missing ratings as zero. */
export const pureSvd: Algorithm<FactorModel> = {
  info: {
    id: "puresvd",
    name: "PureSVD",
    summary:
      "The best rank-k approximation of the whole rating matrix, where not rated counts as zero. Ranks well, with few knobs and in seconds.",
    whenToUse:
      "For top-N lists. Scores are not stars: they say how strongly an item belongs with what a person rated, so RMSE means nothing here. New people are folded in by one projection.",
    paper: {
      citation:
        "P. Cremonesi, Y. Koren, R. Turrin. Performance of recommender algorithms on top-N recommendation tasks. RecSys 2010, §3.2.2. Computed as in N. Halko, P. G. Martinsson, J. A. Tropp. Finding structure with randomness. SIAM Review 53(2), 2011.",
      url: "https://doi.org/10.1145/1864708.1864721",
    },
    predictsRatings: false,
    iterative: false,
    uses: ["rating-values"],
    offers: ["fold-in", "explain"],
    hyperparameters: [
      {
        name: "factors",
        label: "Factors k",
        description:
          "Rank of the approximation: singular vectors kept. Small catalogues want few (10 … 30), large ones 50 … 300.",
        kind: "integer",
        default: 32,
        minimum: 1,
        maximum: 1024,
        logarithmic: true,
      },
      {
        name: "powerIterations",
        label: "Power iterations q",
        description:
          "Halko's q: each sharpens the subspace by the squared ratio of singular values and costs two passes over the ratings.",
        kind: "integer",
        default: 5,
        minimum: 0,
        maximum: 100,
      },
      {
        name: "oversampling",
        label: "Oversampling p",
        description:
          "Halko's p: directions carried beyond k while iterating. Rounded up so that k + p is a multiple of 16.",
        kind: "integer",
        default: 16,
        minimum: 0,
        maximum: 512,
      },
    ],
  },
  estimateCost: (shape, hyperparameters) => {
    const { layout, width } = plan(
      shape,
      numberOf(hyperparameters, "factors"),
      numberOf(hyperparameters, "oversampling"),
    );
    const passes = 2 * numberOf(hyperparameters, "powerIterations") + 4;
    const products = passes * (2 * shape.ratings * width + 3 * shape.items * width * width);
    return {
      bytes: trainingSetBytes(shape) + layout.bytes + modelBytes(shape, numberOf(hyperparameters, "factors")),
      flops: products + shape.users * width * width + 30 * width ** 3,
    };
  },
  fit,
};

interface SvdMemory {
  readonly byUser: SparseRegions;
  readonly gram: Region;
  readonly small: Region;
  /** [items × width], twice: a product needs somewhere to go. */
  readonly z: DenseRegion;
  readonly spare: DenseRegion;
  /** z and its product with RᵀR while that is made. */
  readonly panels: Region;
  readonly sums: Region;
  /** [users × width] */
  readonly y: DenseRegion;
}

function plan(
  shape: Shape,
  factors: number,
  oversampling: number,
): { layout: MemoryLayout; memory: SvdMemory; width: number } {
  const layout = new MemoryLayout();
  const width = padColumns(factors + oversampling);
  const dense = (rows: number): DenseRegion => ({ region: layout.float32(rows * width), rows, columns: width });
  const memory = {
    byUser: planSparse(layout, shape.users, shape.ratings),
    gram: planGram(layout, width),
    small: layout.float32(width * width),
    z: dense(shape.items),
    spare: dense(shape.items),
    panels: layout.float32(shape.items * width),
    sums: layout.float32(shape.items * width),
    y: dense(shape.users),
  };
  return { layout, memory, width };
}

async function fit(data: TrainingSet, hyperparameters: Hyperparameters, context: FitContext): Promise<FactorModel> {
  requireRatings(data);
  const shape = shapeOf(data);
  const factors = numberOf(hyperparameters, "factors");
  const oversampling = numberOf(hyperparameters, "oversampling");
  requireFits(shape, factors, (count) => plan(shape, count, oversampling).layout.bytes);
  const { layout, memory } = plan(shape, factors, oversampling);
  const pool = await openComputePool({ bytes: layout.bytes, threads: context.threads, signal: context.signal });
  try {
    loadByUser(pool.memory, memory.byUser, data);
    await iterateSubspace(pool, memory, hyperparameters, context);
    return await rotateToSingularVectors(pool, memory, data, factors);
  } finally {
    await pool.close();
  }
}

/**
 * z ← an orthonormal basis of the range of (RᵀR)^(q+1) Ω (Halko, algorithm 4.4 on Rᵀ), orthonormalised after each
 * product with RᵀR, without which all columns would collapse onto the first singular vector.
 */
async function iterateSubspace(
  pool: ComputePool,
  memory: SvdMemory,
  hyperparameters: Hyperparameters,
  context: FitContext,
): Promise<void> {
  const iterations = numberOf(hyperparameters, "powerIterations") + 1;
  const { z, spare, y } = memory;
  const basis = float32View(pool.memory, z.region);
  const shape = { users: y.rows, items: z.rows, ratings: memory.byUser.columns.length };
  const checkpoints = new Checkpoints(context, ["puresvd", hyperparameters, shape], [basis]);
  const finished = checkpoints.restore();
  if (finished === 0) {
    await pool.run(
      pool.prepare([
        evenRanges(z.rows, 1024).map(({ from, to }) =>
          kernelCall("fillNearNormal", z.region.offset, from, to, z.columns, z.columns, context.seed, 1, 1),
        ),
      ]),
    );
  }
  const product = pool.prepare(gramProduct(pool, memory));
  const sums = float32View(pool.memory, memory.sums);
  for (let iteration = finished + 1; iteration <= iterations; iteration++) {
    toPanels(pool.memory, z, memory.panels);
    sums.fill(0);
    await pool.run(product);
    fromPanels(pool.memory, memory.sums, spare);
    await orthonormalize(pool, memory, iteration === iterations);
    context.onProgress({
      done: iteration,
      total: iterations,
      unit: "iterations",
      message: "Finding the leading subspace",
    });
    await checkpoints.afterEpoch(iteration);
  }
}

function timesDense(pool: ComputePool, matrix: SparseRegions, x: DenseRegion, y: DenseRegion): Phase {
  return rowRanges(int32View(pool.memory, matrix.start), entriesPerCall).map(({ from, to }) =>
    kernelCall(
      "sparseTimesDense",
      matrix.start.offset,
      matrix.columns.offset,
      matrix.values.offset,
      x.region.offset,
      y.region.offset,
      x.columns,
      from,
      to,
    ),
  );
}

/**
 * sums += RᵀR·z, a panel a call: these stay in the cache while all of R passes by. Rows come in phases, so that no two
 * calls add to the same columns at once; short ones first, while V8 still compiles.
 */
function gramProduct(pool: ComputePool, { byUser, z, panels, sums }: SvdMemory): Program {
  const phases = [...rowRanges(int32View(pool.memory, byUser.start), entriesPerGramCall)].flatMap(({ from, to }, at) =>
    at === 0
      ? evenRanges(to - from, Math.ceil((to - from) / 16)).map((part) => ({
          from: part.from + from,
          to: part.to + from,
        }))
      : [{ from, to }],
  );
  return phases.map(({ from, to }) =>
    evenRanges(z.columns, panelColumns).map((panel) =>
      kernelCall(
        "addGramProduct",
        byUser.start.offset,
        byUser.columns.offset,
        byUser.values.offset,
        panels.offset + panel.from * z.rows * 4,
        sums.offset + panel.from * z.rows * 4,
        from,
        to,
      ),
    ),
  );
}

/**
 * Between products one pass keeps the columns apart. The last basis takes two: the first leaves errors of the size of its
 * condition number squared, the second none to speak of. From `spare` to `z`.
 */
async function orthonormalize(pool: ComputePool, { z, spare, gram, small }: SvdMemory, last: boolean): Promise<void> {
  await multiplySmall(pool, spare, orthonormalizer(await gramMatrix(pool, spare, gram), z.columns), small, z);
  if (!last) return;
  await multiplySmall(pool, z, orthonormalizer(await gramMatrix(pool, z, gram), z.columns), small, spare);
  float32View(pool.memory, z.region).set(float32View(pool.memory, spare.region));
}

/**
 * Rayleigh–Ritz: with z orthonormal and zᵀRᵀRz = WΛWᵀ, the item factors are V = zW (right singular vectors, singular
 * values √Λ) and the user factors RV.
 */
async function rotateToSingularVectors(
  pool: ComputePool,
  memory: SvdMemory,
  data: TrainingSet,
  factors: number,
): Promise<FactorModel> {
  const { z, spare, y } = memory;
  const width = z.columns;
  await pool.run(pool.prepare([timesDense(pool, memory.byUser, z, y)]));
  const rotation = leadingEigenvectors(await gramMatrix(pool, y, memory.gram), width, factors);
  await multiplySmall(pool, z, rotation, memory.small, spare);
  fixSigns(float32View(pool.memory, spare.region), width, factors);
  await pool.run(pool.prepare([timesDense(pool, memory.byUser, spare, y)]));
  return {
    form: "factors",
    users: data.users,
    items: data.items,
    factors,
    globalMean: 0,
    userBias: new Float32Array(data.users),
    itemBias: new Float32Array(data.items),
    userFactors: leadingColumns(float32View(pool.memory, y.region), width, factors),
    itemFactors: leadingColumns(float32View(pool.memory, spare.region), width, factors),
    foldIn: { kind: "projection", center: 0 },
    predictsRatings: false,
    scale: data.scale,
  };
}

/** [n × n], the first `count` columns the eigenvectors of the largest eigenvalues, largest first; zeros to the right and where the eigenvalue is none. */
function leadingEigenvectors(symmetric: Float64Array, n: number, count: number): Float64Array {
  const matrix = Matrix.from1DArray(n, n, Array.from(symmetric));
  const decomposition = new EigenvalueDecomposition(matrix, { assumeSymmetric: true });
  const values = decomposition.realEigenvalues;
  const vectors = decomposition.eigenvectorMatrix;
  const largestFirst = values.map((_, index) => index).sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0) || a - b);
  const largest = values[largestFirst[0] ?? 0] ?? 0;
  const out = new Float64Array(n * n);
  largestFirst.slice(0, count).forEach((source, column) => {
    // Below float32's precision there is only rounding: the matrix has a smaller rank than asked for.
    if (!((values[source] ?? 0) > largest * 1e-12)) return;
    for (let row = 0; row < n; row++) out[row * n + column] = vectors.get(row, source);
  });
  return out;
}

/** A singular vector's sign is free; the entry of largest magnitude (the first of equals) is made positive. */
function fixSigns(matrix: Float32Array, stride: number, columns: number): void {
  for (let column = 0; column < columns; column++) {
    let extreme = 0;
    for (let at = column; at < matrix.length; at += stride) {
      if (Math.abs(matrix[at] ?? 0) > Math.abs(extreme)) extreme = matrix[at] ?? 0;
    }
    if (extreme >= 0) continue;
    for (let at = column; at < matrix.length; at += stride) matrix[at] = -(matrix[at] ?? 0);
  }
}

function leadingColumns(matrix: Float32Array, stride: number, columns: number): Float32Array {
  const rows = matrix.length / stride;
  const out = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) out.set(matrix.subarray(row * stride, row * stride + columns), row * columns);
  return out;
}
