import type { TrainingOptions } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";
import type { TrainingSet } from "../models/algorithm.ts";

const secondsPerDay = 86_400;

/** Whether the options change what the ratings say, so that predicted ratings can no longer be held against real ones. */
export function changesValues({ likes }: TrainingOptions): boolean {
  return likes !== undefined && (likes.values === "equal" || likes.low === "worst");
}

/** Whether the options give ratings different weights, which only algorithms that use weights heed. */
export function givesWeights({ confidence, halfLifeDays }: TrainingOptions): boolean {
  return confidence !== undefined || halfLifeDays !== undefined;
}

/**
 * The training set a run learns from: likes and dislikes told apart, weights by confidence (Hu, Koren and Volinsky 2008,
 * §4) and by age (exponential decay: Koren 2009, §5.2, has it for neighbourhoods). Weights are worked out from the ratings as given;
 * ratings of unknown time weigh as much as the oldest one. The scale stays the snapshot's, so that a model can fold in ratings as people
 * give them. The given arrays are left as they are.
 * Throws RB_SPLIT_EMPTY when no rating is left, RB_INVALID_INPUT when decay is asked of ratings without times.
 */
export function applyTrainingOptions(set: TrainingSet, options: TrainingOptions): TrainingSet {
  const weight = givesWeights(options) ? weightsOf(set, options) : null;
  const weighted = weight === null ? set : { ...set, weight };
  const made = options.likes === undefined ? weighted : withLikes(weighted, options.likes);
  if (made.item.length === 0)
    throw new ReelbenchError("RB_SPLIT_EMPTY", "The training options leave no rating to train on.");
  return made;
}

function weightsOf(set: TrainingSet, { confidence, halfLifeDays }: TrainingOptions): Float32Array {
  const { rating, time, scale } = set;
  const weight = new Float32Array(new SharedArrayBuffer(4 * rating.length)).fill(1);
  const range = scale.maximum - scale.minimum;
  if (confidence !== undefined && range > 0)
    rating.forEach((value, at) => (weight[at] = 1 + (confidence * (value - scale.minimum)) / range));
  if (halfLifeDays === undefined) return weight;
  if (time === null)
    throw new ReelbenchError("RB_INVALID_INPUT", "The ratings have no times, so they cannot lose weight with age.", {
      remedy: "Leave the half-life out.",
    });
  let newest = -Infinity;
  let oldest = Infinity;
  for (const moment of time) {
    if (moment > newest) newest = moment;
    if (moment < oldest) oldest = moment;
  }
  if (newest === -Infinity) return weight;
  time.forEach((moment, at) => {
    const age = (newest - (Number.isNaN(moment) ? oldest : moment)) / secondsPerDay;
    weight[at] = (weight[at] ?? 1) * 2 ** (-age / halfLifeDays);
  });
  return weight;
}

function withLikes(set: TrainingSet, { from, values, low }: NonNullable<TrainingOptions["likes"]>): TrainingSet {
  const { users, userStart, item, rating, time } = set;
  const { minimum, maximum } = set.scale;
  const isKept = (at: number) => low === "worst" || (rating[at] ?? 0) >= from;
  const start = new Int32Array(new SharedArrayBuffer(4 * (users + 1)));
  for (let u = 0; u < users; u++) {
    let kept = 0;
    for (let at = userStart[u] ?? 0; at < (userStart[u + 1] ?? 0); at++) if (isKept(at)) kept++;
    start[u + 1] = (start[u] ?? 0) + kept;
  }
  const size = start[users] ?? 0;
  const kept = {
    item: new Int32Array(new SharedArrayBuffer(4 * size)),
    rating: new Float32Array(new SharedArrayBuffer(4 * size)),
    time: time === null ? null : new Float64Array(new SharedArrayBuffer(8 * size)),
    weight: set.weight == null ? null : new Float32Array(new SharedArrayBuffer(4 * size)),
  };
  let to = 0;
  for (let at = 0; at < item.length; at++) {
    if (!isKept(at)) continue;
    const value = rating[at] ?? 0;
    kept.item[to] = item[at] ?? 0;
    kept.rating[to] = value < from ? minimum : values === "equal" ? maximum : value;
    if (kept.time !== null) kept.time[to] = time?.[at] ?? Number.NaN;
    if (kept.weight !== null) kept.weight[to] = set.weight?.[at] ?? 1;
    to++;
  }
  return { ...set, ...kept, userStart: start };
}
