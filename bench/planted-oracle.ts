import type { TrainingSet } from "../core/models/algorithm.ts";
import { choleskyInPlace, choleskySolveInPlace } from "../core/recommend/dense.ts";
import { plantedPriors, plantedTruth, shareOfWorld } from "../core/ratings/sample.ts";
import type { SampleShape } from "../core/ratings/sample.ts";

/**
 * The best linear estimate that somebody could make who is told the world's mean, item biases, item factors and all variances,
 * but of each person only the training ratings: with z = (1, q_i) or, where people are known to drift, z = (1, q_i, (t − ½) q_i),
 * x = (Σ z zᵀ / v + diag(prior variances)⁻¹)⁻¹ Σ z (r − μ − b_i) / v, v the noise and the rounding to half stars. Exact for normal
 * priors; the world's people come in clusters, which an oracle that knew them too could use.
 */
export function plantedOracle(
  shape: SampleShape,
  train: TrainingSet,
  drift: boolean,
): (u: number, i: number, time: number) => number {
  const { factors: k, mean, itemBias, itemFactors, noise } = plantedTruth(shape);
  const priors = plantedPriors();
  const n = 1 + (drift ? 2 * k : k);
  const variances = [
    priors.userBias,
    ...new Array<number>(k).fill(priors.userFactors),
    ...new Array<number>(drift ? k : 0).fill(priors.userDrift),
  ];
  // Half stars: an even error of −¼ … ¼. Who ignores drift meets it as more noise.
  const noiseVariance = noise * noise + 0.25 / 12;
  const people = new Float64Array(train.users * n);

  const design = (i: number, time: number): Float64Array => {
    const z = new Float64Array(n);
    z[0] = 1;
    const moment = drift ? shareOfWorld(time) - 0.5 : 0;
    for (let f = 0; f < k; f++) {
      const q = itemFactors[i * k + f] ?? 0;
      z[1 + f] = q;
      if (drift) z[1 + k + f] = moment * q;
    }
    return z;
  };
  for (let u = 0; u < train.users; u++) {
    const system = new Float64Array(n * n);
    const x = new Float64Array(n);
    variances.forEach((variance, a) => (system[a * n + a] = noiseVariance / variance));
    for (let at = train.userStart[u] ?? 0; at < (train.userStart[u + 1] ?? 0); at++) {
      const i = train.item[at] ?? 0;
      const z = design(i, train.time?.[at] ?? NaN);
      const left = (train.rating[at] ?? 0) - mean - (itemBias[i] ?? 0);
      for (let a = 0; a < n; a++) {
        x[a] = (x[a] ?? 0) + (z[a] ?? 0) * left;
        for (let b = 0; b <= a; b++) system[a * n + b] = (system[a * n + b] ?? 0) + (z[a] ?? 0) * (z[b] ?? 0);
      }
    }
    choleskyInPlace(system, n);
    choleskySolveInPlace(system, n, x);
    people.set(x, u * n);
  }
  return (u, i, time) => {
    const z = design(i, time);
    return z.reduce((sum, value, a) => sum + value * (people[u * n + a] ?? 0), mean + (itemBias[i] ?? 0));
  };
}
