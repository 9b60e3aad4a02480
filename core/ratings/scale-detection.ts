import { z } from "zod";
import type { ReadOptions } from "../contract/entities.ts";
import { integer } from "./database.ts";
import type { Database } from "./database.ts";
import type { KnownLayout } from "./layouts.ts";

interface Range {
  readonly minimum: number;
  readonly maximum: number;
}

export interface ScaleReading {
  readonly range: Range;
  /** Ratings that lie outside. */
  readonly off: number;
  readonly warnings: readonly string[];
}

/** Scales in use, narrowest first. */
const usual: readonly Range[] = [
  { minimum: 0, maximum: 1 },
  { minimum: 1, maximum: 5 },
  { minimum: 0.5, maximum: 5 },
  { minimum: 0, maximum: 5 },
  { minimum: 1, maximum: 10 },
  { minimum: 0.5, maximum: 10 },
  { minimum: 0, maximum: 10 },
  { minimum: -10, maximum: 10 },
  { minimum: 1, maximum: 100 },
  { minimum: 0, maximum: 100 },
];

/** So few ratings outside a usual scale are slips; more are a scale of its own. */
const slips = (ratings: number) => Math.max(2, 0.002 * ratings);

/**
 * The scale by all ratings (`judged`, column `value`): what the options say; the layout's; the narrowest usual scale whose
 * top occurs and that holds all but a few slips; else from the lowest to the highest rating there is.
 */
export async function detectScale(
  database: Database,
  given: ReadOptions["scale"],
  layout: KnownLayout | null,
): Promise<ScaleReading> {
  const values = await database.all(
    z.object({ value: z.number(), n: integer }),
    "SELECT value, count(*) AS n FROM judged WHERE reason IS NULL AND isfinite(value) GROUP BY value ORDER BY n DESC, value LIMIT 100000",
  );
  return scaleOf(values, given, layout);
}

/** The same from every rating that occurs and how often. */
export function scaleOf(
  values: readonly { readonly value: number; readonly n: number }[],
  given: ReadOptions["scale"],
  layout: KnownLayout | null,
): ScaleReading {
  const ratings = values.reduce((sum, { n }) => sum + n, 0);
  const outside = ({ minimum, maximum }: Range) =>
    values.reduce((sum, { value, n }) => sum + (value < minimum || value > maximum ? n : 0), 0);
  const observed = values.reduce(
    (range, { value }) => ({ minimum: Math.min(range.minimum, value), maximum: Math.max(range.maximum, value) }),
    { minimum: Infinity, maximum: -Infinity },
  );
  if (given !== undefined) return { range: given, off: outside(given), warnings: [] };
  if (ratings === 0) return { range: layout?.scale ?? { minimum: 0, maximum: 0 }, off: 0, warnings: [] };
  const tops = new Set(values.map(({ value }) => value));
  const known = layout?.scale ?? null;
  if (known !== null && outside(known) === 0)
    return {
      range: narrowed(
        known,
        values.map(({ value }) => value),
      ),
      off: 0,
      warnings: [],
    };
  const halves = values.some(({ value }) => !Number.isInteger(value));
  // Scales with half stars begin at one half.
  const scales = usual.filter((range) => !(halves && range.minimum === 1 && range.maximum === 5));
  const fitting = scales.find((range) => tops.has(range.maximum) && outside(range) === 0);
  if (fitting !== undefined) return { range: fitting, off: 0, warnings: [] };
  const candidates = known === null ? scales : [known, ...scales];
  const trimmed = candidates.find(
    (range) => tops.has(range.maximum) && outside(range) <= slips(ratings) && outside(range) < ratings / 2,
  );
  if (trimmed === undefined) return { range: observed, off: 0, warnings: [] };
  const off = outside(trimmed);
  return {
    range: trimmed,
    off,
    warnings: [
      `${String(off)} ${off === 1 ? "rating lies" : "ratings lie"} off the scale ${String(trimmed.minimum)} to ${String(trimmed.maximum)} and ${off === 1 ? "was" : "were"} put aside. Name the scale if they belong to it.`,
    ],
  };
}

/** MovieLens with whole stars only (100K, 1M) goes from 1, with half stars from 0.5. */
export function narrowed(known: Range, values: readonly number[]): Range {
  return known.minimum === 0.5 && known.maximum === 5 && values.every(Number.isInteger)
    ? { minimum: 1, maximum: 5 }
    : known;
}

/** Smallest difference between two ratings that occur; null with fewer than two or when they lie too close to be steps. */
export function scaleStep(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  let step = Infinity;
  for (let i = 1; i < sorted.length; i++) step = Math.min(step, (sorted[i] ?? 0) - (sorted[i - 1] ?? 0));
  return Number.isFinite(step) && step > 1e-9 ? Number(step.toFixed(9)) : null;
}
