import { fromEnvelope, ReelbenchError } from "../contract/errors.ts";
import type { CurvePoint, Progress, Run } from "../contract/entities.ts";
import type { ChildHandle, ProcessHost } from "../jobs/process-host.ts";
import type { WorkContext } from "../jobs/work-context.ts";
import { reproductionHash } from "./reproduction.ts";
import { trainerReport, trainingTask } from "./task.ts";
import type { TrainerReport, TrainerRequest, TrainingOutcome, TrainingTaskInput } from "./task.ts";

export interface TrainContext extends WorkContext {
  readonly onCurve?: (point: CurvePoint) => void;
}

/** The child has this long to end by itself after a cancel; the promise is a second altogether. */
const cancelGraceMilliseconds = 500;

/**
 * Trains, evaluates and writes `<runsDirectory>/<runId>/` whole, in a child process with memory of its own. Started
 * again with the same task after a crash or a cancel, it goes on from the last checkpoint and ends with the same bytes.
 *
 * Throws RB_CANCELLED within a second of the abort; RB_WORKER_DIED with the cause when the child ends before its work;
 * RB_TRAIN_DIVERGED, RB_TRAIN_TOO_LARGE, RB_CORRUPT, … as the child met them.
 */
export async function train(
  task: TrainingTaskInput,
  host: ProcessHost,
  context: TrainContext,
): Promise<TrainingOutcome> {
  const report = await runTrainer({ type: "train", task: trainingTask.parse(task) }, host, context);
  if (report.type !== "trained") throw new ReelbenchError("RB_INTERNAL", `The trainer answered "${report.type}".`);
  return report.outcome;
}

/**
 * Fits again from the data and compares the bytes of the model (of all folds' models, for k-fold runs) with what the run
 * recorded. Keeps nothing. Throws RB_NO_MODEL when the run recorded no hash.
 */
export async function reproduce(
  run: Run,
  task: TrainingTaskInput,
  host: ProcessHost,
  context: TrainContext,
): Promise<{ identical: boolean; expected: string; actual: string }> {
  const expected = reproductionHash(run);
  if (expected === null) throw new ReelbenchError("RB_NO_MODEL", `The run ${run.id} recorded no hash to compare with.`);
  const report = await runTrainer({ type: "reproduce", task: trainingTask.parse(task) }, host, context);
  if (report.type !== "reproduced") throw new ReelbenchError("RB_INTERNAL", `The trainer answered "${report.type}".`);
  return { identical: report.outcome.hash === expected, expected, actual: report.outcome.hash };
}

type FinalReport = Extract<TrainerReport, { type: "trained" | "reproduced" }>;

function runTrainer(request: TrainerRequest, host: ProcessHost, context: TrainContext): Promise<FinalReport> {
  return new Promise((resolve, reject) => {
    if (context.signal.aborted) return reject(new ReelbenchError("RB_CANCELLED"));
    const child = host.fork("trainer");
    let lastProgress: Progress | null = null;
    let graceTimer: NodeJS.Timeout | undefined;

    const settle = (action: () => void) => {
      context.signal.removeEventListener("abort", onAbort);
      clearTimeout(graceTimer);
      child.kill(); // It has nothing left to do, or nothing that would be kept.
      action();
    };
    const onAbort = () => {
      child.send({ type: "cancel" } satisfies TrainerRequest);
      // Whatever must survive is on disk, so an impatient end loses nothing.
      graceTimer = setTimeout(() => child.kill(), cancelGraceMilliseconds);
    };
    context.signal.addEventListener("abort", onAbort, { once: true });

    child.onExit((code, reason) =>
      settle(() =>
        reject(
          context.signal.aborted ? new ReelbenchError("RB_CANCELLED") : diedError(child, code, reason, lastProgress),
        ),
      ),
    );
    child.onMessage((message) => {
      const parsed = trainerReport.safeParse(message);
      if (!parsed.success) return; // Not ours: Node and Electron send messages of their own.
      const report = parsed.data;
      switch (report.type) {
        case "ready":
          return child.send(request);
        case "progress":
          lastProgress = report.progress;
          return context.onProgress(report.progress);
        case "curve":
          return context.onCurve?.(report.point);
        case "failed":
          return settle(() => reject(fromEnvelope(report.error)));
        case "trained":
        case "reproduced":
          return settle(() => resolve(report));
      }
    });
  });
}

/** Says what is known of a death nobody announced. A SIGKILL that we did not send is nearly always the memory killer's. */
function diedError(child: ChildHandle, code: number | null, reason: string, last: Progress | null): ReelbenchError {
  const outOfMemory = reason === "SIGKILL" || reason === "SIGABRT" || code === 134 || code === 137;
  const during = last === null ? "before it began" : `during "${last.message}"`;
  const hint = outOfMemory ? " It probably ran out of memory." : "";
  return new ReelbenchError("RB_WORKER_DIED", `The training process ended (${reason}) ${during}.${hint}`, {
    details: {
      exitCode: code,
      reason,
      probablyOutOfMemory: outOfMemory,
      ...(child.pid === undefined ? {} : { pid: child.pid }),
    },
  });
}
