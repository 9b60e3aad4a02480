import { ReelbenchError, toReelbenchError } from "../contract/errors.ts";
import type { ErrorCode } from "../contract/errors.ts";
import type { Run } from "../contract/entities.ts";
import type { Search, SearchStep } from "../contract/searches.ts";
import type { JobContext } from "../jobs/queue.ts";
import { requirePlanFits } from "../models/plan-training.ts";
import { algorithmById, parseHyperparameters } from "../models/registry.ts";
import { bestStep, nextStep } from "../tuning/next-step.ts";
import type { PlannedStep, TakenStep } from "../tuning/next-step.ts";
import type { LiveCurves } from "./models.ts";
import { changed } from "./rooms.ts";
import type { Rooms } from "./rooms.ts";
import { planOf, queuedRun, trainRun } from "./training.ts";

/** Settings can be the cause of these: such a trial has lost and the search goes on. */
const ownFaults: readonly ErrorCode[] = ["RB_TRAIN_DIVERGED", "RB_TRAIN_TOO_LARGE", "RB_INVALID_INPUT"];

/**
 * Takes the search's steps until none is left, `parallel` at a time, each a run of the workspace trained with its share of
 * the threads. Every decision and every result is in the catalogue before anything follows from it, so that a search cut off
 * anywhere goes on with the trainings that were under way (from their checkpoints) and then as it would have.
 */
export async function trainTrials(
  rooms: Rooms,
  searchId: string,
  context: JobContext,
  curves: LiveCurves,
): Promise<void> {
  const { searches } = rooms.workspace.catalogue;
  const search = searches.get(searchId);
  const share: Rooms = { ...rooms, threads: Math.max(1, Math.floor(rooms.threads / search.parallel)) };
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  const underWay = new Map<number, Promise<void>>();
  const start = (step: SearchStep) => {
    const quiet = { ...context, signal, onProgress: () => undefined };
    const training = trainStep(share, search, step, quiet, curves).then(() => {
      underWay.delete(step.step);
      report(rooms, searchId, context);
    });
    training.catch(() => undefined); // Awaited below, perhaps after another has failed.
    underWay.set(step.step, training);
  };

  report(rooms, searchId, context);
  for (const step of searches.steps(searchId)) if (step.state === "running") start(step);
  try {
    for (;;) {
      while (underWay.size < search.parallel) {
        const steps = searches.steps(searchId).map((step) => taken(search, step));
        const next = nextStep(search, steps);
        if (next.kind !== "step") break;
        start(decide(rooms, search, steps.length, next.step));
      }
      if (underWay.size === 0) return;
      await Promise.race(underWay.values());
    }
  } catch (error) {
    stop.abort();
    await Promise.allSettled(underWay.values());
    throw error;
  }
}

/** The lengths of lists that a search's runs are judged by: its own metric's, and 10 as all runs. */
export function cutoffsOf(metric: string): number[] {
  const length = Number(metric.split("@")[1] ?? 10);
  return [...new Set([10, length])].sort((a, b) => a - b);
}

function taken({ higherIsBetter }: Search, step: SearchStep): TakenStep {
  const { trial, rung, budget, configuration, value, state } = step;
  const loss = value === null ? (state === "failed" ? Infinity : null) : higherIsBetter ? -value : value;
  return { trial, rung, budget, configuration, loss };
}

/** Writes down what is to be trained next, and its run. */
function decide(rooms: Rooms, search: Search, step: number, planned: PlannedStep): SearchStep {
  const { catalogue } = rooms.workspace;
  const { trial, rung, budget, configuration } = planned;
  const algorithm = algorithmById(search.algorithm);
  const given = { ...search.fixed, ...configuration };
  const epochs = budget?.resource === "epochs" ? { epochs: budget.amount } : {};
  const hyperparameters = parseHyperparameters(algorithm, { ...given, ...epochs });
  const runId = `r${search.id.slice(1)}-${String(step)}`;
  const decided: SearchStep = {
    ...{ step, trial, rung, budget, configuration, hyperparameters, runId },
    ...{ state: "running", value: null, seconds: null, error: null },
  };
  catalogue.transaction(() => {
    catalogue.runs.put(
      queuedRun({
        id: runId,
        name: `${search.name} ${String(trial)}${rung === 0 ? "" : `.${String(rung)}`}`,
        snapshotId: search.snapshotId,
        splitId: search.splitId,
        algorithm: search.algorithm,
        hyperparameters,
        ...(search.training === undefined ? {} : { training: search.training }),
        search: {
          searchId: search.id,
          trial,
          part: {
            part: "validation",
            inner: search.validation,
            ...relevantFrom(rooms, search),
            userShare: budget?.resource === "users" ? budget.amount : 1,
            seed: search.seed,
          },
          cutoffs: cutoffsOf(search.metric),
        },
        seed: search.seed,
        refitOf: null,
      }),
    );
    catalogue.searches.putStep(search.id, decided);
  });
  changed(rooms, "run", runId);
  return decided;
}

function relevantFrom(rooms: Rooms, { splitId }: Search): { relevantFrom?: number } {
  const { relevantFrom: from } = rooms.workspace.catalogue.splits.get(splitId).protocol;
  return from === undefined ? {} : { relevantFrom: from };
}

async function trainStep(
  rooms: Rooms,
  search: Search,
  step: SearchStep,
  context: JobContext,
  curves: LiveCurves,
): Promise<void> {
  const { runs } = rooms.workspace.catalogue;
  let ended: SearchStep;
  try {
    // Each of those that train side by side has its share of the memory.
    const share = { ...rooms, memory: rooms.memory / search.parallel };
    const algorithm = algorithmById(search.algorithm);
    requirePlanFits(planOf(share, algorithm, step.hyperparameters, { splitId: search.splitId }));
    const run = await trainRun(rooms, step.runId, context, (point) => curves.add(step.runId, point));
    ended = { ...step, state: "succeeded", value: valueOf(run, search.metric), seconds: secondsOf(run) };
  } catch (thrown) {
    const error = toReelbenchError(thrown);
    const { code, message, remedy } = error.toEnvelope();
    const isOwnFault = ownFaults.includes(error.code);
    const state = isOwnFault ? "failed" : error.code === "RB_CANCELLED" ? "cancelled" : "interrupted";
    runs.put({
      ...runs.get(step.runId),
      state,
      finishedAt: new Date().toISOString(),
      error: { code, message, remedy },
    });
    changed(rooms, "run", step.runId);
    if (!isOwnFault) throw error;
    ended = { ...step, state: "failed", error: { code, message } };
  }
  keep(rooms, search.id, ended);
}

/** Throws RB_TRAIN_DIVERGED where the metric is not a number. */
function valueOf(run: Run, metric: string): number {
  const value = run.metrics.find((found) => found.metric === metric)?.value;
  if (value !== undefined && Number.isFinite(value)) return value;
  throw new ReelbenchError("RB_TRAIN_DIVERGED", `The training came to no ${metric}.`);
}

function secondsOf({ timings }: Run): number | null {
  return timings === null ? null : timings.load + timings.fit + timings.evaluate;
}

function keep(rooms: Rooms, searchId: string, ended: SearchStep): void {
  const { catalogue } = rooms.workspace;
  catalogue.transaction(() => {
    catalogue.searches.putStep(searchId, ended);
    const search = catalogue.searches.get(searchId);
    const steps = catalogue.searches.steps(searchId);
    const at = bestStep(steps.map((step) => taken(search, step)));
    const best = at === null ? undefined : steps[at];
    catalogue.searches.put({
      ...search,
      finishedSteps: steps.filter(({ state }) => state !== "running").length,
      best: best === undefined || best.value === null ? null : winnerOf(search, best, best.value),
    });
  });
  changed(rooms, "search", searchId);
}

/** With all of the budget that a trial can have. */
function winnerOf(
  search: Search,
  { step, trial, configuration }: SearchStep,
  value: number,
): NonNullable<Search["best"]> {
  const { schedule } = search;
  const epochs = "resource" in schedule && schedule.resource === "epochs" ? { epochs: schedule.maximum } : {};
  const given = { ...search.fixed, ...configuration, ...epochs };
  return { step, trial, value, hyperparameters: parseHyperparameters(algorithmById(search.algorithm), given) };
}

function report(rooms: Rooms, searchId: string, context: JobContext): void {
  const { searches } = rooms.workspace.catalogue;
  const search = searches.get(searchId);
  const ended = searches.steps(searchId).filter(({ state }) => state !== "running");
  const { best } = search;
  context.onProgress({
    done: Math.min(search.trials, new Set(ended.map(({ trial }) => trial)).size),
    total: search.trials,
    unit: "trials",
    message:
      best === null
        ? "Searching"
        : `Searching: best ${search.metric} ${best.value.toFixed(4)} in trial ${String(best.trial)} of ${String(ended.length)} trained`,
  });
}
