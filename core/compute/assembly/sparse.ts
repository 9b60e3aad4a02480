/** counts[column] += 1 for the entries [from, to). */
export function countColumns(columns: usize, from: i32, to: i32, counts: usize): void {
  for (let n = from; n < to; n++) {
    const counter = counts + ((<usize>load<i32>(columns + ((<usize>n) << 2))) << 2);
    store<i32>(counter, load<i32>(counter) + 1);
  }
}

/**
 * Transposes the rows [from, to) of a CSR matrix: entry (row, column, value) goes to position cursor[column]++ of
 * outRows/outValues. Each part of the rows has cursors of its own, so parts run in any order with the same result.
 * A pointer of 0 for `values`: there are none, and none are written.
 */
export function scatterRows(
  rowStart: usize, columns: usize, values: usize, from: i32, to: i32, cursor: usize, outRows: usize, outValues: usize,
): void {
  for (let row = from; row < to; row++) {
    const end = load<i32>(rowStart + ((<usize>row) << 2), 4);
    for (let n = load<i32>(rowStart + ((<usize>row) << 2)); n < end; n++) {
      const slot = cursor + ((<usize>load<i32>(columns + ((<usize>n) << 2))) << 2);
      const position = load<i32>(slot);
      store<i32>(slot, position + 1);
      store<i32>(outRows + ((<usize>position) << 2), row);
      if (values !== 0) store<f32>(outValues + ((<usize>position) << 2), load<f32>(values + ((<usize>n) << 2)));
    }
  }
}

/**
 * Y[row] = Σ value · X[column] for the rows [from, to) of a CSR matrix. X and Y are row-major f32 with `width` columns,
 * width a multiple of 16. Thirty-two columns at a time stay in registers over a whole row.
 */
export function sparseTimesDense(
  rowStart: usize, columns: usize, values: usize, x: usize, y: usize, width: i32, from: i32, to: i32,
): void {
  const rowBytes = (<usize>width) << 2;
  const wideBytes = rowBytes & ~127;
  for (let row = from; row < to; row++) {
    const start = load<i32>(rowStart + ((<usize>row) << 2));
    const end = load<i32>(rowStart + ((<usize>row) << 2), 4);
    const out = y + (<usize>row) * rowBytes;
    let panel: usize = 0;
    for (; panel < wideBytes; panel += 128) {
      let a0 = f32x4.splat(0), a1 = f32x4.splat(0), a2 = f32x4.splat(0), a3 = f32x4.splat(0);
      let a4 = f32x4.splat(0), a5 = f32x4.splat(0), a6 = f32x4.splat(0), a7 = f32x4.splat(0);
      for (let n = start; n < end; n++) {
        const at = (<usize>n) << 2;
        const v = v128.load32_splat(values + at);
        const from = x + <usize>load<i32>(columns + at) * rowBytes + panel;
        a0 = f32x4.add(a0, f32x4.mul(v, v128.load(from)));
        a1 = f32x4.add(a1, f32x4.mul(v, v128.load(from, 16)));
        a2 = f32x4.add(a2, f32x4.mul(v, v128.load(from, 32)));
        a3 = f32x4.add(a3, f32x4.mul(v, v128.load(from, 48)));
        a4 = f32x4.add(a4, f32x4.mul(v, v128.load(from, 64)));
        a5 = f32x4.add(a5, f32x4.mul(v, v128.load(from, 80)));
        a6 = f32x4.add(a6, f32x4.mul(v, v128.load(from, 96)));
        a7 = f32x4.add(a7, f32x4.mul(v, v128.load(from, 112)));
      }
      v128.store(out + panel, a0);
      v128.store(out + panel, a1, 16);
      v128.store(out + panel, a2, 32);
      v128.store(out + panel, a3, 48);
      v128.store(out + panel, a4, 64);
      v128.store(out + panel, a5, 80);
      v128.store(out + panel, a6, 96);
      v128.store(out + panel, a7, 112);
    }
    if (panel < rowBytes) {
      let a0 = f32x4.splat(0), a1 = f32x4.splat(0), a2 = f32x4.splat(0), a3 = f32x4.splat(0);
      for (let n = start; n < end; n++) {
        const at = (<usize>n) << 2;
        const v = v128.load32_splat(values + at);
        const from = x + <usize>load<i32>(columns + at) * rowBytes + panel;
        a0 = f32x4.add(a0, f32x4.mul(v, v128.load(from)));
        a1 = f32x4.add(a1, f32x4.mul(v, v128.load(from, 16)));
        a2 = f32x4.add(a2, f32x4.mul(v, v128.load(from, 32)));
        a3 = f32x4.add(a3, f32x4.mul(v, v128.load(from, 48)));
      }
      v128.store(out + panel, a0);
      v128.store(out + panel, a1, 16);
      v128.store(out + panel, a2, 32);
      v128.store(out + panel, a3, 48);
    }
  }
}
