import { createRandom } from "../random.ts";

/** The smallest p-value is 1 / (flips + 1); the more users, the dearer a flip. */
export function flipsFor(users: number): number {
  return users <= 2_000 ? 99_999 : 19_999;
}

/**
 * Two-sided paired randomisation test: under the null hypothesis each user's difference could as well have had the other
 * sign. Returns (1 + #{|Σ flipped| ≥ |Σ observed|}) / (1 + flips) (Phipson & Smyth 2010: never 0). Not a Wilcoxon or sign
 * test, whose type-1 error is inflated at thousands of users (Ihemelandu & Ekstrand 2023).
 */
export function randomisationTest(
  differences: Float64Array,
  seed: number,
  flips: number = flipsFor(differences.length),
): number {
  const [sums = new Float64Array()] = flippedSums([differences], seed, flips);
  return shareAsExtreme(differences, sums);
}

function shareAsExtreme(differences: Float64Array, sums: Float64Array): number {
  let observed = 0;
  let magnitude = 0;
  for (const difference of differences) {
    observed += difference;
    magnitude += Math.abs(difference);
  }
  // A flip that equals the observation in exact arithmetic must count, whatever the order of additions did to its last bits.
  const threshold = Math.abs(observed) - magnitude * 1e-12;
  let asExtreme = 0;
  for (const sum of sums) if (Math.abs(sum) >= threshold) asExtreme++;
  return (1 + asExtreme) / (1 + sums.length);
}

/** `randomisationTest` of each of the comparisons, and `maxT` of all, by the same flips, which are made once. */
export function randomisationTests(
  comparisons: readonly Float64Array[],
  seed: number,
  flips: number = flipsFor(comparisons[0]?.length ?? 0),
): { readonly single: number[]; readonly joint: number[] } {
  const sums = flippedSums(comparisons, seed, flips);
  return {
    single: comparisons.map((differences, at) => shareAsExtreme(differences, sums[at] ?? new Float64Array())),
    joint: jointly(comparisons, sums, flips),
  };
}

/**
 * Westfall & Young's single-step max-T correction by the same sign flips for all comparisons: p_c is the share of flips whose
 * largest standardised sum over all comparisons reaches |t_c|. Like Holm's it controls the chance of even one false claim, but it
 * knows how strongly the comparisons hang together (NDCG and recall of one model rise and fall with the same users), so it is
 * sharper. `comparisons`: [users] differences each, by the same rows; in the order given.
 */
export function maxT(
  comparisons: readonly Float64Array[],
  seed: number,
  flips: number = flipsFor(comparisons[0]?.length ?? 0),
): number[] {
  return jointly(comparisons, flippedSums(comparisons, seed, flips), flips);
}

function jointly(comparisons: readonly Float64Array[], sums: readonly Float64Array[], flips: number): number[] {
  const largest = new Float64Array(flips);
  const observed = comparisons.map((differences, at) => {
    const scale = standardScale(differences);
    const own = sums[at]!;
    for (let flip = 0; flip < flips; flip++) largest[flip] = Math.max(largest[flip]!, Math.abs(own[flip]!) * scale);
    return Math.abs(differences.reduce((sum, difference) => sum + difference, 0)) * scale;
  });
  return observed.map((statistic) => {
    // What equals the observation in exact arithmetic must count, as in `randomisationTest`.
    const threshold = statistic * (1 - 1e-11) - 1e-12;
    let asExtreme = 0;
    for (const value of largest) if (value >= threshold) asExtreme++;
    return (1 + asExtreme) / (1 + flips);
  });
}

/** 1 ÷ the standard deviation of the sum under random signs; 0 where nobody differs. */
function standardScale(differences: Float64Array): number {
  let squares = 0;
  for (const difference of differences) squares += difference * difference;
  return squares === 0 ? 0 : 1 / Math.sqrt(squares);
}

const patterns = 256;

/**
 * For each comparison, [flips] sums of its differences under random signs, the same signs for all. Users are taken 32 at a time, one random
 * word a flip: the sums under the 256 sign patterns of eight users are tabulated, so that a word costs four look-ups in tables that stay in
 * the cache.
 */
function flippedSums(comparisons: readonly Float64Array[], seed: number, flips: number): Float64Array[] {
  const random = createRandom(seed);
  const sums = comparisons.map(() => new Float64Array(flips));
  const words = new Uint32Array(flips);
  const signed = new Float64Array(4 * patterns);
  for (let from = 0; from < (comparisons[0]?.length ?? 0); from += 32) {
    for (let flip = 0; flip < flips; flip++) words[flip] = random.uint32();
    comparisons.forEach((differences, at) => {
      for (let eight = 0; eight < 4; eight++)
        tabulateSigns(differences, from + 8 * eight, signed.subarray(patterns * eight, patterns * (eight + 1)));
      addSigned(signed, words, sums[at]!);
    });
  }
  return sums;
}

/** A word's four bytes are the sign patterns of eight users each. */
function addSigned(table: Float64Array, words: Uint32Array, sums: Float64Array): void {
  for (let flip = 0; flip < words.length; flip++) {
    const bits = words[flip]!;
    sums[flip]! +=
      table[bits & 255]! +
      table[256 | ((bits >>> 8) & 255)]! +
      table[512 | ((bits >>> 16) & 255)]! +
      table[768 | (bits >>> 24)]!;
  }
}

/** [256]: the sum of the eight differences at `from`, of which those whose bit is set count negative. */
function tabulateSigns(differences: Float64Array, from: number, table: Float64Array): void {
  for (let pattern = 0; pattern < 256; pattern++) {
    let sum = 0;
    for (let bit = 0; bit < 8; bit++) {
      const difference = differences[from + bit] ?? 0;
      sum += (pattern >> bit) & 1 ? -difference : difference;
    }
    table[pattern] = sum;
  }
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
