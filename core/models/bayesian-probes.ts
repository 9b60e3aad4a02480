import { float32View } from "../compute/memory-layout.ts";
import type { TrainingSet } from "./algorithm.ts";
import type { BayesianMemory } from "./bayesian-memory.ts";
import { usersOf } from "./users-of-ratings.ts";

/** Pairs drawn for each user and for each item. */
const pairsEach = 8;

/**
 * Pairs (user, item) whose scores are followed exactly through all kept sweeps: what the served factors must come close to, and how
 * uncertain scores are. Each user meets items, and each item users, as often as they occur in ratings.
 */
export interface Probes {
  readonly user: Int32Array;
  readonly item: Int32Array;
  /** [pairs] Σ of the conditional means of the score: their mean over the sweeps is what is served. */
  readonly means: Float64Array;
  /** [pairs] Σ and Σ² of the sampled scores. */
  readonly sums: Float64Array;
  readonly squares: Float64Array;
}

export const probePairs = (users: number, items: number): number => (users + items) * pairsEach;

/** `picks`: random ratings, one for each pair. */
export function drawProbes(data: TrainingSet, picks: Int32Array): Probes {
  const { users, items } = data;
  const count = probePairs(users, items);
  const userOf = usersOf(data);
  const user = new Int32Array(count);
  const item = new Int32Array(count);
  for (let n = 0; n < count; n++) {
    const row = Math.floor(n / pairsEach);
    const picked = picks[n] ?? 0;
    user[n] = row < users ? row : (userOf[picked] ?? 0);
    item[n] = row < users ? (data.item[picked] ?? 0) : row - users;
  }
  const zeros = (): Float64Array => new Float64Array(count);
  return { user, item, means: zeros(), sums: zeros(), squares: zeros() };
}

/** Variance of a score about its posterior mean, as a sum of what is not known of the user and of the item. */
export interface ScoreVariance {
  readonly users: Float32Array;
  readonly items: Float32Array;
}

/**
 * v(u, i) ≈ a_u + c_i by alternating least squares over the probes, each row drawn towards the mean by one pair's worth. Never
 * below zero.
 */
export function fitVariance(probes: Probes, users: number, items: number, sweeps: number): ScoreVariance {
  const pairs = probes.user.length;
  const variance = new Float64Array(pairs);
  let total = 0;
  for (let n = 0; n < pairs; n++) {
    const mean = (probes.sums[n] ?? 0) / sweeps;
    variance[n] = Math.max(0, (probes.squares[n] ?? 0) / sweeps - mean * mean);
    total += variance[n] ?? 0;
  }
  const half = total / Math.max(1, pairs) / 2;
  const a = new Float64Array(users).fill(half);
  const c = new Float64Array(items).fill(half);
  const improve = (own: Float64Array, rows: Int32Array, other: Float64Array, others: Int32Array): void => {
    const sums = new Float64Array(own.length).fill(half);
    const counts = new Float64Array(own.length).fill(1);
    for (let n = 0; n < pairs; n++) {
      const row = rows[n] ?? 0;
      sums[row] = (sums[row] ?? 0) + (variance[n] ?? 0) - (other[others[n] ?? 0] ?? 0);
      counts[row] = (counts[row] ?? 0) + 1;
    }
    for (let row = 0; row < own.length; row++) own[row] = Math.max(0, (sums[row] ?? 0) / (counts[row] ?? 1));
  };
  for (let round = 0; round < 10; round++) {
    improve(a, probes.user, c, probes.item);
    improve(c, probes.item, a, probes.user);
  }
  return { users: Float32Array.from(a), items: Float32Array.from(c) };
}

/** Adds one sweep: the scores of the samples, and their means given the sampled users. */
export function observeProbes(
  shared: WebAssembly.Memory,
  { row, users, items }: BayesianMemory,
  intercept: number,
  probes: Probes,
): void {
  const { width, factors, bias } = row;
  const p = float32View(shared, users.sample);
  const q = float32View(shared, items.sample);
  const mean = float32View(shared, items.mean ?? items.sample);
  for (let n = 0; n < probes.user.length; n++) {
    const u = (probes.user[n] ?? 0) * width;
    const i = (probes.item[n] ?? 0) * width;
    const start = intercept + (p[u + bias] ?? 0);
    let sampled = start + (q[i + bias] ?? 0);
    let expected = start + (mean[i + bias] ?? 0);
    for (let f = 0; f < factors; f++) {
      const value = p[u + f] ?? 0;
      sampled += value * (q[i + f] ?? 0);
      expected += value * (mean[i + f] ?? 0);
    }
    probes.means[n] = (probes.means[n] ?? 0) + expected;
    probes.sums[n] = (probes.sums[n] ?? 0) + sampled;
    probes.squares[n] = (probes.squares[n] ?? 0) + sampled * sampled;
  }
}
