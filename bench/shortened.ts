import type { Hyperparameters } from "../core/contract/entities.ts";
import type { Algorithm } from "../core/models/algorithm.ts";

/** Names under which algorithms count their passes over the data. */
const passes = new Set(["epochs", "sweeps", "iterations", "samples", "burnIn"]);

/** Settings that make an iterative fit end after a few passes, for measuring what one costs. The rest: the defaults. */
export function shortened({ info }: Algorithm, atMost: number, factors?: number): Hyperparameters {
  return Object.fromEntries(
    info.hyperparameters.flatMap(({ name, kind, default: usual, minimum = 0 }) => {
      if (kind !== "integer" || typeof usual !== "number") return [];
      if (passes.has(name)) return [[name, Math.max(minimum, Math.min(atMost, usual))]];
      if (name === "factors" && factors !== undefined) return [[name, factors]];
      return [];
    }),
  );
}
