import { EigenvalueDecomposition, Matrix } from "ml-matrix";

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
  const largestFirst = found.map((_, index) => index).sort((a, b) => (found[b] ?? 0) - (found[a] ?? 0) || a - b);
  const values = new Float64Array(n);
  const vectors = new Float64Array(n * n);
  largestFirst.forEach((source, column) => {
    values[column] = Math.max(0, found[source] ?? 0);
    const vector = columns.getColumn(source);
    const extreme = vector.reduce((largest, x) => (Math.abs(x) > Math.abs(largest) ? x : largest), 0);
    vector.forEach((x, row) => (vectors[row * n + column] = extreme < 0 ? -x : x));
  });
  for (let column = rank; column < n; column++) vectors[column * n + column] = 1;
  return { values, vectors };
}
