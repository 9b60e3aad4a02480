/** SplitMix64's finaliser (Steele, Lea, Flood 2014): a counter in, 64 well-mixed bits out. */
// @ts-ignore: decorator
@inline
export function mix(counter: u64): u64 {
  let z = counter;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

/**
 * Fills the rows [from, to) of a [rows × columns] matrix of `stride` floats a row with deviation · g, g the sum of four
 * uniforms brought to mean 0 and variance 1; what lies between columns and stride becomes zero. Bell-shaped like a normal
 * (tails end at ±3.46) and made of +, −, × only, so that every engine gives the same bytes. The number at (row, column)
 * depends on its place, seed and stream alone: any partition gives the same matrix.
 */
export function fillNearNormal(
  out: usize, from: i32, to: i32, columns: i32, stride: i32, seed: u32, stream: u32, deviation: f32,
): void {
  const base = mix(((<u64>stream) << 32) | (<u64>seed));
  const scale: f64 = (1.7320508075688772 * <f64>deviation) / 65536.0;
  for (let row = from; row < to; row++) {
    const first = out + (<usize>row) * ((<usize>stride) << 2);
    for (let column = 0; column < stride; column++) {
      let value: f32 = 0;
      if (column < columns) {
        const index = (<u64>row) * (<u64>columns) + (<u64>column);
        const bits = mix(base + 0x9e3779b97f4a7c15 * (index + 1));
        const sum =
          <i32>(bits & 0xffff) + <i32>((bits >> 16) & 0xffff) + <i32>((bits >> 32) & 0xffff) + <i32>(bits >> 48);
        value = <f32>((<f64>sum - 131070.0) * scale);
      }
      store<f32>(first + ((<usize>column) << 2), value);
    }
  }
}
