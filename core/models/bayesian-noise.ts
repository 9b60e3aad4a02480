import type { Kernels } from "../compute/kernels.ts";
import { float32View, float64View, int32View } from "../compute/memory-layout.ts";
import type { BayesianMemory, NoiseMemory } from "./bayesian-memory.ts";

/** ν/2 is drawn from these, each as likely as the next beforehand: from people unlike each other to people all alike. */
const shapes = Array.from({ length: 33 }, (_, step) => 2 ** (step / 4 - 1));

export interface PersonalNoise {
  /** Σ e² over all ratings. */
  readonly squares: number;
  /** Σ w over all ratings. */
  readonly weight: number;
}

/**
 * ν given the weights, then each person's weight given ν, α and what the person's ratings are off by:
 *   w_u ~ Gamma((ν + n_u)/2, (ν + α Σ e²)/2).
 * After H. Lakshminarayanan, G. Bouchard, C. Archambeau, Robust Bayesian matrix factorisation, AISTATS 2011 (people's side).
 */
export function drawPersonalNoise(
  kernels: Kernels,
  shared: WebAssembly.Memory,
  noise: NoiseMemory,
  { users }: Pick<BayesianMemory, "users">,
  { alpha, seed, stream, sweep }: { alpha: number; seed: number; stream: number; sweep: number },
): PersonalNoise {
  const weights = float32View(shared, noise.weights);
  const roots = float32View(shared, noise.roots);
  const squares = float64View(shared, noise.squares);
  const start = int32View(shared, users.entries.start);
  const countOf = (u: number): number => (start[u + 1] ?? 0) - (start[u] ?? 0);
  let people = 0;
  let evidence = 0;
  for (let u = 0; u < weights.length; u++) {
    if (countOf(u) === 0) continue;
    const weight = weights[u] ?? 1;
    evidence += kernels.naturalLog(weight) - weight;
    people++;
  }
  let half = 1;
  let best = -Infinity;
  shapes.forEach((shape, at) => {
    const likelihood = people * (shape * kernels.naturalLog(shape) - logGamma(kernels, shape)) + shape * evidence;
    // Gumbel's trick: the largest of log-probabilities with such noise is a draw.
    const drawn = likelihood - kernels.naturalLog(kernels.standardGamma(1, seed, stream, sweep, at));
    if (drawn > best) [best, half] = [drawn, shape];
  });
  let total = 0;
  let weight = 0;
  for (let u = 0; u < weights.length; u++) {
    const count = countOf(u);
    if (count === 0) continue;
    const gamma = kernels.standardGamma(half + count / 2, seed, stream + 1, sweep, u);
    // Within what single precision and its square bear, whatever the ratings.
    const drawn = Math.min(1e6, Math.max(1e-6, gamma / (half + (alpha * Math.max(0, squares[u] ?? 0)) / 2)));
    weights[u] = drawn;
    roots[u] = Math.sqrt(weights[u] ?? 1);
    total += squares[u] ?? 0;
    weight += count * (weights[u] ?? 1);
  }
  return { squares: total, weight };
}

/** ln Γ(x) for x > 0 by Stirling's series from x + 8 on. */
function logGamma(kernels: Kernels, x: number): number {
  let shift = 1;
  for (let step = 0; step < 8; step++) shift *= x + step;
  const y = x + 8;
  const series = 1 / (12 * y) - 1 / (360 * y ** 3) + 1 / (1260 * y ** 5);
  const halfLogOfTwoPi = 0.9189385332046727;
  return (y - 0.5) * kernels.naturalLog(y) - y + halfLogOfTwoPi + series - kernels.naturalLog(shift);
}
