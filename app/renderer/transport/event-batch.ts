import type { CurvePoint, Job } from "../../../core/contract/entities.ts";
import type { EngineEvent } from "../../../core/contract/methods.ts";

export type ChangedEntity = Extract<EngineEvent, { type: "changed" }>["entity"];

/** What happened since the last time, with what was overtaken left out. */
export interface EventBatch {
  /** The latest state of each job that moved. */
  readonly jobs: readonly Job[];
  readonly changed: ReadonlySet<ChangedEntity>;
  readonly points: ReadonlyMap<string, readonly CurvePoint[]>;
}

export interface EventBatcher {
  add(event: EngineEvent): void;
  stop(): void;
}

/**
 * Gathers events and hands them on at most every `interval` milliseconds. A training on small data tells hundreds of
 * epochs a second; a screen drawn for each of them would do nothing else.
 */
export function createEventBatcher(apply: (batch: EventBatch) => void, interval = 250): EventBatcher {
  let jobs = new Map<string, Job>();
  let changed = new Set<ChangedEntity>();
  let points = new Map<string, CurvePoint[]>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const flush = () => {
    timer = undefined;
    const batch = { jobs: [...jobs.values()], changed, points };
    jobs = new Map();
    changed = new Set();
    points = new Map();
    apply(batch);
  };
  const gather = (event: EngineEvent) => {
    if (event.type === "job") jobs.set(event.job.id, event.job);
    else if (event.type === "changed") changed.add(event.entity);
    else {
      const gathered = points.get(event.runId);
      if (gathered === undefined) points.set(event.runId, [event.point]);
      else gathered.push(event.point);
    }
  };
  return {
    add(event) {
      gather(event);
      timer ??= setTimeout(flush, interval);
    },
    stop() {
      if (timer !== undefined) clearTimeout(timer);
    },
  };
}
