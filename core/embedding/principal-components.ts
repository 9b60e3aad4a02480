import { EigenvalueDecomposition, Matrix } from "ml-matrix";

export interface Projection {
  /** [points × 2] */
  readonly coordinates: Float32Array;
  /** Share of the variance along each axis. Both 0 where nothing varies. */
  readonly explained: readonly [number, number];
}

/**
 * The first two principal components of `vectors` [points × factors], from the eigenvectors of their [factors × factors]
 * covariance. Signs are settled by the largest loading being positive, so that the same factors always give the same picture.
 */
export function principalComponents(vectors: Float32Array, factors: number): Projection {
  const points = factors === 0 ? 0 : vectors.length / factors;
  const mean = meanOf(vectors, factors, points);
  const covariance = covarianceOf(vectors, factors, points, mean);
  const { realEigenvalues: values, eigenvectorMatrix } = new EigenvalueDecomposition(covariance, {
    assumeSymmetric: true,
  });
  const order = [...values.keys()].sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0));
  const total = values.reduce((sum, value) => sum + Math.max(0, value), 0);
  const axes = [0, 1].map((at) => signed(eigenvectorMatrix.getColumn(order[at] ?? 0)));
  const share = (at: number) => (total > 0 ? Math.max(0, values[order[at] ?? 0] ?? 0) / total : 0);
  const coordinates = new Float32Array(2 * points);
  for (let point = 0; point < points; point++) {
    axes.forEach((axis, at) => {
      let sum = 0;
      for (let f = 0; f < factors; f++) sum += ((vectors[point * factors + f] ?? 0) - (mean[f] ?? 0)) * (axis[f] ?? 0);
      coordinates[2 * point + at] = sum;
    });
  }
  return { coordinates, explained: [share(0), share(1)] };
}

function meanOf(vectors: Float32Array, factors: number, points: number): Float64Array {
  const mean = new Float64Array(factors);
  for (let at = 0, f = 0; at < vectors.length; at++, f = f + 1 === factors ? 0 : f + 1)
    mean[f] = (mean[f] ?? 0) + (vectors[at] ?? 0);
  return mean.map((sum) => sum / Math.max(1, points));
}

function covarianceOf(vectors: Float32Array, factors: number, points: number, mean: Float64Array): Matrix {
  const sums = new Float64Array(factors * factors);
  const row = new Float64Array(factors);
  for (let point = 0; point < points; point++) {
    for (let f = 0; f < factors; f++) row[f] = (vectors[point * factors + f] ?? 0) - (mean[f] ?? 0);
    for (let f = 0; f < factors; f++) {
      const value = row[f] ?? 0;
      const start = f * factors;
      for (let g = 0; g <= f; g++) sums[start + g] = (sums[start + g] ?? 0) + value * (row[g] ?? 0);
    }
  }
  const covariance = new Matrix(factors, factors);
  for (let f = 0; f < factors; f++) {
    for (let g = 0; g <= f; g++) {
      const value = (sums[f * factors + g] ?? 0) / Math.max(1, points);
      covariance.set(f, g, value);
      covariance.set(g, f, value);
    }
  }
  return covariance;
}

function signed(axis: number[]): number[] {
  const largest = axis.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0);
  return largest < 0 ? axis.map((value) => -value) : axis;
}
