import type { FactorRows } from "./bayesian-average.ts";
import type { Probes } from "./bayesian-probes.ts";

/** What the kept sweeps add up to, beside the average of the products. All but the probes in one array, for checkpoints. */
export interface Totals {
  /** Kept sweeps, those among them still in the queue, Σ w₀, Σ 1/α. */
  readonly counts: Float64Array;
  /** [users], [items]: Σ of biases. */
  readonly userBias: Float64Array;
  readonly itemBias: Float64Array;
  /** [days]; empty without them. */
  readonly dayBias: Float64Array;
  /** [users] Σ 1/(α w_u); empty where all ratings have the same noise. */
  readonly userNoise: Float64Array;
  readonly probes: Probes;
}

/** The sides of the average: people's samples, and items' conditional means given them; on both, below them, days' samples. */
export interface Sides {
  readonly left: readonly FactorRows[];
  readonly right: readonly FactorRows[];
}
