import { coarseApplies, planCoarseItems, planCoarseSlot, writeCoarseItems } from "./coarse-scan.ts";
import type { CoarseItems, CoarseSlot } from "./coarse-scan.ts";
import { MemoryLayout, allocateShared, float32View, float64View, int32View, largestMemory } from "./memory-layout.ts";
import type { Region } from "./memory-layout.ts";

/** What the scan needs of a model: score(i) = constant + bias[i] + query · factors[i]. */
export interface ScanItems {
  readonly items: number;
  readonly factors: number;
  /** [items × factors] */
  readonly itemFactors: Float32Array;
  /** [items] */
  readonly itemBias: Float32Array;
}

export interface ScanOptions {
  /** How many threads may scan at the same time, each in a slot of its own. Default 1. */
  readonly slots?: number;
  /** The longest list that will be asked for. Default 256. */
  readonly longestList?: number;
  /** Whether whole rankings will be asked for (4 bytes a factor, and 48 bytes an item and slot). */
  readonly rankings?: boolean;
  /** Whether many will be asked for at once: a byte a factor more, for a first look in 8 bits. Default: where no rankings are. */
  readonly together?: boolean;
  /** Queries of a usual length: items that such a query may score high come first. Default 1. */
  readonly usualNorm?: number;
}

/**
 * The items of a model, laid out for the scan in one shared memory: whole numbers of 16 bits in panels of eight items, best
 * prospects first. Plain data: hand it to a worker and scan there in another slot.
 */
export interface ScanIndex {
  readonly memory: WebAssembly.Memory;
  readonly items: number;
  readonly factors: number;
  /** Pairs of factors, the last one filled up with a zero. */
  readonly pairs: number;
  readonly panels: Region;
  /** f32 [places]: score of a product of 1. */
  readonly scales: Region;
  /** f32 [places]; −∞ after the last item. */
  readonly biases: Region;
  readonly panelNorms: Region;
  readonly panelBiases: Region;
  /** i32 [places]: the item that stands there. */
  readonly itemAt: Region;
  /** i32 [items] */
  readonly placeOf: Region;
  /** f32 [items × factors] and [items], as the model has them, for rankings; or empty. */
  readonly itemFactors: Region;
  readonly itemBias: Region;
  /** f64 [items] 1 ÷ length of the item's factors, 0 for an item without; or empty. */
  readonly inverseLength: Region;
  readonly coarse: CoarseItems | null;
  /** Largest length of what rounding to 8 bits took off an item. */
  readonly coarseError: number;
  readonly bounds: ScanBounds;
  /** Bounds of stretches of places: items that come late are short, and their scores off by less. */
  readonly tiers: readonly { readonly until: number; readonly bounds: ScanBounds }[];
  readonly longestList: number;
  readonly slots: readonly ScanSlot[];
}

/** Over some items; for the error that a query's approximate scores can have. */
export interface ScanBounds {
  readonly norm: number;
  /** Largest length of what rounding to whole numbers took off an item. */
  readonly error: number;
  readonly bias: number;
}

/** Where one thread works. */
export interface ScanSlot {
  readonly queries: Region;
  readonly states: Region;
  readonly pools: Region;
  readonly blocked: Region;
  readonly ranking: RankingRegions | null;
  readonly coarse: CoarseSlot | null;
}

/** Where one thread makes rankings (assembly/rank.ts). */
export interface RankingRegions {
  /** f32 [4 × places] approximate scores. */
  readonly tiles: Region;
  /** f64 [factors] */
  readonly query: Region;
  /** f64 [places] each. */
  readonly keys: Region;
  readonly spare: Region;
  /** i32 [places]: the list. */
  readonly ranked: Region;
  /** i32 [places] */
  readonly relevant: Region;
  /** f64 [tiers × 2] */
  readonly tiers: Region;
  readonly table: Region;
  /** f64 [factors] */
  readonly directions: Region;
}

export const itemsPerPanel = 8;
export const queriesPerGroup = 4;
export const groupsPerCall = 16;
export const queriesPerCall = queriesPerGroup * groupsPerCall;
export const stateBytes = 112;
/** An item's and a query's length in whole numbers: products of two stay below 2³¹ whatever the directions (Cauchy–Schwarz). */
const wholeLength = 32_000;

const tierCount = 8;
/** As in assembly/rank.ts. */
const tableLength = 2048;

/** Candidates a pool holds for lists of n: enough that it is seldom sifted. */
export const poolCapacity = (n: number): number => 2 * n + 48;

interface Plan extends Omit<ScanIndex, "memory" | "bounds" | "tiers" | "coarseError"> {
  readonly layout: MemoryLayout;
}

function plan({ items, factors }: ScanItems, options: ScanOptions): Plan {
  const { slots = 1, longestList = 256, rankings = false, together = !rankings } = options;
  const layout = new MemoryLayout();
  const panelCount = Math.ceil(items / itemsPerPanel);
  const places = panelCount * itemsPerPanel;
  const pairs = Math.max(1, Math.ceil(factors / 2));
  const looksTwice = together && coarseApplies(factors);
  const regions = {
    panels: layout.int32(panelCount * pairs * itemsPerPanel),
    scales: layout.float32(places),
    biases: layout.float32(places),
    panelNorms: layout.float32(panelCount),
    panelBiases: layout.float32(panelCount),
    itemAt: layout.int32(places),
    placeOf: layout.int32(items),
    itemFactors: layout.float32(rankings ? items * factors : 0),
    itemBias: layout.float32(rankings ? items : 0),
    inverseLength: layout.float64(rankings ? items : 0),
    coarse: looksTwice ? planCoarseItems(layout, panelCount, pairs) : null,
  };
  const ranking = (): RankingRegions => ({
    tiles: layout.float32(queriesPerGroup * places),
    query: layout.float64(factors),
    keys: layout.float64(places),
    spare: layout.float64(places),
    ranked: layout.int32(places),
    relevant: layout.int32(places),
    tiers: layout.float64(tierCount * 2),
    table: layout.int32(tableLength),
    directions: layout.float64(factors),
  });
  const slot = (): ScanSlot => ({
    queries: layout.int32(queriesPerCall * pairs),
    states: layout.uint8(groupsPerCall * stateBytes),
    pools: layout.float32(queriesPerCall * poolCapacity(longestList) * 2),
    blocked: layout.uint8(queriesPerCall * panelCount),
    ranking: rankings ? ranking() : null,
    coarse: looksTwice ? planCoarseSlot(layout, queriesPerCall, pairs) : null,
  });
  return { layout, items, factors, pairs, longestList, ...regions, slots: Array.from({ length: slots }, slot) };
}

/** Whether an index of that shape fits into one memory. */
export function scanFits(shape: ScanItems, options: ScanOptions = {}): boolean {
  return plan(shape, options).layout.bytes <= largestMemory;
}

/** Throws RB_TRAIN_TOO_LARGE when it does not fit; ask `scanFits` first. Costs a pass over the factors and a sort. */
export function buildScanIndex(model: ScanItems, options: ScanOptions = {}): ScanIndex {
  const { layout, ...regions } = plan(model, options);
  const memory = allocateShared(layout.bytes);
  const { items, factors } = model;
  const norms = itemNorms(model);
  const order = byProspect(norms, model.itemBias, options.usualNorm ?? 1);
  const wholes = new Int16Array(memory.buffer, regions.panels.offset, regions.panels.length * 2);
  const scales = float32View(memory, regions.scales);
  const biases = float32View(memory, regions.biases).fill(-Infinity);
  const panelNorms = float32View(memory, regions.panelNorms);
  const panelBiases = float32View(memory, regions.panelBiases).fill(-Infinity);
  const itemAt = int32View(memory, regions.itemAt).fill(-1);
  const placeOf = int32View(memory, regions.placeOf);
  const tierLength = itemsPerPanel * Math.max(1, Math.ceil(items / itemsPerPanel / tierCount));
  const tiers = Array.from({ length: Math.ceil(items / tierLength) }, (_, tier) => ({
    until: Math.min(items, (tier + 1) * tierLength),
    bounds: { norm: 0, error: 0, bias: 0 },
  }));
  itemAt.set(order);
  if (options.rankings === true) {
    float32View(memory, regions.itemFactors).set(model.itemFactors);
    float32View(memory, regions.itemBias).set(model.itemBias);
    const inverse = float64View(memory, regions.inverseLength);
    for (let i = 0; i < items; i++) inverse[i] = norms[i]! > 0 ? 1 / norms[i]! : 0;
  }
  for (let place = 0; place < items; place++) {
    const item = itemAt[place]!;
    const panel = place >> 3;
    const norm = norms[item]!;
    const bias = model.itemBias[item]!;
    placeOf[item] = place;
    biases[place] = bias;
    const row = model.itemFactors.subarray(item * factors, (item + 1) * factors);
    const at = panel * regions.pairs * 16 + (place & 7) * 2;
    const { scale, error } = toWholeNumbers(row, norm, wholes, at, 16);
    scales[place] = scale;
    panelNorms[panel] = Math.max(panelNorms[panel]!, roundUp(norm));
    panelBiases[panel] = Math.max(panelBiases[panel]!, bias);
    const { bounds } = tiers[Math.floor(place / tierLength)]!;
    bounds.norm = Math.max(bounds.norm, norm);
    bounds.error = Math.max(bounds.error, error);
    bounds.bias = Math.max(bounds.bias, Math.abs(bias));
  }
  const largest = (of: (bounds: ScanBounds) => number) =>
    tiers.reduce((most, tier) => Math.max(most, of(tier.bounds)), 0);
  const bounds = {
    norm: largest(({ norm }) => norm),
    error: largest(({ error }) => error),
    bias: largest(({ bias }) => bias),
  };
  const { coarse } = regions;
  const coarseError = coarse === null ? 0 : writeCoarseItems(memory, coarse, model, itemAt);
  return { memory, ...regions, coarseError, bounds, tiers };
}

/**
 * Writes `row` as whole numbers of length `wholeLength` at most, two by two, `stride` apart; returns the factor back and the
 * length of what rounding took off.
 */
export function toWholeNumbers(
  row: Float32Array | Float64Array,
  norm: number,
  out: Int16Array,
  at: number,
  stride: number,
): { readonly scale: number; readonly error: number } {
  // Rounded up to float32 first, so that the kernel multiplies by the very number that was divided by.
  const scale = roundUp(norm / wholeLength);
  let squares = 0;
  for (let f = 0; f < row.length; f++) {
    const value = row[f]!;
    const whole = scale === 0 ? 0 : Math.round(value / scale);
    out[at + (f >> 1) * stride + (f & 1)] = whole;
    squares += (value - whole * scale) ** 2;
  }
  if (row.length % 2 === 1 || row.length === 0) out[at + (row.length >> 1) * stride + 1] = 0;
  if (row.length === 0) out[at] = 0;
  return { scale, error: Math.sqrt(squares) };
}

/** A float32 not below the number, which is not negative. */
export function roundUp(value: number): number {
  return Math.fround(value * (1 + 2 ** -22));
}

export function lengthOf(row: Float32Array | Float64Array): number {
  let squares = 0;
  for (let f = 0; f < row.length; f++) squares += row[f]! ** 2;
  return Math.sqrt(squares);
}

function itemNorms({ items, factors, itemFactors }: ScanItems): Float64Array {
  return Float64Array.from({ length: items }, (_, i) => lengthOf(itemFactors.subarray(i * factors, (i + 1) * factors)));
}

/** Items in descending order of the highest score that a query of the usual length could give them. */
function byProspect(norms: Float64Array, bias: Float32Array, usualNorm: number): Int32Array {
  const prospects = norms.map((norm, i) => norm * usualNorm + bias[i]!);
  return Int32Array.from(norms, (_, i) => i).sort((a, b) => prospects[b]! - prospects[a]! || a - b);
}
