/** The kernel of assembly/ials.ts in plain TypeScript: see reference.ts. */

export interface AlternatingEntry {
  readonly factors: readonly number[];
  readonly target: number;
  readonly weight: number;
}

export interface AlternatingRow {
  readonly x: readonly number[];
  readonly loss: number;
}

/** The x (`positive`: ≥ 0) that minimises Σ w² (t − x·y)² + Σ d x²: one coordinate after the other until none moves. */
export function ialsRow(
  entries: readonly AlternatingEntry[],
  diagonal: readonly number[],
  positive: boolean,
): AlternatingRow {
  const x = diagonal.map(() => 0);
  if (entries.length === 0) return { x, loss: 0 };
  const errors = entries.map(({ target }) => target);
  const curvature = diagonal.map((d, f) =>
    entries.reduce((sum, { factors, weight }) => sum + (weight * (factors[f] ?? NaN)) ** 2, d),
  );
  for (let pass = 0, moved = Infinity; moved > 1e-12 && pass < 20_000; pass++) {
    moved = 0;
    diagonal.forEach((d, f) => {
      const own = x[f] ?? NaN;
      const slope = entries.reduce(
        (sum, { factors, weight }, n) => sum + weight ** 2 * (errors[n] ?? NaN) * (factors[f] ?? NaN),
        -d * own,
      );
      const next = own + slope / (curvature[f] ?? NaN);
      const step = (positive ? Math.max(0, next) : next) - own;
      x[f] = own + step;
      entries.forEach(({ factors }, n) => (errors[n] = (errors[n] ?? NaN) - step * (factors[f] ?? NaN)));
      moved = Math.max(moved, Math.abs(step));
    });
  }
  const rest = entries.reduce((sum, { weight }, n) => sum + (weight * (errors[n] ?? NaN)) ** 2, 0);
  return { x, loss: diagonal.reduce((sum, d, f) => sum + d * (x[f] ?? NaN) ** 2, rest) };
}
