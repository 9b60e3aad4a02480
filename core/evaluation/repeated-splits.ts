/** What repeated splits (folds, repeated hold-outs) say of a difference. */
export interface CorrectedTest {
  /** Mean difference over the splits. */
  readonly difference: number;
  readonly t: number;
  /** Two-sided; null where all differences are equal and not 0 (t is infinite and means nothing). */
  readonly pValue: number | null;
  readonly degreesOfFreedom: number;
}

/**
 * The corrected resampled t-test (Nadeau & Bengio 2003): t = mean ÷ √((1/J + n_test/n_train) · s²) with J − 1 degrees of freedom. The
 * training parts of repeated splits overlap, so their differences are not independent, and the plain paired t-test finds far
 * too much. `testShare` = n_test / n_train. Null for fewer than two splits.
 */
export function correctedResampledTest(differences: readonly number[], testShare: number): CorrectedTest | null {
  const splits = differences.length;
  if (splits < 2) return null;
  const difference = differences.reduce((sum, value) => sum + value, 0) / splits;
  const variance = differences.reduce((sum, value) => sum + (value - difference) ** 2, 0) / (splits - 1);
  const t = difference / Math.sqrt((1 / splits + testShare) * variance);
  const degreesOfFreedom = splits - 1;
  if (variance === 0) {
    return { difference, t: difference === 0 ? 0 : t, pValue: difference === 0 ? 1 : null, degreesOfFreedom };
  }
  return { difference, t, pValue: twoSidedT(t, degreesOfFreedom), degreesOfFreedom };
}

/** P(|T| ≥ |t|) for Student's t: I_x(ν/2, 1/2) at x = ν/(ν + t²). */
export function twoSidedT(t: number, degreesOfFreedom: number): number {
  const x = degreesOfFreedom / (degreesOfFreedom + t * t);
  return incompleteBeta(x, degreesOfFreedom / 2, 0.5);
}

/** The regularised incomplete beta function by Lentz's continued fraction (DLMF 8.17.22). */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a;
  const tiny = 1e-300;
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1), tiny);
  let fraction = d;
  for (let m = 1; m <= 300; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonZero(1 + even * d, tiny);
    c = nonZero(1 + even / c, tiny);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonZero(1 + odd * d, tiny);
    c = nonZero(1 + odd / c, tiny);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return front * fraction;
}

function nonZero(value: number, tiny: number): number {
  return Math.abs(value) < tiny ? tiny : value;
}

/** ln Γ for x > 0 (Lanczos, g = 7, n = 9: about 15 digits). */
function logGamma(x: number): number {
  const coefficients = [
    0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
    12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
  ];
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const z = x - 1;
  const t = z + 7.5;
  const sum = coefficients.reduce((total, value, at) => (at === 0 ? value : total + value / (z + at)), 0);
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum);
}
