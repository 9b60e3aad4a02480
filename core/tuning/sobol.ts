import { mix } from "./random-stream.ts";

/**
 * Primitive polynomial (bits, the leading one included) and first direction numbers of each dimension: Joe & Kuo 2008,
 * "Constructing Sobol sequences with better two-dimensional projections", their table new-joe-kuo-6.21201.
 */
const directionTable: readonly (readonly [polynomial: number, initial: readonly number[]])[] = [
  [1, []],
  [3, [1]],
  [7, [1, 3]],
  [11, [1, 3, 1]],
  [13, [1, 1, 1]],
  [19, [1, 1, 3, 3]],
  [25, [1, 3, 5, 13]],
  [37, [1, 1, 5, 5, 17]],
  [41, [1, 1, 5, 5, 5]],
  [47, [1, 1, 7, 11, 19]],
  [55, [1, 1, 5, 1, 1]],
  [59, [1, 1, 1, 3, 11]],
  [61, [1, 3, 5, 5, 31]],
  [67, [1, 3, 3, 9, 7, 49]],
  [91, [1, 1, 1, 15, 21, 21]],
  [97, [1, 3, 1, 13, 27, 49]],
  [103, [1, 1, 1, 15, 7, 5]],
  [109, [1, 3, 1, 15, 13, 25]],
  [115, [1, 1, 5, 5, 19, 61]],
  [131, [1, 3, 7, 11, 23, 15, 103]],
  [137, [1, 3, 7, 13, 13, 15, 69]],
  [143, [1, 1, 3, 13, 7, 35, 63]],
  [145, [1, 3, 5, 9, 1, 25, 53]],
  [157, [1, 3, 1, 13, 9, 35, 107]],
  [167, [1, 3, 1, 5, 27, 61, 31]],
  [171, [1, 1, 5, 11, 19, 41, 61]],
  [185, [1, 3, 5, 3, 3, 13, 69]],
  [191, [1, 1, 7, 13, 1, 19, 1]],
  [193, [1, 3, 7, 5, 13, 19, 59]],
  [203, [1, 1, 3, 9, 25, 29, 41]],
  [211, [1, 3, 5, 13, 23, 1, 55]],
  [213, [1, 3, 7, 3, 13, 59, 17]],
];

export const sobolDimensions = directionTable.length;
const bits = 32;

/** Point `index` (from 0) of the Sobol sequence in Gray-code order, along one dimension, as a 32-bit binary fraction. */
export function sobolBits(index: number, dimension: number): number {
  const directions = directionsOf(dimension);
  const gray = (index ^ (index >>> 1)) >>> 0;
  let point = 0;
  for (let bit = 0; bit < bits; bit++) if ((gray >>> bit) & 1) point ^= directions[bit] ?? 0;
  return point >>> 0;
}

/**
 * The same point in [0, 1), its digits scrambled by the seed: nested uniform (Owen) scrambling by hashing, Burley 2020,
 * "Practical hash-based Owen scrambling". Keeps the sequence's evenness and frees it of the origin. Dimensions past the
 * table take turns with other scrambles: even along each, without a promise for pairs.
 */
export function scrambledSobol(index: number, dimension: number, seed: number): number {
  const key = mix(seed ^ mix(dimension + 1));
  return scramble(sobolBits(index, dimension % sobolDimensions), key) / 0x1_0000_0000;
}

const known = new Map<number, readonly number[]>();

function directionsOf(dimension: number): readonly number[] {
  const found = known.get(dimension);
  if (found !== undefined) return found;
  const [polynomial, initial] = directionTable[dimension] ?? [1, []];
  const degree = initial.length;
  const directions = initial.map((value, at) => (value << (bits - 1 - at)) >>> 0);
  for (let at = degree; at < bits; at++) {
    if (degree === 0) {
      directions.push((1 << (bits - 1 - at)) >>> 0);
      continue;
    }
    const before = directions[at - degree] ?? 0;
    let next = (before ^ (before >>> degree)) >>> 0;
    for (let term = 1; term < degree; term++)
      if ((polynomial >>> (degree - term)) & 1) next = (next ^ (directions[at - term] ?? 0)) >>> 0;
    directions.push(next);
  }
  known.set(dimension, directions);
  return directions;
}

/** Each binary digit is flipped or not by a hash of the digits before it. */
function scramble(point: number, key: number): number {
  let x = reverseBits(point);
  // Laine & Karras 2011, with Vegdahl's constants: each bit is touched by lower ones only.
  x = (x ^ Math.imul(x, 0x3d20adea)) >>> 0;
  x = (x + key) >>> 0;
  x = Math.imul(x, (key >>> 16) | 1) >>> 0;
  x = (x ^ Math.imul(x, 0x05526c56)) >>> 0;
  x = (x ^ Math.imul(x, 0x53a22864)) >>> 0;
  return reverseBits(x);
}

function reverseBits(number: number): number {
  let x = number >>> 0;
  x = ((x >>> 1) & 0x5555_5555) | ((x & 0x5555_5555) << 1);
  x = ((x >>> 2) & 0x3333_3333) | ((x & 0x3333_3333) << 2);
  x = ((x >>> 4) & 0x0f0f_0f0f) | ((x & 0x0f0f_0f0f) << 4);
  x = ((x >>> 8) & 0x00ff_00ff) | ((x & 0x00ff_00ff) << 8);
  return ((x >>> 16) | (x << 16)) >>> 0;
}
