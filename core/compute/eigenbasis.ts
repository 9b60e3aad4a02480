import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { kernelCall } from "./kernels.ts";
import { float64View, int32View } from "./memory-layout.ts";
import type { MemoryLayout, Region } from "./memory-layout.ts";
import { evenRanges } from "./program.ts";
import type { Program } from "./program.ts";

/** G = V diag(values) Vᵀ. */
export interface Eigenbasis {
  /** [n], largest first, none below zero (where rounding left one there, zero). */
  readonly values: Float64Array;
  /** [n × n] row-major, a column for each value. */
  readonly vectors: Float64Array;
}

/**
 * The eigenbasis of a gramian [n × n] of which only the leading [rank × rank] block is not zero: the columns beyond are
 * those of the identity. A vector's sign is free; its entry of largest magnitude (the first of equals) is positive.
 */
export function eigenbasis(gramian: Float64Array, n: number, rank: number): Eigenbasis {
  const block = Array.from({ length: rank * rank }, (_, at) => gramian[Math.floor(at / rank) * n + (at % rank)] ?? 0);
  const decomposition = new EigenvalueDecomposition(Matrix.from1DArray(rank, rank, block), { assumeSymmetric: true });
  const found = decomposition.realEigenvalues;
  const columns = decomposition.eigenvectorMatrix;
  return arrange(found, (source) => columns.getColumn(source), n, rank);
}

function arrange(
  found: ArrayLike<number>,
  vectorOf: (source: number) => ArrayLike<number>,
  n: number,
  rank: number,
): Eigenbasis {
  const largestFirst = Array.from({ length: rank }, (_, index) => index).sort(
    (a, b) => (found[b] ?? 0) - (found[a] ?? 0) || a - b,
  );
  const values = new Float64Array(n);
  const vectors = new Float64Array(n * n);
  largestFirst.forEach((source, column) => {
    values[column] = Math.max(0, found[source] ?? 0);
    const vector = vectorOf(source);
    let extreme = 0;
    for (let row = 0; row < rank; row++) if (Math.abs(vector[row]!) > Math.abs(extreme)) extreme = vector[row]!;
    const sign = extreme < 0 ? -1 : 1;
    for (let row = 0; row < rank; row++) vectors[row * n + column] = sign * vector[row]!;
  });
  for (let column = rank; column < n; column++) vectors[column * n + column] = 1;
  return { values, vectors };
}

/** What the kernels need to find an eigenbasis on all threads (assembly/eigen.ts). */
export interface EigenRegions {
  /** A multiple of 8. */
  readonly n: number;
  /** [n × n] The gramian, both triangles; gone afterwards. */
  readonly matrix: Region;
  readonly values: Region;
  /** [n × n] A vector a row. */
  readonly vectors: Region;
  readonly beside: Region;
  readonly factors: Region;
  readonly scratch: Region;
  readonly rotations: Region;
  readonly panels: Region;
  readonly state: Region;
}

const vectorsPerCall = 16;

export function planEigenbasis(layout: MemoryLayout, n: number): EigenRegions {
  return {
    n,
    matrix: layout.float64(n * n),
    values: layout.float64(n),
    vectors: layout.float64(n * n),
    beside: layout.float64(n),
    factors: layout.float64(n),
    scratch: layout.float64(3 * n),
    // QL takes some 1.7 n².
    rotations: layout.float64(4 * n * n),
    panels: layout.float64(n * n),
    state: layout.int32(1),
  };
}

/** From `matrix` to what `readEigenbasis` reads; the same on any number of threads. */
export function eigenbasisProgram(regions: EigenRegions): Program {
  const { n, rotations } = regions;
  const [matrix, values, beside] = [regions.matrix.offset, regions.values.offset, regions.beside.offset];
  const [factors, panels, state] = [regions.factors.offset, regions.panels.offset, regions.state.offset];
  return [
    [kernelCall("tridiagonalise", matrix, n, values, beside, factors, regions.scratch.offset)],
    [kernelCall("tridiagonalQl", values, beside, n, rotations.offset, rotations.length, state)],
    evenRanges(n, 8).map((_, panel) => kernelCall("rotateVectors", panels, n, panel, rotations.offset, state)),
    evenRanges(n, vectorsPerCall).map(({ from, to }) =>
      kernelCall("reflectVectors", matrix, n, factors, panels, from, to, regions.vectors.offset),
    ),
  ];
}

/** What the program found, as `eigenbasis` gives it; null when it did not converge. */
export function readEigenbasis(memory: WebAssembly.Memory, regions: EigenRegions, rank: number): Eigenbasis | null {
  if ((int32View(memory, regions.state)[0] ?? -1) < 0) return null;
  const { n } = regions;
  const vectors = float64View(memory, regions.vectors);
  return arrange(
    float64View(memory, regions.values),
    (source) => vectors.subarray(source * n, source * n + rank),
    n,
    rank,
  );
}
