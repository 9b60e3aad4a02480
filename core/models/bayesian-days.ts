import type { TrainingSet } from "./algorithm.ts";
import { secondsPerDay } from "./time-effects.ts";

export const unknownDay = -2147483648;

/** The days on which there are ratings. */
export interface Calendar {
  /** Whole days since 1970 (UTC), ascending; before them all `unknownDay` where some rating's time is not known. */
  readonly days: Int32Array;
  /** [ratings] the place of each rating's day in `days`. */
  readonly dayOf: Int32Array;
}

/** Ratings without a time share a day of their own. Null where no rating has a time. */
export function calendarOf({ time }: TrainingSet): Calendar | null {
  if (time === null || time.every(Number.isNaN)) return null;
  const day = Int32Array.from(time, (seconds) =>
    Number.isNaN(seconds) ? unknownDay : Math.floor(seconds / secondsPerDay),
  );
  const days = Int32Array.from(new Set(day)).sort();
  const place = new Map(Array.from(days, (value, at) => [value, at]));
  return { days, dayOf: day.map((value) => place.get(value) ?? 0) };
}
