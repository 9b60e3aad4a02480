/** Kernels of Gibbs sampling (`assembly/gibbs.ts`, `gaussian.ts`, `small.ts`, where each is described). */
export interface GibbsKernels {
  normals(out: number, count: number, seed: number, stream: number, sweep: number, row: number): void;
  naturalLog(x: number): number;
  standardGamma(shape: number, seed: number, stream: number, sweep: number, row: number): number;
  uniformIndices(out: number, count: number, limit: number, seed: number, stream: number): void;
  gibbsRows(
    rowStart: number,
    first: number,
    second: number,
    ratings: number,
    from: number,
    to: number,
    sourceA: number,
    sourceB: number,
    target: number,
    prior: number,
    mean: number,
    width: number,
    factors: number,
    state: number,
    seed: number,
    stream: number,
    flags: number,
    slots: number,
    scratch: number,
    scratchBytes: number,
    sums: number,
    roots: number,
    own: number,
    rowSquares: number,
  ): void;
  gibbsFeatures(
    featureStart: number,
    rows: number,
    values: number,
    from: number,
    to: number,
    latent: number,
    prior: number,
    weights: number,
    width: number,
    column: number,
    rowPrecision: number,
    weightPrecision: number,
    state: number,
    seed: number,
    stream: number,
    flags: number,
    slots: number,
    scratch: number,
    scratchBytes: number,
  ): void;
  gramOfRows(x: number, width: number, from: number, to: number, out: number, scratch: number): void;
  multiplyF64(a: number, n: number, b: number, k: number, out: number, from: number, to: number): void;
  crossF64(x: number, y: number, n: number, k: number, out: number, from: number, to: number): void;
}
