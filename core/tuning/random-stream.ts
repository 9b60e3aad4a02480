import { createRandom } from "../random.ts";

/** Uniform numbers of a stream of its own: the same seed and place give the same numbers, whatever was drawn elsewhere. */
export interface RandomStream {
  /** [0, 1), 53 bits. */
  unit(): number;
  uint32(): number;
}

/** `place`: which stream of this seed: the step, the dimension. */
export function randomStream(seed: number, ...place: readonly number[]): RandomStream {
  const source = createRandom(place.reduce((mixed, number) => mix(mixed ^ mix(number + 0x9e3779b9)), mix(seed)));
  const uint32 = () => source.uint32();
  return {
    uint32,
    unit: () => (Math.floor(uint32() / 32) * 0x400_0000 + Math.floor(uint32() / 64)) / 0x20_0000_0000_0000,
  };
}

/** A permutation of the 32-bit numbers without structure (Wellons' "lowbias32"). */
export function mix(number: number): number {
  let x = number >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0xd35a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}
