/**
 * Reproducible random numbers from integer arithmetic alone: xoshiro128** (Blackman and Vigna 2018, "Scrambled linear
 * pseudorandom number generators"), seeded by SplitMix32. The same seed gives the same numbers on every machine.
 */
export interface Random {
  /** 0 … 2^32 − 1 */
  uint32(): number;
  /** [0, 1), a multiple of 2^−32. */
  unit(): number;
  /** 0 … n − 1, all equally likely; n ≤ 2^32. */
  below(n: number): number;
  /** Mean 0, variance 1, within ±6: the sum of twelve uniform numbers less six, which needs no exp, log or cos. */
  normal(): number;
}

export function createRandom(seed: number): Random {
  let mixed = seed >>> 0;
  const splitMix = () => {
    mixed = (mixed + 0x9e3779b9) >>> 0;
    let z = mixed;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  let a = splitMix();
  let b = splitMix();
  let c = splitMix();
  let d = splitMix() | 1;
  const rotate = (x: number, k: number) => (x << k) | (x >>> (32 - k));
  const uint32 = () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotate(d, 11);
    return result;
  };
  let bound = 0;
  let limit = 0;
  const unit = () => uint32() / 4_294_967_296;
  return {
    uint32,
    unit,
    below(n) {
      if (n !== bound) {
        bound = n;
        limit = 4_294_967_296 - (4_294_967_296 % n);
      }
      // Numbers past the last whole multiple of n would favour the small ones.
      let draw = uint32();
      while (draw >= limit) draw = uint32();
      // The remainder, without `%`, which is slow for numbers above 2^31. Exact: a quotient of 32 bits fits in a double.
      return draw - Math.floor(draw / n) * n;
    },
    normal() {
      let sum = -6;
      for (let i = 0; i < 12; i++) sum += unit();
      return sum;
    },
  };
}
