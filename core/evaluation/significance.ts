import { createRandom } from "./random.ts";

/** With 9,999 sign flips the smallest p-value is 1/10,000. */
export const defaultFlips = 9_999;

/**
 * Two-sided paired randomisation test: under the null hypothesis each user's difference could as well have had the other
 * sign. Returns (1 + #{|Σ flipped| ≥ |Σ observed|}) / (1 + flips) (Phipson & Smyth 2010: never 0). Not a Wilcoxon or sign
 * test, whose type-1 error is inflated at thousands of users (Ihemelandu & Ekstrand 2023).
 *
 * Users are taken eight at a time: the sums under all 256 sign patterns of a block are tabulated once, so that a flip of
 * n users costs n / 8 look-ups.
 */
export function randomisationTest(differences: Float64Array, seed: number, flips: number = defaultFlips): number {
  const blocks = Math.ceil(differences.length / 8);
  const signedSums = tabulateSigns(differences, blocks);
  let observed = 0;
  let magnitude = 0;
  for (const difference of differences) {
    observed += difference;
    magnitude += Math.abs(difference);
  }
  // A flip that equals the observation in exact arithmetic must count, whatever the order of additions did to its last bits.
  const threshold = Math.abs(observed) - magnitude * 1e-12;

  const random = createRandom(seed);
  let asExtreme = 0;
  for (let flip = 0; flip < flips; flip++) {
    let sum = 0;
    let bits = 0;
    for (let block = 0; block < blocks; block++) {
      bits = (block & 3) === 0 ? random.nextUint32() : bits >>> 8;
      sum += signedSums[(block << 8) | (bits & 255)]!;
    }
    if (Math.abs(sum) >= threshold) asExtreme++;
  }
  return (1 + asExtreme) / (1 + flips);
}

/** [blocks × 256]: the sum of eight differences, of which those whose bit is set count negative. */
function tabulateSigns(differences: Float64Array, blocks: number): Float64Array {
  const table = new Float64Array(blocks * 256);
  for (let block = 0; block < blocks; block++) {
    for (let pattern = 0; pattern < 256; pattern++) {
      let sum = 0;
      for (let bit = 0; bit < 8; bit++) {
        const difference = differences[block * 8 + bit] ?? 0;
        sum += (pattern >> bit) & 1 ? -difference : difference;
      }
      table[(block << 8) | pattern] = sum;
    }
  }
  return table;
}

/** Cohen's d_z: the mean of the paired differences over their standard deviation (n − 1). Null where that is 0 but the mean is not. */
export function cohensDz(differences: Float64Array): number | null {
  const n = differences.length;
  if (n < 2) return null;
  let mean = 0;
  for (const difference of differences) mean += difference / n;
  let squares = 0;
  for (const difference of differences) squares += (difference - mean) ** 2;
  const deviation = Math.sqrt(squares / (n - 1));
  if (deviation > 0) return mean / deviation;
  return mean === 0 ? 0 : null;
}

/** Holm's step-down correction (1979): controls the chance of even one false claim over the whole table. In the order given. */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((_, at) => at).sort((a, b) => pValues[a]! - pValues[b]!);
  const corrected = new Array<number>(pValues.length).fill(1);
  let largest = 0;
  order.forEach((at, rank) => {
    largest = Math.max(largest, Math.min(1, pValues[at]! * (pValues.length - rank)));
    corrected[at] = largest;
  });
  return corrected;
}
