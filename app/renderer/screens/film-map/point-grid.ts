/** Points by place, to find the one under a pointer among tens of thousands without looking at all of them. */
export interface PointGrid {
  /** The nearest point within `reach` that `isShown`; null where there is none. */
  nearest(x: number, y: number, reach: number, isShown: (at: number) => boolean): number | null;
}

const pointsPerCell = 4;

export function pointGrid(x: Float32Array, y: Float32Array): PointGrid {
  const [x0, x1] = extent(x);
  const [y0, y1] = extent(y);
  const side = Math.max(1, Math.ceil(Math.sqrt(x.length / pointsPerCell)));
  const column = (value: number) => cellOf(value, x0, x1, side);
  const row = (value: number) => cellOf(value, y0, y1, side);
  const start = new Int32Array(side * side + 1);
  const cells = new Int32Array(x.length);
  for (let at = 0; at < x.length; at++) cells[at] = row(y[at] ?? 0) * side + column(x[at] ?? 0);
  for (const cell of cells) start[cell + 1] = (start[cell + 1] ?? 0) + 1;
  for (let cell = 0; cell < side * side; cell++) start[cell + 1] = (start[cell + 1] ?? 0) + (start[cell] ?? 0);
  const next = start.slice();
  const points = new Int32Array(x.length);
  cells.forEach((cell, at) => {
    const place = next[cell] ?? 0;
    points[place] = at;
    next[cell] = place + 1;
  });
  return {
    nearest(atX, atY, reach, isShown) {
      let best: number | null = null;
      let least = reach ** 2;
      for (let r = row(atY - reach); r <= row(atY + reach); r++) {
        const from = start[r * side + column(atX - reach)] ?? 0;
        const to = start[r * side + column(atX + reach) + 1] ?? 0;
        for (let place = from; place < to; place++) {
          const at = points[place] ?? 0;
          const away = ((x[at] ?? 0) - atX) ** 2 + ((y[at] ?? 0) - atY) ** 2;
          if (away <= least && isShown(at)) {
            best = at;
            least = away;
          }
        }
      }
      return best;
    },
  };
}

function cellOf(value: number, low: number, high: number, side: number): number {
  if (!(high > low)) return 0;
  return Math.max(0, Math.min(side - 1, Math.floor((side * (value - low)) / (high - low))));
}

function extent(values: Float32Array): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}
