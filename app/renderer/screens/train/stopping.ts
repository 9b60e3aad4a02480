import type { EarlyStopping } from "../../../../core/contract/training.ts";

/** Early stopping as it stands in the form. Without patience it is off. */
export interface StoppingOptions {
  readonly patience: number | string;
  readonly every: number | string;
  readonly share: number | string;
  /** Empty: what the algorithm is for decides. */
  readonly metric: EarlyStopping["metric"] | "";
  readonly putAside: EarlyStopping["validation"]["protocol"];
}

export const noStopping: StoppingOptions = { patience: "", every: "", share: "", metric: "", putAside: "random" };

export type StoppingNumber = "patience" | "every" | "share";

/** Why a value will not do; null when it will. */
export function stoppingProblem(options: StoppingOptions, name: StoppingNumber): string | null {
  const value = options[name];
  if (value === "") return null;
  if (typeof value !== "number" || !Number.isFinite(value)) return "A number, or nothing.";
  if (name === "share") return value > 0 && value <= 50 ? null : "Above 0 and at most 50.";
  return Number.isInteger(value) && value >= 1 && value <= 1000 ? null : "A whole number from 1 to 1,000.";
}

/** What is sent of it; undefined: the fits go on to their last epoch. */
export function stoppingOf({ patience, every, share, metric, putAside }: StoppingOptions): EarlyStopping | undefined {
  if (patience === "") return undefined;
  return {
    patience: Number(patience),
    every: every === "" ? 1 : Number(every),
    ...(metric === "" || metric === undefined ? {} : { metric }),
    validation: { protocol: putAside, share: share === "" ? 0.1 : Number(share) / 100 },
  };
}
