/** A source of random numbers with a seed: the same seed gives the same sequence everywhere. */
export interface RandomSource {
  /** Uniform in 0 … 2³² − 1. */
  nextUint32(): number;
  /** Uniform in 0 … n − 1, for n below 2³². The bias of scaling is below n / 2³². */
  nextBelow(n: number): number;
}

/** xoshiro128** (Blackman & Vigna 2021), its state filled from the seed by splitmix32. */
export function createRandom(seed: number): RandomSource {
  let filler = seed >>> 0;
  const fill = () => {
    filler = (filler + 0x9e3779b9) >>> 0;
    let z = filler;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  let a = fill();
  let b = fill();
  let c = fill();
  let d = fill();
  const rotateLeft = (x: number, by: number) => (x << by) | (x >>> (32 - by));

  const nextUint32 = () => {
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotateLeft(d, 11);
    return result;
  };
  return { nextUint32, nextBelow: (n) => Math.floor((nextUint32() / 0x1_0000_0000) * n) };
}
