/** SplitMix64's finaliser (Steele, Lea, Flood 2014): a counter in, 64 well-mixed bits out. */
// @ts-ignore: decorator
@inline
function mix(counter: u64): u64 {
  let z = counter;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

/**
 * out[n] = deviation · g(seed, from + n), g the sum of four uniforms brought to mean 0 and variance 1. Bell-shaped like a
 * normal (tails end at ±3.46) and made of +, −, × only, so that every engine gives the same bytes. Counter based: any
 * partition gives the same numbers.
 */
export function fillNearNormal(out: usize, from: u32, count: i32, seed: u32, stream: u32, deviation: f32): void {
  const base = mix(((<u64>stream) << 32) | (<u64>seed));
  const scale: f64 = (1.7320508075688772 * <f64>deviation) / 65536.0;
  for (let n = 0; n < count; n++) {
    const bits = mix(base + 0x9e3779b97f4a7c15 * (<u64>(from + <u32>n) + 1));
    const sum =
      <i32>(bits & 0xffff) + <i32>((bits >> 16) & 0xffff) + <i32>((bits >> 32) & 0xffff) + <i32>(bits >> 48);
    store<f32>(out + ((<usize>n) << 2), <f32>((<f64>sum - 131070.0) * scale));
  }
}
