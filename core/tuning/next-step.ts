import type { SearchDimension, SearchSampler, SearchSchedule } from "../contract/searches.ts";
import { ReelbenchError } from "../contract/errors.ts";
import { suggest } from "./sampler.ts";
import { mix } from "./random-stream.ts";
import type { Configuration } from "./space.ts";
import { bestOf, doublings, hyperbandBrackets, promotable, rungsOf, worseThanMedian } from "./schedule.ts";
import type { Budget, LadderSchedule, RungResult } from "./schedule.ts";

/** All that decides a search, beside what its trainings come to. */
export interface SearchPlan {
  readonly space: readonly SearchDimension[];
  readonly sampler: SearchSampler;
  readonly schedule: SearchSchedule;
  /** Configurations tried. */
  readonly trials: number;
  readonly parallel: number;
  readonly seed: number;
}

/** A training that was decided on. */
export interface PlannedStep {
  readonly trial: number;
  readonly rung: number;
  readonly budget: Budget;
  readonly configuration: Configuration;
}

export interface TakenStep extends PlannedStep {
  /** Small is good, +∞ where it failed; null while it runs. */
  readonly loss: number | null;
}

export type NextStep =
  | { readonly kind: "step"; readonly step: PlannedStep }
  /** Nothing can be decided before another training ends. */
  | { readonly kind: "wait" }
  | { readonly kind: "done" };

/**
 * The next training of a search: a pure function of the plan and what came of the steps before.
 *
 * Step s is decided from the results of steps 0 … s − parallel alone, whichever of the later ones happen to have ended; where
 * that leaves nothing to do, from one more, and so on. So a search takes the same steps whatever its trainings' speeds, and
 * a resumed one goes on as it would have: with the same seed and `parallel` everything is the same again.
 */
export function nextStep(plan: SearchPlan, steps: readonly TakenStep[]): NextStep {
  for (let visible = Math.max(0, steps.length - plan.parallel + 1); visible <= steps.length; visible++) {
    if (steps.slice(0, visible).some(({ loss }) => loss === null)) return { kind: "wait" };
    const step = choose(plan, { known: steps.slice(0, visible), pending: steps.slice(visible) });
    if (step !== null) return { kind: "step", step };
  }
  return { kind: "done" };
}

/** @throws ReelbenchError RB_INVALID_INPUT where the schedule cannot be gone through. */
export function checkSchedule({ schedule, trials, space }: SearchPlan): void {
  if (schedule.schedule === "doubling") {
    const sizes = doublings(schedule);
    const first = trials - schedule.following * (sizes.length - 1);
    if (first < 1)
      throw new ReelbenchError(
        "RB_INVALID_INPUT",
        `Doubling ${schedule.dimension} from ${String(schedule.from)} to ${String(schedule.to)} with ${String(schedule.following)} trials after each doubling needs more than ${String(trials)} trials.`,
      );
    if (space.some(({ name }) => name === schedule.dimension))
      throw new ReelbenchError(
        "RB_INVALID_INPUT",
        `${schedule.dimension} is what is doubled; it cannot be searched as well.`,
      );
  } else if (schedule.schedule !== "full") rungsOf(schedule);
}

interface History {
  readonly known: readonly TakenStep[];
  readonly pending: readonly TakenStep[];
}

function choose(plan: SearchPlan, history: History): PlannedStep | null {
  const { schedule } = plan;
  switch (schedule.schedule) {
    case "full":
      return begin(plan, history, { rung: 0, budget: null });
    case "asha": {
      const rungs = rungsOf(schedule);
      const next = promotable(
        resultsByRung(history.known, rungs.length),
        startedAbove(history, rungs.length),
        schedule.reduction,
      );
      return next === null ? begin(plan, history, { rung: 0, budget: rungs[0] ?? null }) : goOn(history, rungs, next);
    }
    case "hyperband":
      return chooseInBrackets(plan, schedule, history);
    case "median":
      return chooseByMedian(plan, schedule, history);
    case "doubling":
      return chooseByDoubling(plan, schedule, history);
  }
}

/** The next new trial, or null where all have begun. */
function begin(plan: SearchPlan, history: History, start: { rung: number; budget: Budget }): PlannedStep | null {
  const trial = trialsBegun(history);
  if (trial >= plan.trials) return null;
  const { space, sampler, seed } = plan;
  const { observations, pending } = observe(plan, history);
  return { trial, ...start, configuration: suggest({ space, sampler, seed, trial, observations, pending }) };
}

/**
 * What the sampler learns from: the results of the highest rung that has enough of them (Falkner et al. 2018, BOHB); losses of
 * different budgets are not mixed.
 */
function observe({ sampler }: SearchPlan, { known, pending }: History) {
  const enough = sampler.sampler === "tpe" ? sampler.startup : 1;
  const highest = known.reduce((rung, step) => Math.max(rung, step.rung), 0);
  let rung = highest;
  while (rung > 0 && known.filter((step) => step.rung === rung).length < enough) rung--;
  // Brackets may begin above: then the rung with the most results serves.
  if (!known.some((step) => step.rung === rung)) rung = highest;
  const observations = known
    .filter((step) => step.rung === rung)
    .map(({ configuration, loss }) => ({ configuration, loss: loss ?? Infinity }));
  return { observations, pending: pending.map(({ configuration }) => configuration) };
}

function goOn(
  history: History,
  rungs: readonly Budget[],
  { trial, rung }: { trial: number; rung: number },
): PlannedStep {
  const configuration = allSteps(history).find((step) => step.trial === trial)?.configuration ?? {};
  return { trial, rung, budget: rungs[rung] ?? null, configuration };
}

function chooseInBrackets(plan: SearchPlan, schedule: LadderSchedule, history: History): PlannedStep | null {
  const rungs = rungsOf(schedule);
  const results = resultsByRung(history.known, rungs.length);
  const started = (trial: number, rung: number) =>
    allSteps(history).some((step) => step.trial === trial && step.rung === rung);
  let firstTrial = 0;
  for (const bracket of hyperbandBrackets(rungs.length, schedule.reduction, plan.trials)) {
    const trials = Array.from({ length: bracket.trials }, (_, at) => firstTrial + at);
    firstTrial += bracket.trials;
    const fresh = trials.find((trial) => !started(trial, bracket.firstRung));
    if (fresh !== undefined)
      return begin(plan, history, { rung: bracket.firstRung, budget: rungs[bracket.firstRung] ?? null });
    // Synchronous halving: who goes on is known when the whole rung is.
    let here = trials;
    for (let rung = bracket.firstRung; rung + 1 < rungs.length; rung++) {
      const ended = (results[rung] ?? []).filter(({ trial }) => here.includes(trial));
      if (ended.length < here.length) break;
      here = bestOf(ended, Math.max(1, Math.floor(here.length / schedule.reduction))).map(({ trial }) => trial);
      const next = here.find((trial) => !started(trial, rung + 1));
      if (next !== undefined) return goOn(history, rungs, { trial: next, rung: rung + 1 });
    }
  }
  return null;
}

function chooseByMedian(
  plan: SearchPlan,
  schedule: Extract<SearchSchedule, { schedule: "median" }>,
  history: History,
): PlannedStep | null {
  const rungs = rungsOf(schedule);
  for (const [at, step] of history.known.entries()) {
    if (step.rung + 1 >= rungs.length) continue;
    if (allSteps(history).some((other) => other.trial === step.trial && other.rung > step.rung)) continue;
    // Against those decided before it alone: the verdict must not change with what ends later.
    const before = history.known.slice(0, at).filter((other) => other.rung === step.rung);
    if (worseThanMedian(resultOf(step), before.map(resultOf), schedule.warmUp)) continue;
    return goOn(history, rungs, { trial: step.trial, rung: step.rung + 1 });
  }
  return begin(plan, history, { rung: 0, budget: rungs[0] ?? null });
}

function chooseByDoubling(
  plan: SearchPlan,
  schedule: Extract<SearchSchedule, { schedule: "doubling" }>,
  history: History,
): PlannedStep | null {
  const trial = trialsBegun(history);
  if (trial >= plan.trials) return null;
  const sizes = doublings(schedule);
  const initial = plan.trials - schedule.following * (sizes.length - 1);
  const phaseOf = (number: number) => (number < initial ? 0 : 1 + Math.floor((number - initial) / schedule.following));
  const phase = phaseOf(trial);
  const size = sizes[phase] ?? schedule.to;
  const step = (configuration: Configuration): PlannedStep => ({
    trial,
    rung: 0,
    budget: null,
    configuration: { ...configuration, [schedule.dimension]: size },
  });
  const inPhase = (number: number) => ({
    known: history.known.filter((taken) => phaseOf(taken.trial) === number),
    pending: history.pending.filter((taken) => phaseOf(taken.trial) === number),
  });
  let { space } = plan;
  if (phase > 0) {
    const before = inPhase(phase - 1);
    if (before.pending.length > 0) return null; // Where to look next is known when the last size is done with.
    const [best] = bestOf(before.known.map(resultOf), 1);
    const centre = before.known.find((taken) => taken.trial === best?.trial)?.configuration;
    if (centre !== undefined) {
      // The best settings so far are the first to be tried with twice the factors.
      if (trial === initial + schedule.following * (phase - 1)) return step(centre);
      space = space.map((dimension) => around(dimension, centre, schedule.neighbourhood));
    }
  }
  const here = inPhase(phase);
  const { observations, pending } = observe(plan, here);
  const first = phase === 0 ? 0 : initial + schedule.following * (phase - 1);
  const seed = phase === 0 ? plan.seed : mix(plan.seed ^ mix(phase));
  const sampler = soonLearning(plan.sampler, phase === 0 ? initial : schedule.following);
  return step(suggest({ space, sampler, seed, trial: trial - first, observations, pending }));
}

/** In a short phase TPE learns from half of it. */
function soonLearning(sampler: SearchSampler, trials: number): SearchSampler {
  return sampler.sampler === "tpe"
    ? { ...sampler, startup: Math.min(sampler.startup, Math.ceil(trials / 2)) }
    : sampler;
}

/** A range within `factor` times above and below a value; a choice keeps its value. */
function around(dimension: SearchDimension, centre: Configuration, factor: number): SearchDimension {
  const value = centre[dimension.name];
  if (value === undefined) return dimension;
  if (dimension.kind === "choice" || typeof value !== "number")
    return dimension.kind === "choice" ? { ...dimension, choices: [value] } : dimension;
  const reach = dimension.logarithmic
    ? { low: value / factor, high: value * factor }
    : {
        low: value - (dimension.maximum - dimension.minimum) / (2 * factor),
        high: value + (dimension.maximum - dimension.minimum) / (2 * factor),
      };
  const whole = (bound: number) => (dimension.kind === "integer" ? Math.round(bound) : bound);
  return {
    ...dimension,
    minimum: Math.max(dimension.minimum, whole(reach.low)),
    maximum: Math.min(dimension.maximum, whole(reach.high)),
  };
}

/**
 * The step that has won: the smallest loss among those of the highest rung that has any (losses of smaller budgets do not
 * compare); of equal losses the earlier. Null where nothing has succeeded.
 */
export function bestStep(steps: readonly TakenStep[]): number | null {
  const ended = [...steps.entries()].filter(([, { loss }]) => loss !== null && Number.isFinite(loss));
  const rung = Math.max(...ended.map(([, step]) => step.rung));
  const [best] = ended
    .filter(([, step]) => step.rung === rung)
    .sort(([a, x], [b, y]) => (x.loss ?? 0) - (y.loss ?? 0) || a - b);
  return best?.[0] ?? null;
}

function allSteps({ known, pending }: History): TakenStep[] {
  return [...known, ...pending];
}

function trialsBegun(history: History): number {
  return allSteps(history).reduce((most, { trial }) => Math.max(most, trial + 1), 0);
}

function resultOf({ trial, loss }: TakenStep): RungResult {
  return { trial, loss: loss ?? Infinity };
}

function resultsByRung(known: readonly TakenStep[], rungs: number): RungResult[][] {
  return Array.from({ length: rungs }, (_, rung) => known.filter((step) => step.rung === rung).map(resultOf));
}

/** By rung: trials that have gone on from it. */
function startedAbove(history: History, rungs: number): Set<number>[] {
  const steps = allSteps(history);
  return Array.from(
    { length: rungs },
    (_, rung) => new Set(steps.filter((step) => step.rung > rung).map(({ trial }) => trial)),
  );
}
