/** out[n] = factor · (values[n] − mean) − bias[columns[n]] for the entries [from, to): what is left for factors to explain. All f32. */
export function residualGoals(
  values: usize, columns: usize, bias: usize, factor: f32, mean: f32, from: i32, to: i32, out: usize,
): void {
  for (let n: usize = <usize>from << 2; n < <usize>to << 2; n += 4) {
    const own = load<f32>(bias + ((<usize>load<i32>(columns + n)) << 2));
    store<f32>(out + n, factor * (load<f32>(values + n) - mean) - own);
  }
}
