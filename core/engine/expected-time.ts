import { algorithmById } from "../models/registry.ts";
import type { Rooms } from "./rooms.ts";
import { planOf } from "./training.ts";

/** What a finished training took, and what its fit was planned to cost. */
export interface Precedent {
  readonly algorithm: string;
  /** Wall-clock seconds of the fit. */
  readonly seconds: number;
  /** Floating-point operations planned for it. */
  readonly flops: number;
}

export interface ExpectedTime {
  readonly seconds: number;
  /** On how many earlier trainings of the algorithm it rests. */
  readonly precedents: number;
}

/** Older ones were on another machine or an older program more often. */
const mostPrecedents = 5;

/**
 * Seconds a fit will take: its planned operations at the pace of the algorithm's latest trainings here (their median). Null
 * without any: algorithms differ too much in how fast their operations are to go by others.
 * @param precedents newest first
 */
export function expectedTime(algorithm: string, flops: number, precedents: Iterable<Precedent>): ExpectedTime | null {
  const paces: number[] = [];
  for (const precedent of precedents) {
    if (precedent.algorithm !== algorithm || precedent.seconds <= 0 || precedent.flops <= 0) continue;
    paces.push(precedent.seconds / precedent.flops);
    if (paces.length === mostPrecedents) break;
  }
  const pace = paces.sort((left, right) => left - right)[Math.floor(paces.length / 2)];
  return pace === undefined ? null : { seconds: pace * flops, precedents: paces.length };
}

/** As `expectedTime`, by this workspace's runs: those on whole training parts, from the start. */
export function expectedTimeHere(rooms: Rooms, algorithm: string, flops: number): ExpectedTime | null {
  return expectedTime(algorithm, flops, precedentsOf(rooms, algorithm));
}

function* precedentsOf(rooms: Rooms, algorithm: string): Generator<Precedent> {
  const { runSummaries, splits } = rooms.workspace.catalogue;
  for (const run of runSummaries.all()) {
    const { hyperparameters, splitId, timings } = run;
    if (run.algorithm !== algorithm || run.state !== "succeeded" || timings === null) continue;
    // Neither a sum over folds, nor a fit of another size than its split says, nor one that began half-way.
    if (run.modelHash === null || run.refitOf !== null || run.warmStart !== undefined) continue;
    if (splits.find(splitId) === undefined) continue;
    const { flops } = planOf(rooms, algorithmById(algorithm), hyperparameters, { splitId });
    yield { algorithm, seconds: timings.fit, flops };
  }
}
