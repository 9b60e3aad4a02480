/** A point of a series. */
export interface XY {
  readonly x: number;
  readonly y: number;
}

/** What a chart is given at most: more cannot be told apart on a screen and makes it slow. */
export const mostPoints = 600;

/**
 * Largest-Triangle-Three-Buckets (Steinarsson 2013, §4.2): keeps `threshold` points whose line looks like that of all.
 * The first and the last stay; from each of the buckets between, the point that spans the largest triangle with the one
 * kept before and the mean of the next bucket. `points` are ordered by x. Returned as they are when there are few enough.
 */
export function largestTriangleThreeBuckets<P extends XY>(
  points: readonly P[],
  threshold: number = mostPoints,
): readonly P[] {
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined || points.length <= threshold || threshold < 3) return points;
  const width = (points.length - 2) / (threshold - 2);
  const kept: P[] = [first];
  let anchor = first;
  for (let bucket = 0; bucket < threshold - 2; bucket++) {
    const start = Math.floor(bucket * width) + 1;
    const end = Math.floor((bucket + 1) * width) + 1;
    const mean = meanOf(points, end, Math.min(points.length, Math.floor((bucket + 2) * width) + 1));
    anchor = largestTriangle(points, start, end, anchor, mean);
    kept.push(anchor);
  }
  kept.push(last);
  return kept;
}

// Loops over indices: curves are thinned again for every redraw, and copies of each bucket were most of its cost.
function meanOf(points: readonly XY[], start: number, end: number): XY {
  let x = 0;
  let y = 0;
  const until = Math.min(points.length, Math.max(end, start + 1));
  for (let index = start; index < until; index++) {
    const point = points[index];
    if (point === undefined) break;
    x += point.x;
    y += point.y;
  }
  const count = until - start;
  return { x: x / count, y: y / count };
}

function largestTriangle<P extends XY>(points: readonly P[], start: number, end: number, anchor: P, mean: XY): P {
  let best = points[start] ?? anchor;
  let largest = -1;
  for (let index = start; index < end; index++) {
    const point = points[index];
    if (point === undefined) break;
    const area = Math.abs((anchor.x - mean.x) * (point.y - anchor.y) - (anchor.x - point.x) * (mean.y - anchor.y));
    if (area > largest) {
      largest = area;
      best = point;
    }
  }
  return best;
}
