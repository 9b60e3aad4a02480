import { float32View, int32View } from "../compute/memory-layout.ts";
import type { MemoryLayout, Region } from "../compute/memory-layout.ts";
import { rowRanges } from "../compute/program.ts";
import type { FeatureTable, TrainingSet } from "./algorithm.ts";
import { usersOf } from "./users-of-ratings.ts";

/** Columns of a row of a mode: factors up to a multiple of eight, then the bias, then zeros up to a multiple of sixteen. */
export interface RowLayout {
  readonly factors: number;
  /** Where the bias stands. */
  readonly bias: number;
  readonly width: number;
}

export function rowLayout(factors: number): RowLayout {
  const bias = Math.ceil(factors / 8) * 8;
  return { factors, bias, width: Math.ceil((bias + 1) / 16) * 16 };
}

/** Ratings by the rows of one mode, each with the rows of the other modes that it meets. */
export interface Entries {
  readonly start: Region;
  readonly first: Region;
  /** Null where there are but two modes. */
  readonly second: Region | null;
  readonly ratings: Region;
}

/** Features of a mode's rows, by feature (CSR), with a weight for each of the row's columns. */
export interface FeatureBlock {
  readonly features: number;
  readonly start: Region;
  readonly rows: Region;
  readonly values: Region;
  /** [features × width] */
  readonly weights: Region;
  /** [width] f64: λ of the weights, by column. */
  readonly precision: Region;
}

/** Users, items or days: their rows, what is known of them, and the hyperparameters they are drawn under. */
export interface Mode {
  readonly rows: number;
  readonly entries: Entries;
  /** [rows × width] the sample. */
  readonly sample: Region;
  /** [rows × width] μ + XB: what the features lead to expect. */
  readonly prior: Region;
  /** [rows × width] of items: the conditional mean about which `sample` was drawn. */
  readonly mean: Region | null;
  /** Intercept, α, sweep, whether means are wanted; then [width] λ by column. */
  readonly state: Region;
  /** Two for each range of rows. */
  readonly sums: Region;
  readonly blocks: readonly FeatureBlock[];
}

/** How much the ratings of each person scatter: of precision α·w_u, w_u ~ Gamma(ν/2, ν/2). */
export interface NoiseMemory {
  /** [users] f32: w, and √w for those who meet people's ratings. */
  readonly weights: Region;
  readonly roots: Region;
  /** [users] f64: Σ e² of a person's ratings, as the draw of the people leaves them. */
  readonly squares: Region;
}

export interface BayesianMemory {
  readonly row: RowLayout;
  readonly users: Mode;
  readonly items: Mode;
  readonly days: Mode | null;
  /** Null: all ratings have the same noise. */
  readonly noise: NoiseMemory | null;
  readonly scratch: { readonly flags: Region; readonly region: Region; readonly slots: number; readonly bytes: number };
}

export interface BayesianShape {
  readonly users: number;
  readonly items: number;
  readonly ratings: number;
  /** 0: no time. */
  readonly days: number;
  readonly implicitItems: boolean;
  readonly implicitUsers: boolean;
  readonly userNoise: boolean;
  readonly userFeatures: { readonly features: number; readonly entries: number } | null;
  readonly itemFeatures: { readonly features: number; readonly entries: number } | null;
}

export const entriesPerCall = 4096;
const chunk = 128;

export function planBayesian(
  layout: MemoryLayout,
  shape: BayesianShape,
  factors: number,
  threads: number,
): BayesianMemory {
  const row = rowLayout(factors);
  const { users, items, ratings, days } = shape;
  const modes = days > 0 ? 3 : 2;
  const entries = (rows: number): Entries => ({
    start: layout.int32(rows + 1),
    first: layout.int32(ratings),
    second: modes === 3 ? layout.int32(ratings) : null,
    ratings: layout.float32(ratings),
  });
  const block = (features: number, start: Region, rows: Region): FeatureBlock => ({
    features,
    start,
    rows,
    values: layout.float32(rows.length),
    weights: layout.float32(features * row.width),
    precision: layout.float64(row.width),
  });
  const sideBlock = (table: { features: number; entries: number } | null): FeatureBlock[] =>
    table === null ? [] : [block(table.features, layout.int32(table.features + 1), layout.int32(table.entries))];
  const mode = (rows: number, own: Entries, blocks: readonly FeatureBlock[], hasMeans = false): Mode => ({
    rows,
    entries: own,
    sample: layout.float32(rows * row.width),
    prior: layout.float32(rows * row.width),
    mean: hasMeans ? layout.float32(rows * row.width) : null,
    state: layout.float64(4 + row.width),
    // A range holds, but for the last, at least `entriesPerCall` entries and rows.
    sums: layout.float64(2 * (Math.ceil((ratings + rows) / entriesPerCall) + 1)),
    blocks,
  });
  const byUser = entries(users);
  const byItem = entries(items);
  // Who rated item j is what item j, as a feature of people, is about; and the other way round.
  const implicitItems = shape.implicitItems ? [block(items, byItem.start, byItem.first)] : [];
  const implicitUsers = shape.implicitUsers ? [block(users, byUser.start, byUser.first)] : [];
  const n = row.bias + 4;
  const bytes = Math.ceil((n * n * 8 + 5 * n * 8 + chunk * (n * 4 + 4)) / 64) * 64;
  return {
    row,
    users: mode(users, byUser, [...implicitItems, ...sideBlock(shape.userFeatures)]),
    items: mode(items, byItem, [...implicitUsers, ...sideBlock(shape.itemFeatures)], true),
    days: days > 0 ? mode(days, entries(days), []) : null,
    scratch: { flags: layout.int32(threads), region: layout.float64((threads * bytes) / 8), slots: threads, bytes },
    noise: shape.userNoise
      ? { weights: layout.float32(users), roots: layout.float32(users), squares: layout.float64(users) }
      : null,
  };
}

/** Fills what does not change during sampling. `dayOf` [ratings]: the day of each rating, where days are a mode. */
export function loadBayesian(
  memory: WebAssembly.Memory,
  plan: Pick<BayesianMemory, "users" | "items" | "days" | "noise">,
  data: TrainingSet,
  dayOf: Int32Array | null,
  ratingFactor: number,
): void {
  const { users, items, days } = plan;
  const userOf = usersOf(data);
  if (plan.noise !== null)
    for (const region of [plan.noise.weights, plan.noise.roots]) float32View(memory, region).fill(1);
  const ratings = data.rating.map((rating) => rating * ratingFactor);
  fillEntries(memory, users.entries, null, data.userStart, [data.item, dayOf], ratings);
  fillEntries(memory, items.entries, ...byKey(data.item, items.rows), [userOf, dayOf], ratings);
  if (days !== null && dayOf !== null)
    fillEntries(memory, days.entries, ...byKey(dayOf, days.rows), [userOf, data.item], ratings);
}

function fillEntries(
  memory: WebAssembly.Memory,
  entries: Entries,
  order: Int32Array | null,
  start: Int32Array,
  columns: readonly [Int32Array, Int32Array | null],
  ratings: Float32Array,
): void {
  int32View(memory, entries.start).set(start);
  const arranged = (values: Int32Array, into: Int32Array): void => {
    if (order === null) into.set(values);
    else for (let n = 0; n < order.length; n++) into[n] = values[order[n] ?? 0] ?? 0;
  };
  arranged(columns[0], int32View(memory, entries.first));
  if (entries.second !== null && columns[1] !== null) arranged(columns[1], int32View(memory, entries.second));
  const values = float32View(memory, entries.ratings);
  if (order === null) values.set(ratings);
  else for (let n = 0; n < order.length; n++) values[n] = ratings[order[n] ?? 0] ?? 0;
}

/** The entries ordered by key (equal keys: as they were), and where each key's begin. */
export function byKey(keys: Int32Array, count: number): [order: Int32Array, start: Int32Array] {
  const start = new Int32Array(count + 1);
  for (const key of keys) start[key + 1] = (start[key + 1] ?? 0) + 1;
  for (let key = 0; key < count; key++) start[key + 1] = (start[key + 1] ?? 0) + (start[key] ?? 0);
  const next = start.slice();
  const order = new Int32Array(keys.length);
  keys.forEach((key, n) => {
    const place = next[key] ?? 0;
    next[key] = place + 1;
    order[place] = n;
  });
  return [order, start];
}

/** 1/√(entries of the row), the weight of an implicit feature of that row (Koren 2008), for every entry of a block. */
export function fillImplicit(memory: WebAssembly.Memory, block: FeatureBlock, rowStart: Int32Array): void {
  const values = float32View(memory, block.values);
  int32View(memory, block.rows).forEach((row, n) => {
    values[n] = 1 / Math.sqrt((rowStart[row + 1] ?? 0) - (rowStart[row] ?? 0));
  });
}

export function modeRanges(memory: WebAssembly.Memory, mode: Mode): { readonly from: number; readonly to: number }[] {
  return rowRanges(int32View(memory, mode.entries.start), entriesPerCall);
}

/** The features of a mode's rows, turned to stand by feature. */
export function loadFeatures(memory: WebAssembly.Memory, block: FeatureBlock, table: FeatureTable, rows: number): void {
  const rowOf = new Int32Array(table.index.length);
  for (let row = 0; row < rows; row++) rowOf.fill(row, table.start[row], table.start[row + 1]);
  const [order, start] = byKey(table.index, block.features);
  int32View(memory, block.start).set(start);
  const rowsOut = int32View(memory, block.rows);
  const values = float32View(memory, block.values);
  order.forEach((n, at) => {
    rowsOut[at] = rowOf[n] ?? 0;
    values[at] = table.value?.[n] ?? 1;
  });
}
