import type { CurvePoint, EarlyStopping, StoppedFit } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";
import { metricValues } from "../evaluation/summarize.ts";
import type { Algorithm, FitContext, TrainingSet } from "../models/algorithm.ts";
import type { ServableModel } from "../models/servable.ts";
import { evaluateInThreads } from "./evaluate-in-threads.ts";
import { openEvaluationThreads } from "./evaluation-threads.ts";
import type { EvaluationThreads } from "./evaluation-threads.ts";
import { popularityOf } from "./popularity.ts";
import { requireStoppable } from "./stoppable.ts";
import type { TrainingTask } from "./task.ts";
import { validationData } from "./validation-data.ts";

/** More people tell little more, and judging would take longer than learning. */
const mostJudges = 4000;
/** Tells its draws from those of the search or split that the training is part of. */
const purpose = 0x57095e;
const cutoff = 10;

/** A fit's learning curve, and what a resumed fit has of it already. */
export interface CurveSink {
  readonly curve: readonly CurvePoint[];
  add(point: CurvePoint): void;
}

/**
 * Learns from the ratings but for a validation part, judges the model by that part as it goes, and says after how many epochs it
 * was best. The curve gets the judgements (`validation-rmse`, …). Resumed, it goes on from the checkpoint and judges no epoch
 * twice. The same data, options and seed give the same epochs, with any number of threads.
 * @throws ReelbenchError RB_SPLIT_EMPTY, RB_SPLIT_NO_TIME, RB_INVALID_INPUT (a metric of ratings for a model that predicts none)
 */
export async function findEpochs(
  algorithm: Algorithm,
  task: TrainingTask,
  data: TrainingSet,
  options: EarlyStopping,
  { curve, add }: CurveSink,
  context: FitContext,
): Promise<StoppedFit> {
  requireStoppable(algorithm.info, options);
  const { train, test } = partsOf(data, options, task.seed);
  const metric = options.metric ?? (algorithm.info.predictsRatings ? "rmse" : `ndcg@${String(cutoff)}`);
  const workers = openEvaluationThreads(Math.max(1, task.threads));
  let learnt: CurvePoint | null = null;
  try {
    await algorithm.fit(train, task.hyperparameters, {
      ...context,
      onEpoch: (point) => (learnt = point),
      isLast: async (epoch, model) => {
        const values = { ...learnt?.values };
        if (epoch % options.every === 0)
          values[`validation-${metric}`] = await judge(model(), { train, test, metric, workers }, context);
        add({ epoch, seconds: learnt?.seconds ?? 0, values });
        return isOver(judgements(curve, metric), options.patience, metric);
      },
    });
  } finally {
    await workers.close();
  }
  const all = judgements(curve, metric);
  const best = bestOf(all, metric);
  const tried = curve.at(-1)?.epoch ?? 0;
  // Fewer epochs than lie between two judgements: as many as were asked for.
  return best === null
    ? { epochs: Math.max(1, tried), tried: Math.max(1, tried), metric, value: 0 }
    : { epochs: best.epoch, tried, metric, value: best.value };
}

interface Judgement {
  readonly epoch: number;
  readonly value: number;
}

function judgements(curve: readonly CurvePoint[], metric: string): Judgement[] {
  return curve.flatMap(({ epoch, values }) => {
    const value = values[`validation-${metric}`];
    return value === undefined ? [] : [{ epoch, value }];
  });
}

const isError = (metric: string) => metric === "rmse" || metric === "mae";

/** The first of the best. */
function bestOf(all: readonly Judgement[], metric: string): Judgement | null {
  const isBetter = (a: number, b: number) => (isError(metric) ? a < b : a > b);
  return all.reduce<Judgement | null>(
    (best, judgement) => (best === null || isBetter(judgement.value, best.value) ? judgement : best),
    null,
  );
}

function isOver(all: readonly Judgement[], patience: number, metric: string): boolean {
  const best = bestOf(all, metric);
  return best !== null && all.filter(({ epoch }) => epoch > best.epoch).length >= patience;
}

function partsOf(
  data: TrainingSet,
  { validation }: EarlyStopping,
  seed: number,
): { readonly train: TrainingSet; readonly test: TrainingSet } {
  const own = (seed ^ purpose) >>> 0;
  const loaded = { train: data, test: null, foldIn: null };
  const { train, test } = validationData(loaded, { inner: validation, userShare: 1, seed: own });
  if (test === null) throw new ReelbenchError("RB_SPLIT_EMPTY");
  let tested = 0;
  for (let u = 0; u < test.users; u++) if (test.userStart[u] !== test.userStart[u + 1]) tested++;
  if (tested <= mostJudges) return { train, test };
  const judges = validationData(
    { train, test, foldIn: null },
    { inner: null, userShare: mostJudges / tested, seed: own },
  );
  return { train, test: judges.test ?? test };
}

interface Judging {
  readonly train: TrainingSet;
  readonly test: TrainingSet;
  readonly metric: string;
  readonly workers: EvaluationThreads;
}

async function judge(model: ServableModel, judging: Judging, { signal }: FitContext): Promise<number> {
  const { train, test, metric, workers } = judging;
  const { perUser } = await evaluateInThreads(
    {
      model: { ...model, itemPopularity: popularityOf(train) },
      train,
      test,
      cutoffs: [cutoff],
      options: { thorough: false },
      threads: workers.count,
      workers,
    },
    { signal, onProgress: () => undefined },
  );
  const value = metricValues(perUser, [cutoff]).get(metric);
  if (value === undefined || !Number.isFinite(value))
    throw new ReelbenchError("RB_INVALID_INPUT", `The model has no ${metric} on the ratings put aside to stop by.`, {
      remedy: "Judge it by lists (ndcg@10, recall@10), or put more ratings aside.",
    });
  return value;
}
