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
      for (const [runId, added] of points) curves.set(runId, added.reduce(continued, curves.get(runId) ?? noPoints));
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
function continued(points: readonly CurvePoint[], point: CurvePoint): readonly CurvePoint[] {
  const last = points.at(-1);
  const kept =
    last !== undefined && last.epoch >= point.epoch ? points.filter(({ epoch }) => epoch < point.epoch) : points;
  return [...kept, point];
}

/** The stored curve and the points that came since, by epoch; the live ones win. */
export function joinCurves(stored: readonly CurvePoint[], live: readonly CurvePoint[]): readonly CurvePoint[] {
  if (live.length === 0) return stored;
  if (stored.length === 0) return live;
  const byEpoch = new Map([...stored, ...live].map((point) => [point.epoch, point]));
  return [...byEpoch.values()].sort((left, right) => left.epoch - right.epoch);
}
