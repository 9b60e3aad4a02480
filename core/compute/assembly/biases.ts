/**
 * One half-step of alternating least squares for biases, rows [from, to):
 * b_row = Σ (r − mean − b_column) / (shrinkage + n_row)   (Koren 2010, "Factor in the Neighbors", §2.1).
 * `slot` (f64) receives Σ (r − mean − b_column − b_row)² with the new b_row. Biases are f64.
 */
export function biasSweep(
  rowStart: usize, columns: usize, ratings: usize, columnBias: usize, rowBias: usize,
  mean: f64, shrinkage: f64, from: i32, to: i32, slot: usize,
): void {
  let loss: f64 = 0;
  for (let row = from; row < to; row++) {
    const start = load<i32>(rowStart + ((<usize>row) << 2));
    const end = load<i32>(rowStart + ((<usize>row) << 2), 4);
    // Two chains hide the latency of the additions; more gain nothing, the gathers bind.
    let sum0: f64 = 0, sum1: f64 = 0, square0: f64 = 0, square1: f64 = 0;
    let n = start;
    for (; n + 1 < end; n += 2) {
      const c = columns + ((<usize>n) << 2);
      const r = ratings + ((<usize>n) << 2);
      const x0 = <f64>load<f32>(r) - mean - load<f64>(columnBias + ((<usize>load<i32>(c)) << 3));
      const x1 = <f64>load<f32>(r, 4) - mean - load<f64>(columnBias + ((<usize>load<i32>(c, 4)) << 3));
      sum0 += x0;
      sum1 += x1;
      square0 += x0 * x0;
      square1 += x1 * x1;
    }
    if (n < end) {
      const x = <f64>load<f32>(ratings + ((<usize>n) << 2)) - mean -
        load<f64>(columnBias + ((<usize>load<i32>(columns + ((<usize>n) << 2))) << 3));
      sum0 += x;
      square0 += x * x;
    }
    const sum = sum0 + sum1;
    const count = <f64>(end - start);
    const divisor = shrinkage + count;
    const bias = divisor > 0 ? sum / divisor : 0;
    store<f64>(rowBias + ((<usize>row) << 3), bias);
    loss += square0 + square1 - 2 * bias * sum + count * bias * bias;
  }
  store<f64>(slot, loss);
}
