import type { SparseRows } from "./reference.ts";

/** The kernels of assembly/svdpp.ts, bpr.ts and shards.ts in plain TypeScript, as their formulas read: see reference.ts. */

export interface SvdppModel {
  /** [users × k] */
  readonly p: Float64Array;
  /** [items × k] */
  readonly q: Float64Array;
  readonly y: Float64Array;
  readonly userBias: Float64Array;
  readonly itemBias: Float64Array;
  readonly k: number;
}

export interface SvdppStep {
  readonly scale: number;
  readonly mean: number;
  readonly rate: number;
  readonly decay: number;
  readonly biasRate: number;
  readonly biasDecay: number;
}

/** Every update of every y_j is made, rating by rating: what the kernel's bookkeeping claims to amount to. Returns Σ e². */
export function svdppUsers(
  order: readonly number[],
  { start, columns, values }: SparseRows,
  { p, q, y, userBias, itemBias, k }: SvdppModel,
  { scale, mean, rate, decay, biasRate, biasDecay }: SvdppStep,
): number {
  let loss = 0;
  for (const u of order) {
    const [first, end] = [start[u] ?? 0, start[u + 1] ?? 0];
    const rated = columns.subarray(first, end);
    const norm = 1 / Math.sqrt(rated.length);
    for (let n = first; n < end;) {
      const size = n + 4 <= end ? 4 : 1;
      const items = [...columns.subarray(n, n + size)];
      const v = Float64Array.from({ length: k }, (_, f) => {
        const sum = rated.reduce((total, j) => total + (y[j * k + f] ?? 0), 0);
        return (p[u * k + f] ?? 0) + norm * sum;
      });
      const before = items.map((i) => q.slice(i * k, (i + 1) * k));
      const errors = items.map((i, at) => {
        const dot = v.reduce((sum, value, f) => sum + value * (before[at]?.[f] ?? 0), 0);
        return scale * (values[n + at] ?? 0) - mean - (userBias[u] ?? 0) - (itemBias[i] ?? 0) - dot;
      });
      loss += errors.reduce((sum, e) => sum + e * e, 0);
      userBias[u] = biasDecay ** size * (userBias[u] ?? 0) + biasRate * errors.reduce((sum, e) => sum + e, 0);
      items.forEach((i, at) => {
        itemBias[i] = biasDecay * (itemBias[i] ?? 0) + biasRate * (errors[at] ?? 0);
        for (let f = 0; f < k; f++) {
          q[i * k + f] = decay * (before[at]?.[f] ?? 0) + rate * (errors[at] ?? 0) * (v[f] ?? 0);
        }
      });
      for (let f = 0; f < k; f++) {
        const pull = errors.reduce((sum, e, at) => sum + rate * e * (before[at]?.[f] ?? 0), 0);
        p[u * k + f] = decay ** size * (p[u * k + f] ?? 0) + pull;
        for (const j of rated) y[j * k + f] = decay ** size * (y[j * k + f] ?? 0) + norm * pull;
      }
      n += size;
    }
  }
  return loss;
}

/** See `mergeRows`. All have rows × width numbers; the result is the common one. */
export function mergeRows(
  common: Float64Array,
  copies: readonly Float64Array[],
  width: number,
  blend: readonly number[],
): Float64Array {
  return common.map((value, at) => {
    const row = Math.floor(at / width);
    const changed = copies.filter((copy) =>
      copy.subarray(row * width, (row + 1) * width).some((x, n) => x !== common[row * width + n]),
    );
    const change = changed.reduce((sum, copy) => sum + (copy[at] ?? 0) - value, 0);
    return value + change / (1 + Math.max(0, changed.length - 1) * (blend[row] ?? 0));
  });
}

export interface TimeSvdModel extends SvdppModel {
  /** [users × k] */
  readonly s: Float64Array;
  /** [users] */
  readonly slope: Float64Array;
  readonly dayBias: Float64Array;
  readonly binBias: Float64Array;
}

export interface TimedEntries extends SparseRows {
  readonly deviation: Float32Array;
  readonly bin: Int32Array;
  readonly day: Int32Array;
}

export interface TimeSvdStep {
  readonly scale: number;
  readonly mean: number;
  readonly rate: number;
  readonly decay: number;
  readonly biasDecay: number;
  readonly timeDecay: number;
}

/** Rating by rating, every y_j each time. Returns Σ e². */
export function timeSvdUsers(
  order: readonly number[],
  { start, columns, values, deviation, bin, day }: TimedEntries,
  model: TimeSvdModel,
  { scale, mean, rate, decay, biasDecay, timeDecay }: TimeSvdStep,
): number {
  const { p, q, y, s, userBias, itemBias, slope, dayBias, binBias, k } = model;
  const get = (array: Float64Array, at: number) => array[at] ?? 0;
  const step = (array: Float64Array, at: number, keep: number, pull: number) => {
    if (at >= 0) array[at] = keep * get(array, at) + rate * pull;
  };
  let loss = 0;
  for (const u of order) {
    const rated = columns.subarray(start[u], start[u + 1]);
    const norm = 1 / Math.sqrt(rated.length);
    rated.forEach((i, at) => {
      const n = (start[u] ?? 0) + at;
      const d = deviation[n] ?? 0;
      const x = q.slice(i * k, (i + 1) * k);
      const w = x.map((_, f) => {
        const sum = rated.reduce((total, j) => total + get(y, j * k + f), 0);
        return get(p, u * k + f) + norm * sum + d * get(s, u * k + f);
      });
      const known = get(userBias, u) + d * get(slope, u) + get(dayBias, day[n] ?? -1) + get(itemBias, i);
      const dot = w.reduce((sum, value, f) => sum + value * (x[f] ?? 0), 0);
      const e = scale * (values[n] ?? 0) - mean - known - get(binBias, bin[n] ?? -1) - dot;
      loss += e * e;
      step(userBias, u, biasDecay, e);
      step(itemBias, i, biasDecay, e);
      step(slope, u, timeDecay, d * e);
      step(dayBias, day[n] ?? -1, timeDecay, e);
      step(binBias, bin[n] ?? -1, timeDecay, e);
      for (let f = 0; f < k; f++) {
        const pull = e * (x[f] ?? 0);
        step(q, i * k + f, decay, e * (w[f] ?? 0));
        step(p, u * k + f, decay, pull);
        step(s, u * k + f, timeDecay, d * pull);
        for (const j of rated) step(y, j * k + f, decay, norm * pull);
      }
    });
  }
  return loss;
}

export interface BprModel {
  readonly p: Float64Array;
  readonly q: Float64Array;
  readonly itemBias: Float64Array;
  readonly k: number;
}

const word = (value: bigint) => BigInt.asUintN(64, value);
const golden = 0x9e3779b97f4a7c15n;

function mix(counter: bigint): bigint {
  let z = word(counter);
  z = word((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
  z = word((z ^ (z >> 27n)) * 0x94d049bb133111ebn);
  return z ^ (z >> 31n);
}

/** The item that entry `n` of the ratings is ranked against; null when sixteen draws were all rated. */
export function drawNegative(rated: Int32Array, n: number, items: number, seed: number, epoch: number): number | null {
  const base = mix((BigInt(seed) << 32n) | BigInt(epoch));
  const counter = base + golden * (BigInt(n) * 16n + 1n);
  for (let attempt = 0n; attempt < 16n; attempt++) {
    const item = Number(((mix(counter + golden * attempt) >> 32n) * BigInt(items)) >> 32n);
    if (!rated.includes(item)) return item;
  }
  return null;
}

/** Returns the pairs that stood rightly, and all pairs. */
export function bprUsers(
  order: readonly number[],
  { start, columns }: SparseRows,
  items: number,
  { p, q, itemBias, k }: BprModel,
  { rate, keep, biasKeep }: { readonly rate: number; readonly keep: number; readonly biasKeep: number },
  seed: number,
  epoch: number,
): [number, number] {
  let [right, pairs] = [0, 0];
  for (const u of order) {
    const [first, end] = [start[u] ?? 0, start[u + 1] ?? 0];
    for (let n = first; n < end; n++) {
      const i = columns[n] ?? 0;
      const j = drawNegative(columns.subarray(first, end), n, items, seed, epoch);
      if (j === null) continue;
      const row = p.slice(u * k, (u + 1) * k);
      const [a, b] = [q.slice(i * k, (i + 1) * k), q.slice(j * k, (j + 1) * k)];
      const x = row.reduce(
        (sum, value, f) => sum + value * ((a[f] ?? 0) - (b[f] ?? 0)),
        (itemBias[i] ?? 0) - (itemBias[j] ?? 0),
      );
      right += x > 0 ? 1 : x === 0 ? 0.5 : 0;
      pairs++;
      const pull = rate / (1 + Math.exp(x));
      itemBias[i] = biasKeep * (itemBias[i] ?? 0) + pull;
      itemBias[j] = biasKeep * (itemBias[j] ?? 0) - pull;
      for (let f = 0; f < k; f++) {
        p[u * k + f] = keep * (row[f] ?? 0) + pull * ((a[f] ?? 0) - (b[f] ?? 0));
        q[i * k + f] = keep * (a[f] ?? 0) + pull * (row[f] ?? 0);
        q[j * k + f] = keep * (b[f] ?? 0) - pull * (row[f] ?? 0);
      }
    }
  }
  return [right, pairs];
}
