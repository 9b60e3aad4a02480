/** The normal distribution to double precision, also far in its tails. */

/** erfc(x) · exp(x²), for x ≥ 0: W. J. Cody 1969, "Rational Chebyshev approximations for the error function". */
function scaledComplement(x: number): number {
  if (x <= 0.46875) return (1 - errorNear0(x)) * Math.exp(x * x);
  if (x <= 4) {
    return ratio(
      x,
      [
        0.5641884969886701, 8.883149794388377, 66.11919063714163, 298.6351381974001, 881.952221241769,
        1712.0476126340707, 2051.0783778260716, 1230.3393547979972,
      ],
      [
        15.744926110709835, 117.6939508913125, 537.1811018620099, 1621.3895745666903, 3290.7992357334597,
        4362.619090143247, 3439.3676741437216, 1230.3393548037495,
      ],
      2.1531153547440383e-8,
    );
  }
  const y = 1 / (x * x);
  const numerator =
    ((((0.016315387137302097 * y + 0.30532663496123236) * y + 0.36034489994980445) * y + 0.12578172611122926) * y +
      0.016083785148742275) *
      y +
    0.0006587491615298378;
  const denominator =
    ((((y + 2.568520192289822) * y + 1.8729528499234604) * y + 0.5279051029514285) * y + 0.06051834131244132) * y +
    0.0023352049762686918;
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
    (((0.18577770618460315 * y + 3.1611237438705655) * y + 113.86415415105016) * y + 377.485237685302) * y +
    3209.3775891384694;
  const denominator =
    (((y + 23.601290952344122) * y + 244.02463793444417) * y + 1282.6165260773723) * y + 2844.236833439171;
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
            2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946,
            1971.5909503065513, 133.14166789178438, 3.3871328727963665,
          ],
        )) /
      horner(
        r,
        [
          5226.495278852546, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751,
          687.1870074920579, 42.31333070160091, 1,
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
            0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684, 3.6478483247632045,
            5.769497221460691, 4.630337846156546, 1.4234371107496835,
          ],
        ) /
        horner(
          root - 1.6,
          [
            1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008, 0.6897673349851,
            1.6763848301838038, 2.053191626637759, 1,
          ],
        )
      : horner(
          root - 5,
          [
            2.0103343992922881e-7, 0.000027115555687434876, 0.0012426609473880784, 0.026532189526576124,
            0.29656057182850487, 1.7848265399172913, 5.463784911164114, 6.657904643501103,
          ],
        ) /
        horner(
          root - 5,
          [
            2.0442631033899397e-15, 1.421511758316446e-7, 0.000018463183175100548, 0.0007868691311456133,
            0.014875361290850615, 0.1369298809227358, 0.599832206555888, 1,
          ],
        );
  return q < 0 ? -z : z;
}

/** Coefficients from the highest power down. */
function horner(x: number, coefficients: readonly number[]): number {
  return coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
}
