import type { CurvePoint, Job, Run, TrainingOptions } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";
import type { JobContext } from "../jobs/queue.ts";
import { requirePlanFits } from "../models/plan-training.ts";
import { algorithmById, algorithms, parseHyperparameters } from "../models/registry.ts";
import type { Algorithm } from "../models/algorithm.ts";
import { givesWeights } from "../ratings/training-options.ts";
import { reproduce } from "../training/train.ts";
import type { JobRecord } from "../workspace/job-table.ts";
import type { Comparisons } from "./comparison.ts";
import { expectedTimeHere } from "./expected-time.ts";
import type { DirectHandlers, JobHandlers } from "./handlers.ts";
import { changed, finishedRun, presentSnapshot, presentSplit } from "./rooms.ts";
import type { Rooms } from "./rooms.ts";
import { requireStoppable } from "../training/stoppable.ts";
import { planOf, queuedRun, trainingTaskOf, trainRun, warmStartOf } from "./training.ts";

/** Learning curves of runs in training; a finished run carries its own. */
export interface LiveCurves {
  add(runId: string, point: CurvePoint): void;
  shown(run: Run): Run;
}

/** Milliseconds between two points that are told: some trainings have hundreds of epochs a second, and every front parses each. */
const tellingInterval = 50;

export function createLiveCurves(rooms: Rooms): LiveCurves {
  const curves = new Map<string, CurvePoint[]>();
  const toldAt = new Map<string, number>();
  return {
    add(runId, point) {
      const known = curves.get(runId) ?? [];
      // A resumed training tells epochs again that it told before it was killed.
      while ((known.at(-1)?.epoch ?? -1) >= point.epoch) known.pop();
      known.push(point);
      curves.set(runId, known);
      const now = performance.now();
      if (now - (toldAt.get(runId) ?? -Infinity) < tellingInterval) return;
      toldAt.set(runId, now);
      rooms.emit({ type: "curve", runId, point });
    },
    shown(run) {
      if (run.state === "succeeded") {
        curves.delete(run.id);
        toldAt.delete(run.id);
        return run;
      }
      return { ...run, curve: [...(curves.get(run.id) ?? run.curve)] };
    },
  };
}

type ModelMethod = "algorithms.list" | "training.plan" | "runs.list" | "runs.get" | "runs.annotate" | "runs.compare";

export function modelHandlers(rooms: Rooms, curves: LiveCurves, comparisons: Comparisons): DirectHandlers<ModelMethod> {
  const { runs } = rooms.workspace.catalogue;
  return {
    "algorithms.list": () => algorithms.map(({ info }) => info),
    "training.plan": ({ splitId, algorithm, hyperparameters }) => {
      const known = algorithmById(algorithm);
      const plan = planOf(rooms, known, parseHyperparameters(known, hyperparameters), { splitId });
      return {
        ...plan,
        alternatives: [...plan.alternatives],
        expected: expectedTimeHere(rooms, algorithm, plan.flops),
      };
    },
    "runs.list": ({ splitId, trials }) =>
      (splitId === undefined ? runs.list() : runs.listBy("split_id", splitId))
        .filter(({ search }) => trials || search?.part.part !== "validation")
        .map(curves.shown),
    "runs.get": ({ runId }) => curves.shown(runs.get(runId)),
    "runs.annotate": ({ runId, name, note, tags }) => {
      const run = runs.get(runId);
      const annotated = {
        ...run,
        name: name ?? run.name,
        note: note ?? run.note,
        ...(tags === undefined ? {} : { tags: [...new Set(tags)] }),
      };
      runs.put(annotated);
      if (run.missing === true) runs.setMissing(runId, true);
      changed(rooms, "run", runId);
      return annotated;
    },
    "runs.compare": ({ runIds, baselineId }) => comparisons.compare(runIds, baselineId),
  };
}

/** The run that a job trains, where it trains one. */
function runIdOf({ memory }: JobRecord): string | undefined {
  const id = memory["runId"];
  return typeof id === "string" ? id : undefined;
}

/** A run's state is its job's, until it has succeeded. */
export function followJobState(rooms: Rooms, record: JobRecord): void {
  const runId = runIdOf(record);
  if (runId === undefined) return;
  const { runs } = rooms.workspace.catalogue;
  const run = runs.find(runId);
  if (run === undefined || run.state === "succeeded" || record.job.state === "succeeded") return;
  const error: Job["error"] = record.job.error;
  runs.put({
    ...run,
    state: record.job.state,
    finishedAt: record.job.finishedAt,
    error: error === null ? null : { code: error.code, message: error.message, remedy: error.remedy },
  });
  changed(rooms, "run", runId);
}

/** A refit of this run that exists already and can be used: the same ratings, settings and seed give the same bytes. */
function existingRefit(rooms: Rooms, runId: string): Run | undefined {
  return rooms.workspace.catalogue.runs
    .listBy("refit_of", runId)
    .find((run) => run.state === "succeeded" && run.missing !== true);
}

/** The catalogue's row for the refit of a run. Its id is `refitId`. */
function queueRefit(rooms: Rooms, runId: string, refitId: string): Run {
  const { entity } = finishedRun(rooms, runId);
  if (entity.refitOf !== null) throw new ReelbenchError("RB_CONFLICT", `The run ${runId} is a refit already.`);
  const { name, snapshotId, splitId, algorithm, hyperparameters, training, evaluation, warmStart, seed } = entity;
  presentSnapshot(rooms, snapshotId);
  requirePlanFits(planOf(rooms, algorithmById(algorithm), hyperparameters, { snapshotId }));
  const refit = queuedRun({
    id: refitId,
    name: `${name} (refit)`,
    snapshotId,
    splitId,
    algorithm,
    hyperparameters,
    ...(training === undefined ? {} : { training }),
    ...(evaluation === undefined ? {} : { evaluation }),
    ...(warmStart === undefined ? {} : { warmStart }),
    seed,
    refitOf: runId,
  });
  rooms.workspace.catalogue.runs.put(refit);
  changed(rooms, "run", refit.id);
  return refit;
}

/**
 * The run itself where it is a refit, a refit that exists, or a new one, trained now inside another job (publishing),
 * which waits for its turn among the trainings.
 */
export async function refitForPublishing(
  rooms: Rooms,
  curves: LiveCurves,
  runId: string,
  context: JobContext,
): Promise<Run> {
  const { entity } = finishedRun(rooms, runId);
  if (entity.refitOf !== null) return entity;
  const existing = existingRefit(rooms, runId);
  if (existing !== undefined) return existing;
  const refitId = `r${context.jobId.slice(1)}`;
  if (rooms.workspace.catalogue.runs.find(refitId) === undefined) {
    queueRefit(rooms, runId, refitId);
    context.remember({ runId: refitId });
  }
  context.onProgress({ done: 0, total: null, unit: "", message: "Waiting for the training in progress" });
  const leave = await rooms.lanes.training.enter(context.signal);
  try {
    return await trainRun(rooms, refitId, context, (point) => curves.add(refitId, point));
  } finally {
    leave();
  }
}

/** An option without effect would be taken for one that had it. */
function refuseIdleOptions({ info }: Algorithm, training: TrainingOptions): void {
  if (givesWeights(training) && !info.uses.includes("weights"))
    throw new ReelbenchError("RB_INVALID_INPUT", `${info.name} takes every rating as equally important.`, {
      remedy: "Leave confidence and half-life out, or train an algorithm that uses weights.",
    });
  if (training.likes?.low === "worst" && !info.uses.includes("rating-values"))
    throw new ReelbenchError("RB_INVALID_INPUT", `${info.name} takes every rating for a like, the lowest ones too.`, {
      remedy: "Leave low ratings out instead.",
    });
  if (training.earlyStopping !== undefined) requireStoppable(info, training.earlyStopping);
}

type ModelJob = "runs.train" | "runs.refit" | "runs.reproduce";

export function modelJobs(rooms: Rooms, curves: LiveCurves): JobHandlers<ModelJob> {
  const { runs } = rooms.workspace.catalogue;
  const trainRemembered = async (context: JobContext): Promise<{ runId: string }> => {
    const runId = context.memory["runId"];
    if (typeof runId !== "string") throw new ReelbenchError("RB_INTERNAL", "The job has forgotten its run.");
    await trainRun(rooms, runId, context, (point) => curves.add(runId, point));
    return { runId };
  };
  return {
    "runs.train": {
      lane: "training",
      title: ({ algorithm, name }) => `Train ${name ?? algorithmById(algorithm).info.name}`,
      prepare({ splitId, algorithm, hyperparameters: given, training, evaluation, warmStart, seed, name }, jobId) {
        const { entity: split } = presentSplit(rooms, splitId);
        presentSnapshot(rooms, split.snapshotId);
        const known = algorithmById(algorithm);
        if (training !== undefined) refuseIdleOptions(known, training);
        const hyperparameters = parseHyperparameters(known, given);
        requirePlanFits(planOf(rooms, known, hyperparameters, { splitId }));
        const run = queuedRun({
          id: `r${jobId.slice(1)}`,
          name: name ?? known.info.name,
          snapshotId: split.snapshotId,
          splitId,
          algorithm,
          hyperparameters,
          ...(training === undefined ? {} : { training }),
          ...(evaluation === undefined ? {} : { evaluation }),
          ...(warmStart === undefined ? {} : { warmStart: warmStartOf(rooms, known, splitId, warmStart) }),
          seed,
          refitOf: null,
        });
        runs.put(run);
        changed(rooms, "run", run.id);
        return { runId: run.id };
      },
      run: (_input, context) => trainRemembered(context),
    },
    "runs.refit": {
      lane: "training",
      title: ({ runId }) => `Refit ${runs.find(runId)?.name ?? runId}`,
      prepare({ runId }, jobId) {
        const existing = existingRefit(rooms, runId);
        return { runId: (existing ?? queueRefit(rooms, runId, `r${jobId.slice(1)}`)).id };
      },
      run: (_input, context) => trainRemembered(context),
    },
    "runs.reproduce": {
      lane: "training",
      title: ({ runId }) => `Reproduce ${runs.find(runId)?.name ?? runId}`,
      prepare({ runId }) {
        trainingTaskOf(rooms, finishedRun(rooms, runId).entity);
        return {};
      },
      run: ({ runId }, context) => {
        const { entity } = finishedRun(rooms, runId);
        return reproduce(entity, trainingTaskOf(rooms, entity), rooms.processHost, context);
      },
    },
  };
}
