/** SplitMix64's finaliser (Steele, Lea, Flood 2014): a counter in, 64 well-mixed bits out. */
// @ts-ignore: decorator
@inline
export function mixBits(counter: u64): u64 {
  let z = counter;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

const GOLDEN: u64 = 0x9e3779b97f4a7c15;

/** The key of the random numbers that (seed, stream, sweep, row) owns: whoever computes the row draws the same. */
export function streamKey(seed: u32, stream: u32, sweep: u32, row: u32): u64 {
  const place = mixBits((((<u64>stream) << 32) | (<u64>seed)) + GOLDEN);
  return mixBits(mixBits(place + GOLDEN * ((<u64>sweep) + 1)) + GOLDEN * ((<u64>row) + 1));
}

/**
 * ln x for a normal x > 0, to about one unit in the last place: x = 2^e·m with m in [√½, √2), ln m = 2 artanh((m − 1)/(m + 1)) by
 * its series. Made of +, −, ×, ÷ only: the same bits on every engine, and no table in the module's memory.
 */
export function naturalLog(x: f64): f64 {
  const bits = reinterpret<u64>(x);
  let exponent = <i32>(bits >> 52) - 1023;
  let m = reinterpret<f64>((bits & 0x000fffffffffffff) | 0x3ff0000000000000);
  if (m > 1.4142135623730951) {
    m *= 0.5;
    exponent++;
  }
  const t = (m - 1) / (m + 1);
  const s = t * t;
  let series: f64 = 1.0 / 21.0;
  series = series * s + 1.0 / 19.0;
  series = series * s + 1.0 / 17.0;
  series = series * s + 1.0 / 15.0;
  series = series * s + 1.0 / 13.0;
  series = series * s + 1.0 / 11.0;
  series = series * s + 1.0 / 9.0;
  series = series * s + 1.0 / 7.0;
  series = series * s + 1.0 / 5.0;
  series = series * s + 1.0 / 3.0;
  return <f64>exponent * 0.6931471805599453 + (2 * t + 2 * t * s * series);
}

/**
 * `count` independent standard normal numbers (f64) at `out` (room for one more), by Marsaglia's polar method over the counter
 * of `key`.
 */
export function fillNormals(out: usize, count: i32, key: u64): void {
  let counter = key;
  for (let n = 0; n < count; n += 2) {
    let x: f64, y: f64, s: f64;
    do {
      counter += GOLDEN;
      const bits = mixBits(counter);
      x = (<f64>(<i64>(bits >> 32) * 2 + 1) - 4294967296.0) * (1.0 / 4294967296.0);
      y = (<f64>(<i64>(bits & 0xffffffff) * 2 + 1) - 4294967296.0) * (1.0 / 4294967296.0);
      s = x * x + y * y;
    } while (s >= 1);
    const factor = Math.sqrt((-2 * naturalLog(s)) / s);
    store<f64>(out + ((<usize>n) << 3), x * factor);
    store<f64>(out + ((<usize>n) << 3), y * factor, 8);
  }
}

/** Standard normal numbers for callers outside: the key of (seed, stream, sweep, row). Room for count rounded up to even. */
export function normals(out: usize, count: i32, seed: u32, stream: u32, sweep: u32, row: u32): void {
  fillNormals(out, count, streamKey(seed, stream, sweep, row));
}

/** A draw from Gamma(shape ≥ 1, scale 1) by Marsaglia and Tsang (2000), from the numbers that (seed, stream, sweep, row) owns. */
export function standardGamma(shape: f64, seed: u32, stream: u32, sweep: u32, row: u32): f64 {
  const key = streamKey(seed, stream, sweep, row);
  const d = shape - 1.0 / 3.0;
  const c = 1 / Math.sqrt(9 * d);
  let v: f64 = 0, accepted = false;
  for (let attempt: u64 = 1; !accepted; attempt++) {
    const own = mixBits(key ^ (GOLDEN * attempt));
    const uniform = (<f64>(mixBits(own + GOLDEN) >> 11) + 0.5) * (1.0 / 9007199254740992.0);
    const normal = oneNormal(own);
    const root = 1 + c * normal;
    v = root * root * root;
    accepted = root > 0 && naturalLog(uniform) < 0.5 * normal * normal + d * (1 - v + naturalLog(v));
  }
  return d * v;
}

function oneNormal(key: u64): f64 {
  let counter = key + GOLDEN;
  let x: f64, s: f64;
  do {
    counter += GOLDEN;
    const bits = mixBits(counter);
    x = (<f64>(<i64>(bits >> 32) * 2 + 1) - 4294967296.0) * (1.0 / 4294967296.0);
    const y = (<f64>(<i64>(bits & 0xffffffff) * 2 + 1) - 4294967296.0) * (1.0 / 4294967296.0);
    s = x * x + y * y;
  } while (s >= 1);
  return x * Math.sqrt((-2 * naturalLog(s)) / s);
}

/** `count` indices (i32) below `limit`, each as likely as the others. */
export function uniformIndices(out: usize, count: i32, limit: i32, seed: u32, stream: u32): void {
  const key = streamKey(seed, stream, 0, 0);
  for (let n = 0; n < count; n++) {
    const bits = mixBits(key + GOLDEN * (<u64>n + 1));
    store<i32>(out + ((<usize>n) << 2), <i32>(((bits >> 32) * <u64>limit) >> 32));
  }
}
