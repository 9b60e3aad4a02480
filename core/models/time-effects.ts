/**
 * What of a model of factors changes with time. The model's own biases and factors are those at `servingTime`, which is what
 * rankings use; a prediction for another moment adds what `core/recommend/time-effects.ts` makes of these. Times are Unix
 * seconds; days count from `start`.
 */
export type TimeEffects = TimeSvdEffects | DayEffects;

/**
 * timeSVD++ (Koren 2009, §4): b_i(t) = b_i + itemBins[i, bin(t)], b_u(t) = b_u + userSlope[u]·dev_u(t) + dayBias[u, day(t)],
 * p_u(t) = p_u + factorSlopes[u]·dev_u(t), dev_u(t) = sign(d)·|d|^0.4 / deviationScale, d = day(t) − userMean[u].
 */
export interface TimeSvdEffects {
  readonly kind: "time-svd";
  /** The newest time of the training. */
  readonly servingTime: number;
  /** The oldest time of the training; items' bins divide [start, servingTime] evenly. */
  readonly start: number;
  readonly bins: number;
  /** What a deviation is divided by: that of the whole span, so that deviations lie in −1 … 1. */
  readonly deviationScale: number;
  /** [items × bins] */
  readonly itemBins: Float32Array;
  /** [users] mean day of a user's ratings. */
  readonly userMean: Float32Array;
  /** [users] */
  readonly userSlope: Float32Array;
  /** [users × factors] */
  readonly factorSlopes: Float32Array;
  /** [users + 1]: user u has biases for the days day[dayStart[u]] … day[dayStart[u + 1] − 1], ascending whole days on which they rated much. */
  readonly dayStart: Int32Array;
  readonly day: Int32Array;
  /** Beside `day`. Not part of the stored biases: no day of the training is still to come. */
  readonly dayBias: Float32Array;
}

/**
 * Days as a third mode beside users and items (Bayesian timeSVD): on day d the score is `bias[d]` + p_u·`userSide[d]` + q_i·`itemSide[d]`
 * above that of the mean day, which is the one served: days have no order to the model, and a day that it has not seen is, as far
 * as it knows, the mean one.
 */
export interface DayEffects {
  readonly kind: "days";
  /** The newest time of the training. */
  readonly servingTime: number;
  /** [days] whole days since 1970 (UTC), ascending. */
  readonly day: Int32Array;
  /** [days] */
  readonly bias: Float32Array;
  /** [days × factors] */
  readonly userSide: Float32Array;
  /** [days × factors] */
  readonly itemSide: Float32Array;
}

export const secondsPerDay = 86_400;

/** The bin of a time; those before the first and after the last belong to these. */
export function binOf(span: Pick<TimeSvdEffects, "start" | "servingTime" | "bins">, time: number): number {
  const length = span.servingTime - span.start;
  if (!(length > 0)) return 0;
  return Math.max(0, Math.min(span.bins - 1, Math.floor(((time - span.start) / length) * span.bins)));
}

/** sign(d)·|d|^0.4 of a number of days, by + − × ÷ alone, so that every engine has the same bits. */
export function signedDeviation(days: number): number {
  if (days === 0) return 0;
  const root = fifthRoot(days * days);
  return days < 0 ? -root : root;
}

/** Newton's steps on y⁵ = x, from above, where they only fall. */
function fifthRoot(x: number): number {
  let y = Math.max(1, x);
  // x^(1/5) ≤ 1 + x/5; a start nearer to it saves steps for large x.
  y = Math.min(y, 1 + x / 5);
  for (let step = 0; step < 200; step++) {
    const fourth = y * y * y * y;
    const next = (4 * y + x / fourth) / 5;
    if (!(next < y)) return y;
    y = next;
  }
  return y;
}

/** Brings biases and user factors from each user's mean date, and items' from no bin, to serving time; −1: back from there. */
export function advance(
  effects: TimeSvdEffects,
  model: { readonly userBias: Float32Array; readonly itemBias: Float32Array; readonly userFactors: Float32Array },
  factors: number,
  direction: 1 | -1 = 1,
): void {
  const { userBias, itemBias, userFactors } = model;
  const today = (effects.servingTime - effects.start) / secondsPerDay;
  for (let u = 0; u < userBias.length; u++) {
    const drift = (direction * signedDeviation(today - (effects.userMean[u] ?? 0))) / effects.deviationScale;
    userBias[u] = (userBias[u] ?? 0) + drift * (effects.userSlope[u] ?? 0);
    for (let at = u * factors; at < (u + 1) * factors; at++) {
      userFactors[at] = (userFactors[at] ?? 0) + drift * (effects.factorSlopes[at] ?? 0);
    }
  }
  const last = binOf(effects, effects.servingTime);
  for (let i = 0; i < itemBias.length; i++) {
    itemBias[i] = (itemBias[i] ?? 0) + direction * (effects.itemBins[i * effects.bins + last] ?? 0);
  }
}
