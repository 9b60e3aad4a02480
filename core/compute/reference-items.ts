import type { SparseRows } from "./reference.ts";

/** The kernels of assembly/sweep.ts, item-gram.ts, item-neighbours.ts and slim.ts in plain TypeScript: see reference.ts. */

/** Row after row. */
export type Square = number[][];

const entry = (a: Square, i: number, j: number): number => a[i]?.[j] ?? NaN;

/** Gauss-Jordan without exchanges: for what is positive definite, or its negative. */
function invert(a: Square): Square {
  const n = a.length;
  const work = a.map((row, i) => [...row, ...Array.from({ length: n }, (_, j) => (i === j ? 1 : 0))]);
  work.forEach((row, k) => {
    const pivot = row[k] ?? NaN;
    for (let j = 0; j < row.length; j++) row[j] = (row[j] ?? NaN) / pivot;
    work.forEach((other, i) => {
      const factor = other[k] ?? NaN;
      if (i !== k) for (let j = 0; j < row.length; j++) other[j] = (other[j] ?? NaN) - factor * (row[j] ?? NaN);
    });
  });
  return work.map((row) => row.slice(n));
}

/** The sweep of the rows and columns [from, from + width): A_KK ← −P, A_iK ← U = A_iK P, A_ij ← A_ij − U_i A_Kj, P = A_KK⁻¹. */
export function sweep(a: Square, from: number, width: number): Square {
  const own = (i: number): boolean => i >= from && i < from + width;
  const p = invert(a.slice(from, from + width).map((row) => row.slice(from, from + width)));
  // A_·K; P and A are symmetric, so that all sums run along rows.
  const across = a.map((_, j) => p.map((__, k) => entry(a, from + k, j)));
  const scaled = across.map((row) => p.map((column) => dot(row, column)));
  return a.map((row, i) =>
    row.map((value, j) => {
      if (own(i)) return own(j) ? -entry(p, i - from, j - from) : entry(scaled, j, i - from);
      return own(j) ? entry(scaled, i, j - from) : value - dot(scaled[i] ?? [], across[j] ?? []);
    }),
  );
}

function dot(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += (a[k] ?? NaN) * (b[k] ?? NaN);
  return sum;
}

/** XᵀX of X [users × items]. */
export function gramian(x: SparseRows, items: number): Square {
  const sums = Array.from({ length: items }, () => new Array<number>(items).fill(0));
  for (let u = 0; u + 1 < x.start.length; u++) {
    const entries = Array.from(x.columns.subarray(x.start[u], x.start[u + 1]), (item, n) => ({
      item,
      value: x.values[(x.start[u] ?? 0) + n] ?? NaN,
    }));
    for (const a of entries) {
      const row = sums[a.item];
      if (row !== undefined) for (const b of entries) row[b.item] = (row[b.item] ?? 0) + a.value * b.value;
    }
  }
  return sums;
}

/** Of item i the `keep` most similar others, G_ij / (left_i right_j + shrinkage) > 0, of equal ones those that come first. */
export function itemNeighbours(
  gram: Square,
  i: number,
  { left, right, shrinkage, keep }: { left: Float64Array; right: Float64Array; shrinkage: number; keep: number },
): { readonly item: number; readonly weight: number }[] {
  return gram
    .map((_, j) => ({ item: j, weight: entry(gram, i, j) / ((left[i] ?? NaN) * (right[j] ?? NaN) + shrinkage) }))
    .filter(({ item, weight }) => item !== i && weight > 0)
    .toSorted((a, b) => b.weight - a.weight || a.item - b.item)
    .slice(0, keep);
}

/** The w with w_i = 0 (≥ 0 where `positive`) that minimises ½ wᵀGw − G_i·w + l1‖w‖₁ + ½ l2‖w‖²: coordinate descent until nothing moves. */
export function slimItem(
  gram: Square,
  i: number,
  { l1, l2, positive }: { readonly l1: number; readonly l2: number; readonly positive: boolean },
): number[] {
  const w = gram.map(() => 0);
  for (let pass = 0, moved = Infinity; moved > 1e-12 && pass < 10_000; pass++) {
    moved = 0;
    for (let j = 0; j < w.length; j++) {
      const before = w[j] ?? 0;
      const curvature = entry(gram, j, j) + l2;
      if (j === i || curvature === 0) continue;
      const others = dot(w, gram[j] ?? []) - before * entry(gram, j, j);
      const slope = entry(gram, i, j) - others;
      const shrunk = Math.sign(slope) * Math.max(0, Math.abs(slope) - l1);
      const after = positive ? Math.max(0, shrunk / curvature) : shrunk / curvature;
      w[j] = after;
      moved = Math.max(moved, Math.abs(after - before));
    }
  }
  return w;
}
