import type { TrainingSet } from "./algorithm.ts";
import { binOf, secondsPerDay, signedDeviation } from "./time-effects.ts";
import type { TimeSvdEffects } from "./time-effects.ts";

/** The times of a training set as timeSVD++ takes them. */
export interface RatingTimes {
  readonly span: Pick<TimeSvdEffects, "kind" | "servingTime" | "start" | "bins" | "deviationScale">;
  /** [users] mean day of a user's timed ratings; that of all for a user without any. */
  readonly userMean: Float32Array;
  /** [ratings] dev_u(t), 0 where the time is unknown. */
  readonly deviation: Float32Array;
  /** [ratings] item · bins + bin; −1 where the time is unknown. */
  readonly bin: Int32Array;
  /** [ratings] place in `day`; −1 where the time is unknown or the day too poor to have a bias. */
  readonly dayOfRating: Int32Array;
  /** By user: the distinct days of three ratings or more, ascending. */
  readonly dayStart: Int32Array;
  readonly day: Int32Array;
}

export function ratingTimes(data: TrainingSet, bins: number): RatingTimes {
  const time = data.time ?? new Float64Array(data.item.length).fill(NaN);
  let [start, servingTime] = [Infinity, -Infinity];
  for (let n = 0; n < time.length; n++) {
    const t = time[n] ?? NaN;
    if (t < start) start = t;
    if (t > servingTime) servingTime = t;
  }
  if (start > servingTime) [start, servingTime] = [0, 0];
  const span = {
    kind: "time-svd" as const,
    servingTime,
    start,
    bins,
    // With a span of less than a day, deviations are left as they are.
    deviationScale: Math.max(1, signedDeviation((servingTime - start) / secondsPerDay)),
  };
  const days = time.map((t) => (t - start) / secondsPerDay);
  const userMean = meanDays(data, days);
  const deviation = new Float32Array(time.length);
  const bin = new Int32Array(time.length).fill(-1);
  for (let u = 0; u < data.users; u++) {
    for (let n = data.userStart[u] ?? 0; n < (data.userStart[u + 1] ?? 0); n++) {
      const day = days[n] ?? NaN;
      if (Number.isNaN(day)) continue;
      deviation[n] = signedDeviation(day - (userMean[u] ?? 0)) / span.deviationScale;
      bin[n] = (data.item[n] ?? 0) * bins + binOf(span, time[n] ?? NaN);
    }
  }
  return { span, userMean, deviation, bin, ...distinctDays(data, days) };
}

function meanDays(data: TrainingSet, days: Float64Array): Float32Array {
  const known = days.filter((day) => !Number.isNaN(day));
  const overall = known.reduce((sum, day) => sum + day, 0) / Math.max(1, known.length);
  return Float32Array.from({ length: data.users }, (_, u) => {
    const mine = days.subarray(data.userStart[u], data.userStart[u + 1]).filter((day) => !Number.isNaN(day));
    return mine.length === 0 ? overall : mine.reduce((sum, day) => sum + day, 0) / mine.length;
  });
}

/** What a day has in common shows only where it has several ratings; alone, a rating would explain itself away. */
const smallestDay = 3;

function distinctDays(data: TrainingSet, days: Float64Array): Pick<RatingTimes, "dayOfRating" | "dayStart" | "day"> {
  const dayOfRating = new Int32Array(days.length).fill(-1);
  const dayStart = new Int32Array(data.users + 1);
  const all: number[] = [];
  for (let u = 0; u < data.users; u++) {
    const [first, end] = [data.userStart[u] ?? 0, data.userStart[u + 1] ?? 0];
    const whole = days.slice(first, end).map((day) => Math.floor(day));
    const sizes = new Map<number, number>();
    for (const day of whole) if (!Number.isNaN(day)) sizes.set(day, (sizes.get(day) ?? 0) + 1);
    const distinct = [...sizes].filter(([, size]) => size >= smallestDay).map(([day]) => day);
    distinct.sort((a, b) => a - b);
    const place = new Map(distinct.map((day, at) => [day, all.length + at]));
    whole.forEach((day, at) => (dayOfRating[first + at] = place.get(day) ?? -1));
    for (const day of distinct) all.push(day);
    dayStart[u + 1] = all.length;
  }
  return { dayOfRating, dayStart, day: Int32Array.from(all) };
}
