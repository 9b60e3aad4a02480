import type { FoldIn, FactorModel } from "../models/servable.ts";
import { choleskySolveInPlace } from "./dense.ts";
import { itemGramian } from "./item-gramian.ts";
import { foldByParts } from "./stacked-fold-in.ts";
import { foldNonNegative } from "./non-negative.ts";
import { addOuterProducts, choleskyInPlace } from "./normal-equations.ts";
import type { FactorVector, FoldedRatings, GivenRating } from "./user-vector.ts";

type ImplicitFoldIn = Extract<FoldIn, { readonly kind: "implicit" }>;

/** Folds ratings, as `settle` leaves them, into a vector of factors, as the model's `foldIn` says (`core/models/servable.ts`). */
export function foldRatings(model: FactorModel, ratings: readonly GivenRating[]): FoldedRatings<FactorVector> {
  const { foldIn } = model;
  if (ratings.length === 0) return nothing(model, ratings);
  if (foldIn.kind === "stacked") return foldByParts(model, foldIn, ratings, foldRatings);
  switch (foldIn.kind) {
    case "none":
      return nothing(model, ratings);
    case "ridge":
      return ridge(
        model,
        ratings,
        ratings.length * foldIn.regularization + (foldIn.shrinkage ?? 0),
        ratings.length * foldIn.biasRegularization + (foldIn.biasShrinkage ?? 0),
      );
    case "non-negative":
      return foldNonNegative(model, ratings, foldIn.regularization);
    case "projection":
      return projection(model, ratings, foldIn.center);
    case "implicit-sum":
      return implicitSum(model, ratings, foldIn.positiveFrom);
    case "implicit":
      return implicit(model, ratings, foldIn);
  }
}

function nothing(model: FactorModel, ratings: readonly GivenRating[]): FoldedRatings<FactorVector> {
  return { ratings, vector: blankVector(model), contributions: () => new Float64Array(ratings.length) };
}

/** A person of whom nothing is known. */
export function blankVector(model: FactorModel): FactorVector {
  return { form: "factors", bias: 0, factors: new Float64Array(model.factors) };
}

/**
 * The ridge solve with the bias as one more factor whose item side is 1: with z_j = (1, q_j), e_j = r_j − μ − b_j and
 * A = Σ z_j z_jᵀ + diag(c, d, …, d), c = nλ_b + its shrinkage, d = nλ + shrinkage, the vector is x = A⁻¹ Σ z_j e_j. An item's score is therefore
 * μ + b_i + z_iᵀx = μ + b_i + Σ_j (z_iᵀ A⁻¹ z_j)·e_j: linear in the ratings, each with a share of its own.
 *
 * A model with implicit factors adds o = c Σ_j y_j, c = |J|^-½, to the vector, and what is solved for fits e_j − o·q_j. With
 * w = A⁻¹ z_i and g = q_i − Σ_j (w·z_j) q_j the share of rating j is then (w·z_j)·e_j + c (y_j·g).
 */
function ridge(
  model: FactorModel,
  ratings: readonly GivenRating[],
  factorPenalty: number,
  biasPenalty: number,
): FoldedRatings<FactorVector> {
  const n = model.factors + 1;
  const system = new Float64Array(n * n);
  const x = new Float64Array(n);
  const residuals = Float64Array.from(ratings, ({ i, rating }) => rating - model.globalMean - model.itemBias[i]!);
  const all = new Float64Array(ratings.length * n);
  const rows = ratings.map(({ i }, j) => {
    const row = all.subarray(j * n, (j + 1) * n);
    row[0] = 1;
    row.set(model.itemFactors.subarray(i * model.factors, (i + 1) * model.factors), 1);
    return row;
  });
  const offset = implicitOffset(model, ratings);

  addOuterProducts(system, n, all, rows.length);
  rows.forEach((z, j) => {
    const residual = residuals[j]! - (offset === null ? 0 : innerProduct(offset.sum, z.subarray(1)));
    for (let a = 0; a < n; a++) x[a]! += z[a]! * residual;
  });
  const floor = smallestPenalty(system, n);
  system[0]! += Math.max(biasPenalty, floor);
  for (let a = 1; a < n; a++) system[a * n + a]! += Math.max(factorPenalty, floor);
  choleskyInPlace(system, n);
  choleskySolveInPlace(system, n, x);

  return {
    ratings,
    vector: { form: "factors", bias: x[0]!, factors: x.slice(1).map((value, f) => value + (offset?.sum[f] ?? 0)) },
    contributions: (i) => {
      const weights = extendedItem(model, i);
      choleskySolveInPlace(system, n, weights);
      const shares = Float64Array.from(rows, (z) => innerProduct(weights, z));
      if (offset === null) return shares.map((share, j) => share * residuals[j]!);
      const unfitted = itemRow(model, i);
      rows.forEach((z, j) => {
        for (let f = 0; f < model.factors; f++) unfitted[f]! -= shares[j]! * z[f + 1]!;
      });
      return shares.map((share, j) => share * residuals[j]! + innerProduct(offset.shares[j]!, unfitted));
    },
  };
}

/** Each given item's |J|^-½ y_j, and their sum; null for a model without implicit factors. */
function implicitOffset(
  model: FactorModel,
  ratings: readonly GivenRating[],
): { readonly sum: Float64Array; readonly shares: readonly Float64Array[] } | null {
  const { implicitFactors, factors: k } = model;
  if (implicitFactors === undefined) return null;
  const scale = 1 / Math.sqrt(ratings.length);
  const shares = ratings.map(({ i }) =>
    Float64Array.from(implicitFactors.subarray(i * k, (i + 1) * k), (value) => value * scale),
  );
  const sum = new Float64Array(k);
  for (const share of shares) for (let f = 0; f < k; f++) sum[f]! += share[f]!;
  return { sum, shares };
}

/**
 * Without regularization and with fewer ratings than factors the system is singular. A ridge too small to be seen in any
 * score picks, of all exact solutions, nearly the one of smallest norm.
 */
function smallestPenalty(system: Float64Array, n: number): number {
  let largest = 0;
  for (let a = 0; a < n; a++) largest = Math.max(largest, system[a * n + a]!);
  return largest * 1e-9;
}

/** p = Σ (r_j − center)·q_j, so the share of rating j in item i's score is (r_j − center)·(q_j · q_i). */
function projection(model: FactorModel, ratings: readonly GivenRating[], center: number): FoldedRatings<FactorVector> {
  const k = model.factors;
  const factors = new Float64Array(k);
  for (const { i, rating } of ratings) {
    for (let f = 0; f < k; f++) factors[f]! += (rating - center) * model.itemFactors[i * k + f]!;
  }
  return {
    ratings,
    vector: { form: "factors", bias: 0, factors },
    contributions: (i) => {
      const target = itemRow(model, i);
      return Float64Array.from(
        ratings,
        (given) => (given.rating - center) * innerProduct(target, itemRow(model, given.i)),
      );
    },
  };
}

/**
 * The row solve of iALS: with J the ratings that count and A = α₀ QᵀQ + Σ_J q_j q_jᵀ + λ (|J| + α₀·items)^ν I, the vector is
 * x = A⁻¹ Σ_J q_j, and an item's score q_iᵀx = Σ_J q_iᵀA⁻¹q_j: each rating in J has a share of its own, the others none.
 */
function implicit(
  model: FactorModel,
  ratings: readonly GivenRating[],
  foldIn: ImplicitFoldIn,
): FoldedRatings<FactorVector> {
  const k = model.factors;
  const { unobservedWeight, regularization, frequencyExponent, items, positiveFrom } = foldIn;
  const rows = ratings.map(({ i, rating }) => (rating >= positiveFrom ? itemRow(model, i) : null));
  const count = rows.filter((row) => row !== null).length;
  if (count === 0) return nothing(model, ratings);
  const system = itemGramian(model).map((value) => unobservedWeight * value);
  const factors = new Float64Array(k);
  const counted = new Float64Array(count * k);
  let filled = 0;
  for (const row of rows) {
    if (row === null) continue;
    for (let a = 0; a < k; a++) factors[a]! += row[a]!;
    counted.set(row, k * filled++);
  }
  addOuterProducts(system, k, counted, count);
  const penalty = regularization * (count + unobservedWeight * items) ** frequencyExponent;
  for (let a = 0; a < k; a++) system[a * k + a]! += penalty;
  choleskyInPlace(system, k);
  choleskySolveInPlace(system, k, factors);

  return {
    ratings,
    vector: { form: "factors", bias: 0, factors },
    contributions: (i) => {
      const weights = itemRow(model, i);
      choleskySolveInPlace(system, k, weights);
      return Float64Array.from(rows, (row) => (row === null ? 0 : innerProduct(weights, row)));
    },
  };
}

/** p = |J|^-½ Σ_J y_j: the share of an item in J in item i's score is |J|^-½ (y_j · q_i). */
function implicitSum(
  model: FactorModel,
  ratings: readonly GivenRating[],
  positiveFrom: number,
): FoldedRatings<FactorVector> {
  const offset = implicitOffset(
    model,
    ratings.filter(({ rating }) => rating >= positiveFrom),
  );
  if (offset === null || offset.shares.length === 0) return nothing(model, ratings);
  const shares = [...offset.shares];
  const shareOf = ratings.map(({ rating }) => (rating >= positiveFrom ? (shares.shift() ?? null) : null));
  return {
    ratings,
    vector: { form: "factors", bias: 0, factors: offset.sum },
    contributions: (i) => {
      const target = itemRow(model, i);
      return Float64Array.from(shareOf, (share) => (share === null ? 0 : innerProduct(share, target)));
    },
  };
}

function itemRow(model: FactorModel, i: number): Float64Array {
  return Float64Array.from(model.itemFactors.subarray(i * model.factors, (i + 1) * model.factors));
}

/** z = (1, q_i) */
function extendedItem(model: FactorModel, i: number): Float64Array {
  const z = new Float64Array(model.factors + 1);
  z[0] = 1;
  z.set(model.itemFactors.subarray(i * model.factors, (i + 1) * model.factors), 1);
  return z;
}

function innerProduct(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let f = 0; f < a.length; f++) sum += a[f]! * b[f]!;
  return sum;
}
