import { coarseScanBytes } from "./kernel-bytes.ts";
import type { MemoryLayout, Region } from "./memory-layout.ts";
import { float32View, uint8View } from "./memory-layout.ts";

/** What assembly/coarse-scan.ts exports. */
export interface CoarseKernels {
  coarsePanels(
    panels: number,
    pairs: number,
    halfPairs: number,
    from: number,
    to: number,
    norms: number,
    biases: number,
    errors: number,
    inverses: number,
    queries: number,
    group: number,
    states: number,
    spill: number,
    hits: number,
  ): number;
}

/** Items in whole numbers of 8 bits, one scale a panel, for the first look of many queries at once. */
export interface CoarseItems {
  readonly panels: Region;
  /** f32 [panels]: the largest length of what rounding took off an item. */
  readonly errors: Region;
  /** f32 [panels]: 1 ÷ what a product of 1 of the panel's side is worth. */
  readonly inverses: Region;
}

/** Where one thread takes the first look. */
export interface CoarseSlot {
  readonly queries: Region;
  readonly groups: Region;
  readonly spill: Region;
  /** i32: panel · 8 + query */
  readonly hits: Region;
}

export const queriesPerCoarseGroup = 8;
export const coarseGroupBytes = 176;
export const panelsPerCoarseCall = 128;
const itemsPerPanel = 8;
const largestItemNumber = 63;
export const largestQueryNumber = 127;
/** Within it, the sums of half the factors fit into 16 bits. */
const mostFactors = 4096;

export const coarseApplies = (factors: number): boolean => factors >= 8 && factors <= mostFactors;

export const halfOf = (pairs: number): number => Math.ceil(pairs / 2);

export function planCoarseItems(layout: MemoryLayout, panelCount: number, pairs: number): CoarseItems {
  return {
    panels: layout.uint8(panelCount * pairs * 2 * itemsPerPanel),
    errors: layout.float32(panelCount),
    inverses: layout.float32(panelCount),
  };
}

export function planCoarseSlot(layout: MemoryLayout, queries: number, pairs: number): CoarseSlot {
  return {
    queries: layout.uint8(queries * pairs * 2),
    groups: layout.uint8((queries / queriesPerCoarseGroup) * coarseGroupBytes),
    spill: layout.uint8(16 * queriesPerCoarseGroup),
    hits: layout.int32(panelsPerCoarseCall * queriesPerCoarseGroup),
  };
}

/** Writes the items, in the order of the places `itemAt`; returns the largest length of what rounding took off one. */
export function writeCoarseItems(
  memory: WebAssembly.Memory,
  regions: CoarseItems,
  { itemFactors, factors }: { readonly itemFactors: Float32Array; readonly factors: number },
  itemAt: Int32Array,
): number {
  const pairs = Math.ceil(factors / 2);
  const bytes = uint8View(memory, regions.panels).fill(largestItemNumber + 1);
  const errors = float32View(memory, regions.errors);
  const inverses = float32View(memory, regions.inverses);
  let largest = 0;
  for (let panel = 0; panel < errors.length; panel++) {
    const rows: Float32Array[] = [];
    for (const item of itemAt.subarray(panel * itemsPerPanel, (panel + 1) * itemsPerPanel))
      if (item >= 0) rows.push(itemFactors.subarray(item * factors, (item + 1) * factors));
    const scale = rows.reduce((most, row) => Math.max(most, coarseScale(row, largestItemNumber)), 0);
    inverses[panel] = 1 / scale;
    rows.forEach((row, lane) => {
      let squares = 0;
      const start = panel * pairs * 2 * itemsPerPanel + lane * 2;
      for (let f = 0; f < factors; f++) {
        const whole = wholeOf(row[f]!, scale, largestItemNumber);
        bytes[start + (f >> 1) * 2 * itemsPerPanel + (f & 1)] = whole + largestItemNumber + 1;
        squares += (row[f]! - whole * scale) ** 2;
      }
      errors[panel] = Math.max(errors[panel]!, Math.fround(Math.sqrt(squares) * (1 + 2 ** -22)));
    });
    largest = Math.max(largest, errors[panel]!);
  }
  return largest;
}

/**
 * What a whole number is worth so that none is larger than `most`, and that of two such rows the products of either half of
 * the factors sum up to less than 2¹⁵ (Cauchy–Schwarz; rounding lengthens a half by half the root of its size at most).
 */
export function coarseScale(row: Float32Array | Float64Array, most: number): number {
  const half = Math.min(row.length, 2 * halfOf(Math.ceil(row.length / 2)));
  let largest = 0;
  let first = 0;
  let second = 0;
  for (let f = 0; f < half; f++) {
    first += row[f]! ** 2;
    largest = Math.max(largest, Math.abs(row[f]!));
  }
  for (let f = half; f < row.length; f++) {
    second += row[f]! ** 2;
    largest = Math.max(largest, Math.abs(row[f]!));
  }
  const length = 181 - 0.5 * Math.sqrt(half);
  return Math.fround(Math.max(largest / most, Math.sqrt(Math.max(first, second)) / length) * (1 + 2 ** -22));
}

/** The clamp is for scales so small that float32 has few digits left. */
export function wholeOf(value: number, scale: number, most: number): number {
  return scale === 0 ? 0 : Math.max(-most, Math.min(most, Math.round(value / scale)));
}

let compiled: Promise<WebAssembly.Module | null> | undefined;

/** Null where the runtime has no relaxed SIMD (Node before 22): then everything is looked at in 16 bits. */
export function coarseScanModule(): Promise<WebAssembly.Module | null> {
  const bytes = coarseScanBytes();
  compiled ??= WebAssembly.validate(bytes) ? WebAssembly.compile(bytes) : Promise.resolve(null);
  return compiled;
}

export function instantiateCoarse(module: WebAssembly.Module, memory: WebAssembly.Memory): CoarseKernels {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as CoarseKernels;
}
