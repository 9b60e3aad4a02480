import { useSyncExternalStore } from "react";
import type { CurvePoint, Run } from "../../../core/contract/entities.ts";
import { useEngine } from "./engine-context.tsx";
import { joinCurves } from "./live-curves.ts";

/** The learning curves of these runs, stored and live, by run. */
export function useCurves(runs: readonly Pick<Run, "id" | "curve">[]): ReadonlyMap<string, readonly CurvePoint[]> {
  const { curves } = useEngine();
  useSyncExternalStore(curves.subscribe, curves.version);
  return new Map(runs.map(({ id, curve }) => [id, joinCurves(curve, curves.get(id))]));
}
