/** The kernels of assembly/gaussian.ts and gibbs.ts in plain TypeScript, as their formulas read: see reference.ts. */

const word = (value: bigint): bigint => BigInt.asUintN(64, value);
const golden = 0x9e3779b97f4a7c15n;

/** SplitMix64's finaliser. */
function mix(counter: bigint): bigint {
  let z = word(counter);
  z = word((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
  z = word((z ^ (z >> 27n)) * 0x94d049bb133111ebn);
  return z ^ (z >> 31n);
}

/** Whose random numbers: a seed, a stream, a sweep and a row, 32 bits each. */
export type Place = readonly [seed: number, stream: number, sweep: number, row: number];

function keyOf([seed, stream, sweep, row]: Place): bigint {
  const place = mix(((BigInt(stream) << 32n) | BigInt(seed)) + golden);
  return mix(mix(place + golden * (BigInt(sweep) + 1n)) + golden * (BigInt(row) + 1n));
}

export const naturalLog = (x: number): number => Math.log(x);

/** In −1 … 1, never on its ends or zero: the odd multiples of 2⁻³². */
const symmetric = (bits: bigint): number => (2 * Number(bits) + 1) / 2 ** 32 - 1;

/** Pairs of standard normal numbers by Marsaglia's polar method over a counter. */
function* normalPairs(key: bigint): Generator<readonly [number, number], never> {
  for (let counter = key + golden; ; counter += golden) {
    const bits = mix(counter);
    const [x, y] = [symmetric(bits >> 32n), symmetric(bits & 0xffffffffn)];
    const s = x * x + y * y;
    if (s < 1) yield [x * Math.sqrt((-2 * Math.log(s)) / s), y * Math.sqrt((-2 * Math.log(s)) / s)];
  }
}

export function normals(count: number, place: Place): number[] {
  const pairs = normalPairs(keyOf(place));
  return Array.from({ length: Math.ceil(count / 2) }, () => pairs.next().value)
    .flat()
    .slice(0, count);
}

/** Marsaglia and Tsang (2000), shape ≥ 1. */
export function standardGamma(shape: number, place: Place): number {
  const d = shape - 1 / 3;
  for (let attempt = 1n; ; attempt++) {
    const own = mix(keyOf(place) ^ word(golden * attempt));
    const uniform = (Number(mix(own + golden) >> 11n) + 0.5) / 2 ** 53;
    const normal = normalPairs(own + golden).next().value[0];
    const root = 1 + normal / Math.sqrt(9 * d);
    const v = root ** 3;
    if (root > 0 && Math.log(uniform) < 0.5 * normal ** 2 + d * (1 - v + Math.log(v))) return d * v;
  }
}

export function uniformIndices(count: number, limit: number, seed: number, stream: number): number[] {
  const key = keyOf([seed, stream, 0, 0]);
  return Array.from({ length: count }, (_, n) =>
    Number(((mix(key + golden * (BigInt(n) + 1n)) >> 32n) * BigInt(limit)) >> 32n),
  );
}

/** A row of factors and its bias. */
export interface FactorRow {
  readonly factors: readonly number[];
  readonly bias: number;
}

export interface GibbsEntry {
  readonly rating: number;
  readonly a: FactorRow;
  /** Of a third mode. */
  readonly b: FactorRow | null;
  /** √w of `a`, 1 where ratings are all alike. */
  readonly root: number;
}

export interface GibbsPrior {
  readonly intercept: number;
  /** Precision of the row's noise. */
  readonly alpha: number;
  /** Of the factors, then of the bias. */
  readonly lambda: readonly number[];
  readonly mean: readonly number[];
}

export interface GibbsRow {
  /** Factors, then the bias. */
  readonly drawn: readonly number[];
  readonly mean: readonly number[];
  /** Σ w e² and Σ w e with what was drawn. */
  readonly squares: number;
  readonly residuals: number;
}

/** A row drawn from N(A⁻¹b, A⁻¹/α): A = ZᵀZ + diag(λ)/α = LLᵀ, b = Zᵀt + λm/α, L⁻ᵀ(L⁻¹b + ξ/√α). */
export function gibbsRow(entries: readonly GibbsEntry[], prior: GibbsPrior, place: Place): GibbsRow {
  const { intercept, alpha, lambda, mean } = prior;
  const noise = normals(lambda.length, place);
  if (entries.length === 0) {
    const drawn = mean.map((value, f) => value + (noise[f] ?? NaN) / Math.sqrt(lambda[f] ?? NaN));
    return { drawn, mean, squares: 0, residuals: 0 };
  }
  const rows = entries.map(({ rating, a, b, root }) => {
    const product = b === null ? 0 : a.factors.reduce((sum, value, f) => sum + value * (b.factors[f] ?? NaN), 0);
    return {
      z: [...a.factors.map((value, f) => root * (value + (b?.factors[f] ?? 0))), root],
      t: root * (rating - intercept - a.bias - (b?.bias ?? 0) - product),
      root,
    };
  });
  const ridge = lambda.map((value) => value / alpha);
  const system = lambda.map((_, i) =>
    lambda.map((__, j) =>
      rows.reduce((sum, { z }) => sum + (z[i] ?? NaN) * (z[j] ?? NaN), i === j ? (ridge[i] ?? NaN) : 0),
    ),
  );
  const right = lambda.map((_, i) =>
    rows.reduce((sum, { z, t }) => sum + t * (z[i] ?? NaN), (ridge[i] ?? NaN) * (mean[i] ?? NaN)),
  );
  const factor = lowerFactor(system);
  const whitened = forward(factor, right);
  const drawn = backward(
    factor,
    whitened.map((value, f) => value + (noise[f] ?? NaN) / Math.sqrt(alpha)),
  );
  const errors = rows.map(({ z, t, root }) => ({
    root,
    e: t - z.reduce((sum, value, f) => sum + value * (drawn[f] ?? NaN), 0),
  }));
  return {
    drawn,
    mean: backward(factor, whitened),
    squares: errors.reduce((sum, { e }) => sum + e * e, 0),
    residuals: errors.reduce((sum, { e, root }) => sum + root * e, 0),
  };
}

/** L, LLᵀ the matrix. */
function lowerFactor(matrix: readonly (readonly number[])[]): number[][] {
  const factor: number[][] = [];
  matrix.forEach((row, i) => {
    const own: number[] = [];
    for (let j = 0; j <= i; j++) {
      const other = j === i ? own : (factor[j] ?? []);
      const rest = own.reduce((sum, value, t) => (t < j ? sum - value * (other[t] ?? NaN) : sum), row[j] ?? NaN);
      own.push(j === i ? Math.sqrt(rest) : rest / (other[j] ?? NaN));
    }
    factor.push(own);
  });
  return factor;
}

function forward(factor: readonly (readonly number[])[], right: readonly number[]): number[] {
  const y: number[] = [];
  factor.forEach((row, i) => {
    const rest = y.reduce((sum, value, t) => sum - (row[t] ?? NaN) * value, right[i] ?? NaN);
    y.push(rest / (row[i] ?? NaN));
  });
  return y;
}

function backward(factor: readonly (readonly number[])[], right: readonly number[]): number[] {
  const x = [...right];
  for (let i = x.length - 1; i >= 0; i--) {
    for (let t = i + 1; t < x.length; t++) x[i] = (x[i] ?? NaN) - (factor[t]?.[i] ?? NaN) * (x[t] ?? NaN);
    x[i] = (x[i] ?? NaN) / (factor[i]?.[i] ?? NaN);
  }
  return x;
}

/**
 * The weight of one feature in one column, drawn from its conditional given what the rows that have it differ from their prior
 * means by, Σ x (p − m) and Σ x²: N((λ (Σ x (p − m) + old Σ x²)) / π, 1/π), π = λ_B + λ Σ x².
 */
export function gibbsWeight(
  { pull, squares, old }: { readonly pull: number; readonly squares: number; readonly old: number },
  { lambda, own }: { readonly lambda: number; readonly own: number },
  normal: number,
): number {
  const precision = own + lambda * squares;
  return (lambda * (pull + old * squares)) / precision + normal / Math.sqrt(precision);
}
