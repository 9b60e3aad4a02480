import type { XY } from "./lttb.ts";

/** More than this and the curve no longer shows the run (TensorBoard allows 1 and draws a flat line). */
export const mostSmoothing = 0.95;

/** Exponential moving average with the start's bias taken out, as TensorBoard draws it. `weight` 0 leaves it as it is. */
export function smooth<P extends XY>(points: readonly P[], weight: number): readonly P[] {
  const bounded = Math.min(mostSmoothing, Math.max(0, weight));
  if (bounded === 0) return points;
  let average = 0;
  let remaining = 1;
  return points.map((point) => {
    average = bounded * average + (1 - bounded) * point.y;
    remaining *= bounded;
    return { ...point, y: average / (1 - remaining) };
  });
}
