import type { CurvePoint } from "../../../core/contract/entities.ts";

/** Learning-curve points as they arrive, for each run in training. Arrays are replaced, never changed. */
export interface LiveCurves {
  add(points: ReadonlyMap<string, readonly CurvePoint[]>): void;
  get(runId: string): readonly CurvePoint[];
  /** Grows with every addition. */
  version(): number;
  subscribe(listener: () => void): () => void;
}

const noPoints: readonly CurvePoint[] = [];

export function createLiveCurves(): LiveCurves {
  const curves = new Map<string, readonly CurvePoint[]>();
  const listeners = new Set<() => void>();
  let version = 0;
  return {
    version: () => version,
    add(points) {
      for (const [runId, added] of points) curves.set(runId, continued(curves.get(runId) ?? noPoints, added));
      version += 1;
      for (const listener of listeners) listener();
    },
    get: (runId) => curves.get(runId) ?? noPoints,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** A resumed training tells its epochs again from the checkpoint: what is told last holds. */
function continued(points: readonly CurvePoint[], added: readonly CurvePoint[]): readonly CurvePoint[] {
  const [first] = added;
  if (first === undefined) return points;
  const from = points.findLastIndex(({ epoch }) => epoch < first.epoch) + 1;
  const next = points.slice(0, from);
  for (const point of added) {
    // Told again within the same batch.
    while ((next.at(-1)?.epoch ?? -1) >= point.epoch) next.pop();
    next.push(point);
  }
  return next;
}

/** The stored curve and the points that came since, by epoch; the live ones win. */
export function joinCurves(stored: readonly CurvePoint[], live: readonly CurvePoint[]): readonly CurvePoint[] {
  if (live.length === 0) return stored;
  if (stored.length === 0) return live;
  const byEpoch = new Map([...stored, ...live].map((point) => [point.epoch, point]));
  return [...byEpoch.values()].sort((left, right) => left.epoch - right.epoch);
}
