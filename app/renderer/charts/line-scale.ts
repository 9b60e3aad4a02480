import { niceTicks } from "./nice-ticks.ts";

/** Maps values to pixels and names the ticks between. */
export interface LineScale {
  readonly ticks: readonly number[];
  /** Pixels; null where the value has no place on a logarithmic axis. */
  place(value: number): number | null;
}

/** From `low` … `high` onto pixels `from` … `to`, in round steps around them, or exactly (`tight`). */
export function linearScale(
  [low, high]: readonly [number, number],
  [from, to]: readonly [number, number],
  { ticks: wanted = 5, tight = false } = {},
): LineScale {
  const round = niceTicks(low, high === low ? low + (Math.abs(low) || 1) * 0.1 : high, wanted);
  const first = tight ? low : (round[0] ?? low);
  const last = tight ? high : (round.at(-1) ?? high);
  const span = last - first || 1;
  return {
    ticks: round.filter((tick) => tick >= first && tick <= last),
    place: (value) => from + ((value - first) / span) * (to - from),
  };
}

/** Powers of ten, with 2 and 5 between them where there is room; only positive values have a place. */
export function logarithmicScale(
  [low, high]: readonly [number, number],
  [from, to]: readonly [number, number],
): LineScale {
  const bottom = Math.log10(low);
  const top = high > low ? Math.log10(high) : bottom + 0.1;
  const ticks: number[] = [];
  for (let power = Math.floor(bottom); power <= Math.ceil(top); power++) {
    for (const factor of top - bottom > 3 ? [1] : [1, 2, 5]) ticks.push(Number((factor * 10 ** power).toPrecision(12)));
  }
  const inside = ticks.filter((tick) => Math.log10(tick) >= bottom - 1e-9 && Math.log10(tick) <= top + 1e-9);
  return {
    // Within one step of 1-2-5 there is none or one: round numbers say more than nothing.
    ticks: inside.length >= 2 ? inside : niceTicks(low, high, 4).filter((tick) => tick >= low && tick <= high),
    place: (value) => (value > 0 ? from + ((Math.log10(value) - bottom) / (top - bottom)) * (to - from) : null),
  };
}
