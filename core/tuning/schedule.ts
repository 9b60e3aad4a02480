import type { SearchSchedule, SearchStep } from "../contract/searches.ts";
import { ReelbenchError } from "../contract/errors.ts";

/** What one training of a trial is given; null: all of it. */
export type Budget = SearchStep["budget"];

export type LadderSchedule = Extract<SearchSchedule, { resource: unknown }>;

/**
 * Budgets of the rungs, smallest first: minimum · reduction^n, the last exactly the maximum. Epochs are whole.
 * @throws ReelbenchError RB_INVALID_INPUT where the ladder has no room.
 */
export function rungsOf({ resource, minimum, maximum, reduction }: LadderSchedule): NonNullable<Budget>[] {
  if (minimum > maximum) throw new ReelbenchError("RB_INVALID_INPUT", "The smallest budget is above the largest.");
  if (resource === "users" && maximum > 1)
    throw new ReelbenchError("RB_INVALID_INPUT", "A share of the users lies between 0 and 1.");
  if (resource === "epochs" && (minimum < 1 || !Number.isInteger(maximum)))
    throw new ReelbenchError("RB_INVALID_INPUT", "Epochs are whole numbers from 1 up.");
  const amounts: number[] = [];
  // From the top, so that every rung below has exactly 1/reduction of the next and the top is what was asked for.
  for (let amount = maximum; amount >= minimum * (1 - 1e-9); amount /= reduction) amounts.unshift(amount);
  const whole = resource === "epochs" ? amounts.map((amount) => Math.max(1, Math.round(amount))) : amounts;
  return [...new Set(whole)].map((amount) => ({ resource, amount }));
}

/** A trial's result at a rung. */
export interface RungResult {
  readonly trial: number;
  /** Small is good; +∞ where it failed. */
  readonly loss: number;
}

/** The best of a rung's results, best first; of equal losses the earlier trial. Failed ones are never among them. */
export function bestOf(results: readonly RungResult[], count: number): RungResult[] {
  return results
    .filter(({ loss }) => Number.isFinite(loss))
    .toSorted((a, b) => a.loss - b.loss || a.trial - b.trial)
    .slice(0, count);
}

/**
 * Asynchronous successive halving (Li, Jamieson, Rostamizadeh et al. 2020, "A system for massively parallel hyperparameter
 * tuning", algorithm 2): the highest rung of which a result is among the best 1/reduction and has not gone on yet; null
 * where there is none and a new trial is to begin.
 * @param results by rung, those that are known
 * @param promoted by rung, trials that already went on from it
 */
export function promotable(
  results: readonly (readonly RungResult[])[],
  promoted: readonly ReadonlySet<number>[],
  reduction: number,
): { readonly trial: number; readonly rung: number } | null {
  for (let rung = results.length - 2; rung >= 0; rung--) {
    const here = results[rung] ?? [];
    const candidates = bestOf(here, Math.floor(here.length / reduction));
    const next = candidates.find(({ trial }) => promoted[rung]?.has(trial) !== true);
    if (next !== undefined) return { trial: next.trial, rung: rung + 1 };
  }
  return null;
}

/**
 * Brackets of Hyperband (Li, Jamieson, DeSalvo et al. 2018, algorithm 1): how many trials begin at which rung. The boldest
 * first; again and again until the trials are dealt out.
 */
export function hyperbandBrackets(
  rungs: number,
  reduction: number,
  trials: number,
): { firstRung: number; trials: number }[] {
  const brackets: { firstRung: number; trials: number }[] = [];
  let left = trials;
  for (let round = 0; left > 0; round++) {
    const firstRung = round % rungs;
    const most = rungs - 1 - firstRung;
    const wanted = Math.ceil((rungs / (most + 1)) * reduction ** most);
    const here = Math.min(wanted, left);
    brackets.push({ firstRung, trials: here });
    left -= here;
  }
  return brackets;
}

/** Golovin et al. 2017, §3.2.2: a result worse than the median of the others at its rung, once there are enough. */
export function worseThanMedian(result: RungResult, others: readonly RungResult[], warmUp: number): boolean {
  if (!Number.isFinite(result.loss)) return true;
  if (others.length < warmUp) return false;
  const losses = others.map(({ loss }) => loss).sort((a, b) => a - b);
  const middle = losses.length >> 1;
  const upper = losses[middle] ?? Infinity;
  const median = losses.length % 2 === 1 ? upper : ((losses[middle - 1] ?? Infinity) + upper) / 2;
  return result.loss > median;
}

/** Numbers of factors that the doubling schedule goes through: from, 2·from, … to. */
export function doublings({ from, to }: { readonly from: number; readonly to: number }): number[] {
  if (from > to) throw new ReelbenchError("RB_INVALID_INPUT", "Doubling begins above its end.");
  const sizes: number[] = [];
  for (let size = from; size < to; size *= 2) sizes.push(size);
  return [...sizes, to];
}
