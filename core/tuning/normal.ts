/** The normal distribution to double precision, also far in its tails. */

/** erfc(x) · exp(x²), for x ≥ 0: W. J. Cody 1969, "Rational Chebyshev approximations for the error function". */
function scaledComplement(x: number): number {
  if (x <= 0.46875) return (1 - errorNear0(x)) * Math.exp(x * x);
  if (x <= 4) {
    return ratio(
      x,
      [
        5.64188496988670089e-1, 8.88314979438837594, 66.1191906371416295, 298.635138197400131, 881.95222124176909,
        1712.04761263407058, 2051.07837782607147, 1230.33935479799725,
      ],
      [
        15.7449261107098347, 117.693950891312499, 537.181101862009858, 1621.38957456669019, 3290.79923573345963,
        4362.61909014324716, 3439.36767414372164, 1230.33935480374942,
      ],
      2.15311535474403846e-8,
    );
  }
  const y = 1 / (x * x);
  const numerator =
    ((((1.63153871373020978e-2 * y + 3.05326634961232344e-1) * y + 3.60344899949804439e-1) * y +
      1.25781726111229246e-1) *
      y +
      1.60837851487422766e-2) *
      y +
    6.58749161529837803e-4;
  const denominator =
    ((((y + 2.56852019228982242) * y + 1.87295284992346047) * y + 5.27905102951428412e-1) * y +
      6.05183413124413191e-2) *
      y +
    2.33520497626869185e-3;
  return (1 / Math.sqrt(Math.PI) - (y * numerator) / denominator) / x;
}

function ratio(x: number, numerators: readonly number[], denominators: readonly number[], leading: number): number {
  let top = leading;
  let bottom = 1;
  for (const [at, coefficient] of numerators.entries()) {
    top = top * x + coefficient;
    bottom = bottom * x + (denominators[at] ?? 0);
  }
  return top / bottom;
}

function errorNear0(x: number): number {
  const y = x * x;
  const numerator =
    (((1.85777706184603153e-1 * y + 3.1611237438705656) * y + 113.864154151050156) * y + 377.485237685302021) * y +
    3209.37758913846947;
  const denominator =
    (((y + 23.6012909523441209) * y + 244.024637934444173) * y + 1282.61652607737228) * y + 2844.23683343917062;
  return (x * numerator) / denominator;
}

/** ln P(Z > z) of a standard normal Z. */
export function logUpperTail(z: number): number {
  const x = z / Math.SQRT2;
  if (x >= 0) return Math.log(scaledComplement(x) / 2) - x * x;
  return Math.log1p(-0.5 * scaledComplement(-x) * Math.exp(-x * x));
}

/** P(Z ≤ z). */
export function normalCdf(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const tail = 0.5 * scaledComplement(x) * Math.exp(-x * x);
  return z > 0 ? 1 - tail : tail;
}

/** ln P(a < Z ≤ b), a ≤ b, without cancellation in either tail. */
export function logMass(a: number, b: number): number {
  // The mass right of 0 as the mirrored mass left of it: differences are taken between small numbers only.
  if (b <= 0) return logMass(-b, -a);
  if (a <= 0) return Math.log(normalCdf(b) - normalCdf(a));
  const upper = logUpperTail(a);
  return upper + Math.log1p(-Math.exp(Math.min(0, logUpperTail(b) - upper)));
}

/** z with P(Z ≤ z) = p: M. Wichura 1988, algorithm AS 241 (PPND16). */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (
      (q *
        horner(
          r,
          [
            2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
            13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.387132872796366608,
          ],
        )) /
      horner(
        r,
        [
          5226.495278852545925, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867,
          5394.1960214247511077, 687.1870074920579083, 42.313330701600911252, 1,
        ],
      )
    );
  }
  const tail = q < 0 ? p : 1 - p;
  if (tail <= 0) return q < 0 ? -Infinity : Infinity;
  const root = Math.sqrt(-Math.log(tail));
  const z =
    root <= 5
      ? horner(
          root - 1.6,
          [
            7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177, 1.27045825245236838258,
            3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959, 1.42343711074968357734,
          ],
        ) /
        horner(
          root - 1.6,
          [
            1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966, 0.14810397642748007459,
            0.68976733498510000455, 1.6763848301838038494, 2.05319162663775882187, 1,
          ],
        )
      : horner(
          root - 5,
          [
            2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.0012426609473880784386, 0.026532189526576123093,
            0.29656057182850489123, 1.7848265399172913358, 5.4637849111641143699, 6.6579046435011037772,
          ],
        ) /
        horner(
          root - 5,
          [
            2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5, 7.868691311456132591e-4,
            0.0148753612908506148525, 0.13692988092273580531, 0.59983220655588793769, 1,
          ],
        );
  return q < 0 ? -z : z;
}

/** Coefficients from the highest power down. */
function horner(x: number, coefficients: readonly number[]): number {
  return coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
}
