import { deserialize, serialize } from "node:v8";
import type { Hyperparameters } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";
import { createRandom } from "../random.ts";
import type { Algorithm, FitContext, TrainingSet } from "./algorithm.ts";
import { numberOf } from "./hyperparameters.ts";
import type { FactorModel } from "./servable.ts";
import { requireStackable, stackModels } from "./stacked-model.ts";
import { stackingInfo } from "./stacking-info.ts";
import { parseMembers } from "./stacking-members.ts";
import type { Member } from "./stacking-members.ts";
import { stackingWeights } from "./stacking-weights.ts";
import type { StackingWeights } from "./stacking-weights.ts";
import { modelBytes, requireRatings, shapeOf } from "./training-limits.ts";
import { divideRatings } from "./divide-ratings.ts";

/**
 * r̂(u, i) = w₀ + Σ_m w_m r̂_m(u, i): each member is fitted to most of the training ratings and predicts the rest; from these
 * predictions the weights are learned; then each is fitted to all (Breiman 1996). The result is one model of factors.
 */
export function stacking(candidates: readonly Algorithm[]): Algorithm<FactorModel> {
  return {
    info: stackingInfo,
    estimateCost: (shape, hyperparameters) => {
      const costs = membersOf(hyperparameters, candidates).map((member) =>
        member.algorithm.estimateCost(shape, member.hyperparameters),
      );
      const factors = membersOf(hyperparameters, candidates).reduce((sum, member) => sum + factorsOf(member), 0);
      return {
        bytes: Math.max(...costs.map(({ bytes }) => bytes)) + 2 * modelBytes(shape, factors) + shape.ratings * 20,
        flops: 2 * costs.reduce((sum, { flops }) => sum + flops, 0),
        largestMemoryBytes: Math.max(
          ...costs.map(
            ({ bytes, largestMemoryBytes }, m) =>
              largestMemoryBytes ?? bytes - modelBytes(shape, factorsOf(membersOf(hyperparameters, candidates)[m])),
          ),
        ),
      };
    },
    fit: (data, hyperparameters, context) => fit(data, hyperparameters, context, candidates),
  };
}

function membersOf({ members }: Hyperparameters, candidates: readonly Algorithm[]): Member[] {
  return parseMembers(String(members), candidates);
}

function factorsOf(member: Member | undefined): number {
  const factors = member?.hyperparameters["factors"];
  return typeof factors === "number" ? factors : 0;
}

async function fit(
  data: TrainingSet,
  hyperparameters: Hyperparameters,
  context: FitContext,
  candidates: readonly Algorithm[],
): Promise<FactorModel> {
  requireRatings(data);
  const members = membersOf(hyperparameters, candidates);
  const random = createRandom(context.seed);
  const share = numberOf(hyperparameters, "validationShare");
  const { kept, taken } = divideRatings(data, () => random.unit() < share);
  if (kept.item.length === 0 || taken.item.length === 0)
    throw new ReelbenchError("RB_SPLIT_EMPTY", "There are too few ratings to keep some apart for the weights.");
  const stages = new Stages(context, ["stacking", hyperparameters, shapeOf(data)]);

  const predictions: Float64Array[] = [];
  for (const [m, member] of members.entries()) {
    const known = await stages.stage(`${m + 1} of ${members.length}, on the inner training part`, async (inner) =>
      predict(await fitMember(member, kept, inner), taken),
    );
    predictions.push(known);
  }
  const weights = stackingWeights(predictions, taken.rating, numberOf(hyperparameters, "regularization"));
  stages.tell(weights, members);

  const models: FactorModel[] = [];
  for (const [m, member] of members.entries())
    models.push(await stages.stage(`${m + 1} of ${members.length}, on all`, (inner) => fitMember(member, data, inner)));
  return stackModels(models, weights);
}

async function fitMember(member: Member, data: TrainingSet, context: FitContext): Promise<FactorModel> {
  const { algorithm, hyperparameters } = member;
  return requireStackable(await algorithm.fit(data, hyperparameters, context), algorithm.info.name);
}

/** [ratings] the model's score of each rating, not clipped. */
function predict(model: FactorModel, data: TrainingSet): Float64Array {
  const { factors: k, globalMean, userBias, itemBias, userFactors, itemFactors } = model;
  const scores = new Float64Array(data.item.length);
  for (let u = 0; u < data.users; u++) {
    for (let n = data.userStart[u] ?? 0; n < (data.userStart[u + 1] ?? 0); n++) {
      const i = data.item[n] ?? 0;
      let score = globalMean + (userBias[u] ?? 0) + (itemBias[i] ?? 0);
      for (let f = 0; f < k; f++) score += (userFactors[u * k + f] ?? 0) * (itemFactors[i * k + f] ?? 0);
      scores[n] = score;
    }
  }
  return scores;
}

interface StagesState {
  readonly key: string;
  /** What finished stages returned, in order. */
  readonly results: unknown[];
  readonly epochs: number;
  readonly seconds: number;
  /** The checkpoint of the stage under way. */
  readonly inner: Uint8Array | null;
}

/**
 * Fits one after the other within one fit: epochs are counted through, and a checkpoint holds what the finished ones left
 * with the checkpoint of the one under way. Results travel by structured cloning; where a checkpoint is not readable (another
 * version of the runtime) the fit starts afresh.
 */
class Stages {
  private readonly context: FitContext;
  private readonly key: string;
  private readonly earlier: StagesState | null;
  private readonly results: unknown[] = [];
  private readonly startedAt = performance.now();
  private epochs = 0;

  constructor(context: FitContext, key: unknown) {
    this.context = context;
    this.key = JSON.stringify([context.seed, key]);
    const earlier = readState(context.resumeFrom);
    this.earlier = earlier?.key === this.key ? earlier : null;
  }

  private get seconds(): number {
    return (this.earlier?.seconds ?? 0) + (performance.now() - this.startedAt) / 1000;
  }

  /** `name` for the progress; `work` gets a context of its own. */
  async stage<T>(name: string, work: (context: FitContext) => Promise<T>): Promise<T> {
    const at = this.results.length;
    const { context, earlier } = this;
    if (context.signal.aborted) throw new ReelbenchError("RB_CANCELLED");
    if (earlier !== null && at < earlier.results.length) {
      // Written by this very function: the type is what `work` returned.
      const known = earlier.results[at] as T;
      this.results.push(known);
      if (at === earlier.results.length - 1) this.epochs = earlier.epochs;
      return known;
    }
    const before = this.epochs;
    const result = await work({
      ...context,
      warmStart: null,
      resumeFrom: earlier !== null && at === earlier.results.length ? earlier.inner : null,
      onProgress: (progress) => context.onProgress({ ...progress, message: `Member ${name}: ${progress.message}` }),
      onEpoch: ({ epoch, values }) => {
        this.epochs = before + epoch;
        context.onEpoch({ epoch: this.epochs, seconds: this.seconds, values });
      },
      saveCheckpoint: (inner) => this.save(before, Buffer.concat(inner)),
    });
    this.results.push(result);
    await this.save(this.epochs, null);
    return result;
  }

  /** The weights and what they reach on the inner validation part, as a point of the learning curve. */
  tell({ intercept, weights, rmse }: StackingWeights, members: readonly Member[]): void {
    this.epochs++;
    const named = members.map(({ algorithm }, m) => [`weight-${m + 1}-${algorithm.info.id}`, weights[m] ?? 0] as const);
    this.context.onEpoch({
      epoch: this.epochs,
      seconds: this.seconds,
      values: { "inner-validation-rmse": rmse, intercept, ...Object.fromEntries(named) },
    });
  }

  private async save(epochs: number, inner: Uint8Array | null): Promise<void> {
    const state: StagesState = { key: this.key, results: this.results, epochs, seconds: this.seconds, inner };
    await this.context.saveCheckpoint([serialize(state)]);
  }
}

function readState(bytes: Uint8Array | null): StagesState | null {
  if (bytes === null) return null;
  try {
    const state: unknown = deserialize(bytes);
    return typeof state === "object" && state !== null && "key" in state && "results" in state
      ? (state as StagesState) // Sealed by the hash of its file, and written by `save`.
      : null;
  } catch {
    return null;
  }
}
