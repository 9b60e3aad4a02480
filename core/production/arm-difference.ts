import type { ArmOutcome } from "./experiments.ts";

export interface ArmDifference {
  /** Challenger's mean minus champion's. */
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly level: number;
}

/** z with P(Z ≤ z) = 0.975. */
const normalQuantile975 = 1.959963984540054;

/** Users an arm must have before an interval is given: below, the normal approximation says little. */
export const leastUsers = 30;

/**
 * The difference of two means of independent users with its 95 % interval: Welch's standard error and the normal quantile, good
 * from some thirty users an arm. Null where an arm has fewer. An interval looked at again and again until it excludes 0
 * excludes it too often: decide on a length beforehand.
 */
export function armDifference(champion: ArmOutcome, challenger: ArmOutcome): ArmDifference | null {
  if (Math.min(champion.users, challenger.users) < leastUsers) return null;
  const value = challenger.mean - champion.mean;
  const error = Math.sqrt(champion.variance / champion.users + challenger.variance / challenger.users);
  const reach = normalQuantile975 * error;
  return { value, low: value - reach, high: value + reach, level: 0.95 };
}
