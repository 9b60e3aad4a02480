import type { FactorModel } from "../models/servable.ts";
import { choleskyInPlace, choleskySolveInPlace } from "./dense.ts";
import type { FactorVector, FoldedRatings, GivenRating } from "./user-vector.ts";

const mostSweeps = 10_000;

/**
 * min over p ≥ 0 of Σ (r_j − μ − p·q_j)² + nλ‖p‖², by coordinate descent until nothing moves. Where p is not zero, on S, it solves the
 * unconstrained system of S alone: p_S = A_SS⁻¹ Σ_j q_jS (r_j − μ), so that each rating has a share of its own in every score.
 */
export function foldNonNegative(
  model: FactorModel,
  ratings: readonly GivenRating[],
  regularization: number,
): FoldedRatings<FactorVector> {
  const { factors: k, itemFactors, globalMean } = model;
  const rows = ratings.map(({ i }) => Float64Array.from(itemFactors.subarray(i * k, (i + 1) * k)));
  const goals = ratings.map(({ rating }) => rating - globalMean);
  const system = new Float64Array(k * k);
  const residual = new Float64Array(k);
  rows.forEach((row, j) => {
    for (let a = 0; a < k; a++) {
      residual[a]! += row[a]! * goals[j]!;
      for (let b = 0; b < k; b++) system[a * k + b]! += row[a]! * row[b]!;
    }
  });
  for (let a = 0; a < k; a++) system[a * k + a]! += ratings.length * regularization;
  const factors = descend(system, residual, k);
  const support = Array.from(factors.keys()).filter((f) => factors[f]! > 0);
  const size = support.length;
  const lower = Float64Array.from(
    { length: size * size },
    (_, at) => system[support[Math.floor(at / size)]! * k + support[at % size]!]!,
  );
  choleskyInPlace(lower, size);
  return {
    ratings,
    vector: { form: "factors", bias: 0, factors },
    contributions: (i) => {
      const weights = Float64Array.from(support, (f) => itemFactors[i * k + f]!);
      choleskySolveInPlace(lower, size, weights);
      return Float64Array.from(rows, (row, j) => {
        let share = 0;
        for (let s = 0; s < size; s++) share += weights[s]! * row[support[s]!]!;
        return share * goals[j]!;
      });
    },
  };
}

/** `residual` is b on the way in, b − Ap on the way out. */
function descend(system: Float64Array, residual: Float64Array, k: number): Float64Array {
  const p = new Float64Array(k);
  for (let sweep = 0; sweep < mostSweeps; sweep++) {
    let [moved, largest] = [0, 0];
    for (let f = 0; f < k; f++) {
      const next = Math.max(0, p[f]! + residual[f]! / system[f * k + f]!);
      const step = next - p[f]!;
      largest = Math.max(largest, next);
      if (step === 0) continue;
      moved = Math.max(moved, Math.abs(step));
      p[f] = next;
      for (let a = 0; a < k; a++) residual[a]! -= step * system[f * k + a]!;
    }
    if (moved <= largest * 1e-13) break;
  }
  return p;
}
