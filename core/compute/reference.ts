/**
 * Each kernel of `assembly/` in plain TypeScript, as its formula reads, in float64 and without regard for speed. Tests hold
 * the kernels against these; `bench/kernels.ts` measures how much faster they are. Nothing in the product calls them.
 */

/** Compressed sparse rows. */
export interface SparseRows {
  readonly start: Int32Array;
  readonly columns: Int32Array;
  readonly values: Float32Array;
}

export function nearNormal(
  row: number,
  column: number,
  columns: number,
  seed: number,
  stream: number,
  deviation: number,
): number {
  const word = (value: bigint) => BigInt.asUintN(64, value);
  const mix = (counter: bigint): bigint => {
    let z = word(counter);
    z = word((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = word((z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return z ^ (z >> 31n);
  };
  const base = mix((BigInt(stream) << 32n) | BigInt(seed));
  const index = BigInt(row) * BigInt(columns) + BigInt(column);
  const bits = mix(base + 0x9e3779b97f4a7c15n * (index + 1n));
  const uniforms = [0n, 16n, 32n, 48n].map((shift) => Number((bits >> shift) & 0xffffn) / 65536);
  const sum = uniforms.reduce((total, uniform) => total + uniform, 0);
  // Each of the 65536 values stands for its own lower end; 65535 / 65536 / 2 is their mean.
  return (sum - 4 * (65535 / 65536 / 2)) * Math.sqrt(3) * deviation;
}

/** b_row = Σ (r − mean − b_column) / (shrinkage + n); returns Σ of squared residuals after it. */
export function biasSweep(
  matrix: SparseRows,
  columnBias: Float64Array,
  rowBias: Float64Array,
  mean: number,
  shrinkage: number,
): number {
  let loss = 0;
  for (let row = 0; row < rowBias.length; row++) {
    const from = matrix.start[row] ?? 0;
    const to = matrix.start[row + 1] ?? 0;
    const residuals: number[] = [];
    for (let n = from; n < to; n++)
      residuals.push((matrix.values[n] ?? 0) - mean - (columnBias[matrix.columns[n] ?? 0] ?? 0));
    const bias = residuals.reduce((sum, x) => sum + x, 0) / (shrinkage + residuals.length);
    rowBias[row] = shrinkage + residuals.length > 0 ? bias : 0;
    for (const x of residuals) loss += (x - (rowBias[row] ?? 0)) ** 2;
  }
  return loss;
}

export interface SgdStep {
  readonly scale: number;
  readonly mean: number;
  readonly rate: number;
  readonly userDecay: number;
  readonly itemDecay: number;
  readonly biasRate: number;
  readonly userBiasDecay: number;
  readonly itemBiasDecay: number;
}

export interface SgdModel {
  readonly userFactors: Float64Array;
  readonly itemFactors: Float64Array;
  readonly userBias: Float64Array;
  readonly itemBias: Float64Array;
  readonly stride: number;
}

/** One pass over the entries in their order, four at a time where four of one user stand together; returns Σ e². */
export function sgdCell(
  users: Int32Array,
  items: Int32Array,
  ratings: Float32Array,
  model: SgdModel,
  step: SgdStep,
): number {
  const { userFactors, itemFactors, userBias, itemBias, stride } = model;
  let loss = 0;
  for (let n = 0; n < users.length;) {
    const u = users[n] ?? 0;
    const size = users[n + 3] === u ? 4 : 1;
    const p = userFactors.subarray(u * stride, (u + 1) * stride);
    const before = p.slice();
    const errors = Array.from(items.subarray(n, n + size), (i, at) => {
      const dot = before.reduce((sum, value, k) => sum + value * (itemFactors[i * stride + k] ?? 0), 0);
      return step.scale * (ratings[n + at] ?? 0) - step.mean - (userBias[u] ?? 0) - (itemBias[i] ?? 0) - dot;
    });
    userBias[u] = step.userBiasDecay ** size * (userBias[u] ?? 0);
    for (let k = 0; k < stride; k++) p[k] = step.userDecay ** size * (p[k] ?? 0);
    errors.forEach((error, at) => {
      const i = items[n + at] ?? 0;
      loss += error * error;
      userBias[u] = (userBias[u] ?? 0) + step.biasRate * error;
      itemBias[i] = step.itemBiasDecay * (itemBias[i] ?? 0) + step.biasRate * error;
      for (let k = 0; k < stride; k++) {
        const q = itemFactors[i * stride + k] ?? 0;
        p[k] = (p[k] ?? 0) + step.rate * error * q;
        itemFactors[i * stride + k] = step.itemDecay * q + step.rate * error * (before[k] ?? 0);
      }
    });
    n += size;
  }
  return loss;
}

/** The cell's entries, by user: see `fillCells`. */
export function fillCell(
  order: readonly number[],
  matrix: SparseRows,
  inBlock: (item: number) => boolean,
): { readonly position: number; readonly item: number; readonly rating: number }[] {
  return order.flatMap((user, position) => {
    const from = matrix.start[user] ?? 0;
    const entries = Array.from(matrix.columns.subarray(from, matrix.start[user + 1] ?? 0), (item, n) => ({
      position,
      item,
      rating: matrix.values[from + n] ?? 0,
    }));
    return entries.filter(({ item }) => inBlock(item));
  });
}

export function transposed(matrix: SparseRows, columns: number): SparseRows {
  const entries: { row: number; column: number; value: number }[] = [];
  for (let row = 0; row + 1 < matrix.start.length; row++) {
    for (let n = matrix.start[row] ?? 0; n < (matrix.start[row + 1] ?? 0); n++) {
      entries.push({ row, column: matrix.columns[n] ?? 0, value: matrix.values[n] ?? 0 });
    }
  }
  entries.sort((a, b) => a.column - b.column || a.row - b.row);
  const start = Int32Array.from(
    { length: columns + 1 },
    (_, column) => entries.filter((entry) => entry.column < column).length,
  );
  return {
    start,
    columns: Int32Array.from(entries, ({ row }) => row),
    values: Float32Array.from(entries, ({ value }) => value),
  };
}

/** Matrix · X, X row-major with `width` columns. */
export function sparseTimesDense(matrix: SparseRows, x: Float32Array, width: number): Float64Array {
  const rows = matrix.start.length - 1;
  const y = new Float64Array(rows * width);
  for (let row = 0; row < rows; row++) {
    for (let n = matrix.start[row] ?? 0; n < (matrix.start[row + 1] ?? 0); n++) {
      for (let k = 0; k < width; k++) {
        y[row * width + k] =
          (y[row * width + k] ?? 0) + (matrix.values[n] ?? 0) * (x[(matrix.columns[n] ?? 0) * width + k] ?? 0);
      }
    }
  }
  return y;
}

/** RᵀR·X */
export function gramProduct(matrix: SparseRows, x: Float32Array, width: number): Float64Array {
  const y = sparseTimesDense(matrix, x, width);
  const out = new Float64Array(x.length);
  for (let row = 0; row + 1 < matrix.start.length; row++) {
    for (let n = matrix.start[row] ?? 0; n < (matrix.start[row + 1] ?? 0); n++) {
      for (let k = 0; k < width; k++) {
        const at = (matrix.columns[n] ?? 0) * width + k;
        out[at] = (out[at] ?? 0) + (matrix.values[n] ?? 0) * (y[row * width + k] ?? 0);
      }
    }
  }
  return out;
}

export function gram(x: Float32Array, width: number): Float64Array {
  const out = new Float64Array(width * width);
  for (let row = 0; row < x.length / width; row++) {
    for (let a = 0; a < width; a++) {
      for (let b = 0; b < width; b++) {
        out[a * width + b] = (out[a * width + b] ?? 0) + (x[row * width + a] ?? 0) * (x[row * width + b] ?? 0);
      }
    }
  }
  return out;
}

export function denseTimesSmall(x: Float32Array, widthIn: number, t: Float32Array, widthOut: number): Float64Array {
  const rows = x.length / widthIn;
  const y = new Float64Array(rows * widthOut);
  for (let row = 0; row < rows; row++) {
    for (let k = 0; k < widthIn; k++) {
      for (let j = 0; j < widthOut; j++) {
        y[row * widthOut + j] = (y[row * widthOut + j] ?? 0) + (x[row * widthIn + k] ?? 0) * (t[k * widthOut + j] ?? 0);
      }
    }
  }
  return y;
}
