/**
 * Round numbers that cover low … high: multiples of 1, 2 or 5 × 10ⁿ, about `count` of them (Heckbert, "Nice numbers for
 * graph labels", Graphics Gems, 1990). The first lies at or below low, the last at or above high.
 */
export function niceTicks(low: number, high: number, count = 5): readonly number[] {
  const span = high - low;
  if (!Number.isFinite(span) || span <= 0) return [low];
  const rough = span / Math.max(1, count - 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const fraction = rough / power;
  const step = (fraction < 1.5 ? 1 : fraction < 3 ? 2 : fraction < 7 ? 5 : 10) * power;
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  // Each tick from its own index: adding up would pile up rounding errors.
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}
