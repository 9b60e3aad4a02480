/** What became of requests of one sort during one kind of fault. */
export interface Counts {
  asked: number;
  answered: number;
  /** 503 with Retry-After. */
  shed: number;
  failed: number;
  /** Their server was killed under them. */
  dead: number;
  /** Refused because their token has expired, by a clock that is ahead: the right answer. */
  expired: number;
  /** Milliseconds, of those that were answered. */
  readonly times: number[];
}

export type Sort = "recommendations" | "feedback";
export type Outcome = "answered" | "shed" | "failed" | "dead" | "expired";

export interface Tally {
  count(during: string, sort: Sort, outcome: Outcome, milliseconds: number): void;
  of(during: string, sort: Sort): Counts;
  total(sort: Sort): Counts;
}

const nothing = (): Counts => ({ asked: 0, answered: 0, shed: 0, failed: 0, dead: 0, expired: 0, times: [] });

export function createTally(): Tally {
  const counts = new Map<string, Counts>();
  const at = (during: string, sort: Sort) => {
    const key = `${sort}\n${during}`;
    let found = counts.get(key);
    if (found === undefined) counts.set(key, (found = nothing()));
    return found;
  };
  return {
    count(during, sort, outcome, milliseconds) {
      const found = at(during, sort);
      found.asked++;
      found[outcome]++;
      if (outcome === "answered") found.times.push(milliseconds);
    },
    of: at,
    total(sort) {
      const sum = nothing();
      for (const [key, each] of counts) {
        if (!key.startsWith(`${sort}\n`)) continue;
        for (const name of ["asked", "answered", "shed", "failed", "dead", "expired"] as const) sum[name] += each[name];
        for (const time of each.times) sum.times.push(time);
      }
      return sum;
    },
  };
}

/**
 * Of those that were due an answer (their server was not killed, their token had not expired): the share that was answered,
 * and the share that was answered or deliberately shed.
 */
export function availability({ asked, answered, shed, dead, expired }: Counts) {
  const counted = asked - dead - expired;
  return counted === 0
    ? { strict: 1, shedAsGood: 1 }
    : { strict: answered / counted, shedAsGood: (answered + shed) / counted };
}

export function percentile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
