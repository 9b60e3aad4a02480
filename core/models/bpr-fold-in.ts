import { choleskyInPlace, choleskySolveInPlace } from "../recommend/dense.ts";
import type { TrainingSet } from "./algorithm.ts";

/** Users that the map is learnt from: enough for k² numbers, and seconds at most. */
const mostUsers = 20_000;

/**
 * BPR has no closed form for somebody new. What training made of known people stands in for it: the linear map M for which
 * p_u ≈ M·|J|^-½ Σ_J q_j over the users of the training (least squares, a ridge of a thousandth of the mean diagonal).
 * Returns y = M q by item [items × k], of which a new person's vector is |J|^-½ Σ_J y_j.
 */
export function sumsToVectors(
  data: TrainingSet,
  userFactors: Float32Array,
  itemFactors: Float32Array,
  k: number,
): Float32Array {
  const system = new Float64Array(k * k);
  const right = new Float64Array(k * k);
  const sum = new Float64Array(k);
  const every = Math.max(1, Math.ceil(data.users / mostUsers));
  for (let u = 0; u < data.users; u += every) {
    if (!chosenSum(data, u, itemFactors, sum)) continue;
    for (let a = 0; a < k; a++) {
      const value = sum[a] ?? 0;
      for (let b = 0; b <= a; b++) system[a * k + b] = (system[a * k + b] ?? 0) + value * (sum[b] ?? 0);
      for (let f = 0; f < k; f++) {
        // One row for each factor of p: the right sides of k systems with the same matrix.
        right[f * k + a] = (right[f * k + a] ?? 0) + value * (userFactors[u * k + f] ?? 0);
      }
    }
  }
  let trace = 0;
  for (let a = 0; a < k; a++) trace += system[a * k + a] ?? 0;
  const ridge = Math.max((trace / k) * 1e-3, Number.MIN_VALUE);
  for (let a = 0; a < k; a++) system[a * k + a] = (system[a * k + a] ?? 0) + ridge;
  if (trace === 0) return new Float32Array(itemFactors.length);
  choleskyInPlace(system, k);
  for (let f = 0; f < k; f++) choleskySolveInPlace(system, k, right.subarray(f * k, (f + 1) * k));
  return mapped(itemFactors, right, k);
}

/** |J|^-½ Σ_J q_j of user `u` into `out`; false when they chose nothing. */
function chosenSum({ userStart, item }: TrainingSet, u: number, itemFactors: Float32Array, out: Float64Array): boolean {
  const [first, end] = [userStart[u] ?? 0, userStart[u + 1] ?? 0];
  if (first === end) return false;
  out.fill(0);
  const k = out.length;
  for (let n = first; n < end; n++) {
    const row = (item[n] ?? 0) * k;
    for (let f = 0; f < k; f++) out[f] = (out[f] ?? 0) + (itemFactors[row + f] ?? 0);
  }
  const scale = 1 / Math.sqrt(end - first);
  for (let f = 0; f < k; f++) out[f] = (out[f] ?? 0) * scale;
  return true;
}

/** rows · mapᵀ */
function mapped(rows: Float32Array, map: Float64Array, k: number): Float32Array {
  const out = new Float32Array(rows.length);
  for (let row = 0; row < rows.length; row += k) {
    for (let f = 0; f < k; f++) {
      let value = 0;
      for (let a = 0; a < k; a++) value += (map[f * k + a] ?? 0) * (rows[row + a] ?? 0);
      out[row + f] = value;
    }
  }
  return out;
}
