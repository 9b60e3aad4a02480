import { createLane } from "../jobs/lane.ts";
import type { Lane } from "../jobs/lane.ts";

/** Imports run beside each other and beside a training; trainings use all cores, so one at a time; targets change one at a time. */
export type LaneName = "data" | "training" | "publish";

export type Lanes = Readonly<Record<LaneName, Lane>>;

export function createLanes(): Lanes {
  return { data: createLane(2), training: createLane(1), publish: createLane(1) };
}
