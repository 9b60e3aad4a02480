/** The kernels of alternating least squares (`assembly/ials.ts`, `assembly/tall.ts`, `assembly/eigen.ts`). */
export interface AlternatingKernels {
  residualGoals(
    values: number,
    columns: number,
    bias: number,
    factor: number,
    mean: number,
    from: number,
    to: number,
    out: number,
  ): void;
  gramTall(
    x: number,
    width: number,
    from: number,
    to: number,
    slot: number,
    flags: number,
    slots: number,
    scratch: number,
    scratchBytes: number,
  ): void;
  rotateRows(
    x: number,
    width: number,
    t: number,
    from: number,
    to: number,
    flags: number,
    slots: number,
    scratch: number,
    scratchBytes: number,
  ): void;
  tridiagonalise(matrix: number, n: number, diagonal: number, beside: number, factors: number, vectors: number): void;
  tridiagonalQl(diagonal: number, beside: number, n: number, rotations: number, room: number, state: number): void;
  rotateVectors(z: number, n: number, panel: number, rotations: number, state: number): void;
  reflectVectors(matrix: number, n: number, factors: number, z: number, from: number, to: number, out: number): void;
  ialsRows(
    rowStart: number,
    columns: number,
    targets: number,
    weights: number,
    from: number,
    to: number,
    source: number,
    target: number,
    width: number,
    spectrum: number,
    penalty: number,
    steps: number,
    block: number,
    sweeps: number,
    dualLimit: number,
    flags: number,
    slots: number,
    scratch: number,
    scratchBytes: number,
    capacity: number,
    longest: number,
    sums: number,
  ): void;
}
