/**
 * Out += RᵀR·X for eight columns, over the rows [from, to) of R (CSR): each row's products with X are summed in registers and
 * go straight back to the columns they came from, so that R·X is never written. X and Out are panels: f32 rows of eight, one
 * after the other, so that of both as much as can be stays in the cache. Calls over other panels may run beside it; calls over
 * other rows of the same panel must come in order, one after another, for the same sums.
 */
export function addGramProduct(
  rowStart: usize, columns: usize, values: usize, x: usize, out: usize, from: i32, to: i32,
): void {
  for (let row = from; row < to; row++) {
    const first = (<usize>load<i32>(rowStart + ((<usize>row) << 2))) << 2;
    const end = (<usize>load<i32>(rowStart + ((<usize>row) << 2), 4)) << 2;
    let a0 = f32x4.splat(0), a1 = f32x4.splat(0);
    for (let n = first; n < end; n += 4) {
      const v = v128.load32_splat(values + n);
      const source = x + ((<usize>load<i32>(columns + n)) << 5);
      a0 = f32x4.add(a0, f32x4.mul(v, v128.load(source)));
      a1 = f32x4.add(a1, f32x4.mul(v, v128.load(source, 16)));
    }
    for (let n = first; n < end; n += 4) {
      const v = v128.load32_splat(values + n);
      const target = out + ((<usize>load<i32>(columns + n)) << 5);
      v128.store(target, f32x4.add(v128.load(target), f32x4.mul(v, a0)));
      v128.store(target, f32x4.add(v128.load(target, 16), f32x4.mul(v, a1)), 16);
    }
  }
}
