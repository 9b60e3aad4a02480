export interface StackingWeights {
  readonly intercept: number;
  /** [members], none below 0. */
  readonly weights: readonly number[];
  /** Of the combination on the ratings it was fitted to. */
  readonly rmse: number;
}

const mostRounds = 10_000;

/**
 * min over w ≥ 0 and w₀ of 1/n Σ (r − w₀ − Σ_m w_m s_m)² + λ v Σ_m (w_m − 1/M)², v the mean variance of the members'
 * predictions: Breiman 1996's non-negative weights, drawn to the plain mean. Coordinate descent on the centred
 * M × M moments; the problem is strictly convex for λ > 0.
 *
 * @param predictions [members] of [n] each member's scores.
 */
export function stackingWeights(
  predictions: readonly Float64Array[],
  ratings: Float32Array,
  regularization: number,
): StackingWeights {
  const members = predictions.length;
  const means = predictions.map(mean);
  const ratingMean = mean(ratings);
  const moments = predictions.map((a, m) => predictions.map((b, o) => covariance(a, means[m] ?? 0, b, means[o] ?? 0)));
  const targets = predictions.map((a, m) => covariance(a, means[m] ?? 0, ratings, ratingMean));
  const variance = moments.reduce((sum, row, m) => sum + (row[m] ?? 0), 0) / members;
  // Members that predict the same everywhere, or all nothing, still have one best answer: the mean.
  const ridge = Math.max(regularization * variance, 1e-12);
  const weights = predictions.map(() => 1 / members);
  for (let round = 0; round < mostRounds; round++) {
    let change = 0;
    for (let m = 0; m < members; m++) {
      const row = moments[m] ?? [];
      const others = row.reduce((sum, moment, o) => (o === m ? sum : sum + moment * (weights[o] ?? 0)), 0);
      const best = ((targets[m] ?? 0) - others + ridge / members) / ((row[m] ?? 0) + ridge);
      const next = Math.max(0, best);
      change = Math.max(change, Math.abs(next - (weights[m] ?? 0)));
      weights[m] = next;
    }
    if (change < 1e-12) break;
  }
  const intercept = ratingMean - weights.reduce((sum, weight, m) => sum + weight * (means[m] ?? 0), 0);
  return { intercept, weights, rmse: errorOf(predictions, ratings, intercept, weights) };
}

function errorOf(
  predictions: readonly Float64Array[],
  ratings: Float32Array,
  intercept: number,
  weights: readonly number[],
): number {
  let squares = 0;
  for (let n = 0; n < ratings.length; n++) {
    let score = intercept;
    for (const [m, weight] of weights.entries()) score += weight * (predictions[m]?.[n] ?? 0);
    squares += ((ratings[n] ?? 0) - score) ** 2;
  }
  return Math.sqrt(squares / ratings.length);
}

function mean(values: Float64Array | Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

function covariance(a: Float64Array, aMean: number, b: Float64Array | Float32Array, bMean: number): number {
  let sum = 0;
  for (let n = 0; n < a.length; n++) sum += ((a[n] ?? 0) - aMean) * ((b[n] ?? 0) - bMean);
  return sum / a.length;
}
