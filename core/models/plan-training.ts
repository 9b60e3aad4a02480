import type { Hyperparameters } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";
import { inGiB, largestMemory } from "../compute/memory-layout.ts";
import type { Shape } from "../compute/ratings-matrix.ts";
import type { Algorithm } from "./algorithm.ts";
import { algorithms, parseHyperparameters } from "./registry.ts";
import { modelBytes, trainingSetBytes } from "./training-limits.ts";

/** What a training needs, against what there is, before it starts. Bytes. */
export interface TrainingPlan {
  /** Of the training's process at its peak. */
  readonly bytes: number;
  /** Floating-point operations of the fit. */
  readonly flops: number;
  /** What the machine, or the container it runs in, leaves a training. */
  readonly available: number;
  readonly fits: boolean;
  /** Where it does not fit: the numbers, and what would. */
  readonly message: string | null;
  /** Changes of the hyperparameters with which it would fit, the smallest change first. */
  readonly alternatives: readonly { readonly hyperparameters: Hyperparameters; readonly bytes: number }[];
}

/** A Node process with its threads and what the ratings pass through on their way from the file (`bench/memory.ts`). */
const processBytes = 240 * 2 ** 20;
const loadingBytesPerRating = 20;
/** The workbench, the system and what the estimate does not know. */
const usableShare = 0.9;

/** @param machineBytes of the machine or of the container. */
export function planTraining(
  algorithm: Algorithm,
  shape: Shape,
  hyperparameters: Hyperparameters,
  machineBytes: number,
): TrainingPlan {
  const available = Math.floor(machineBytes * usableShare);
  const need = needOf(algorithm, shape, hyperparameters);
  const plan = { bytes: need.bytes, flops: need.flops, available };
  if (fits(need, available)) return { ...plan, fits: true, message: null, alternatives: [] };
  const alternatives = smallerOnes(algorithm, hyperparameters).flatMap((changed) => {
    const fitting = changed.find((candidate) => fits(needOf(algorithm, shape, candidate), available));
    if (fitting === undefined) return [];
    const { bytes } = needOf(algorithm, shape, fitting);
    return [{ hyperparameters: differenceOf(fitting, hyperparameters), bytes }];
  });
  const limit =
    need.bytes > available
      ? `${inGiB(need.bytes)} of memory; this machine leaves a training ${inGiB(available)}`
      : `${inGiB(need.oneMemory)} in one WebAssembly memory, which holds ${inGiB(largestMemory)}`;
  const others = alternatives.length > 0 ? [] : algorithmsThatFit(algorithm, shape, available);
  const items = alternatives.length > 0 ? 0 : itemsThatFit(algorithm, shape, hyperparameters, available);
  return {
    ...plan,
    fits: false,
    message: `${algorithm.info.name} on ${sizeOf(shape)} needs about ${limit}. ${adviceOf(alternatives, others, items)}`,
    alternatives,
  };
}

/** @throws ReelbenchError RB_TRAIN_TOO_LARGE with the numbers and what would fit. */
export function requirePlanFits(plan: TrainingPlan): void {
  if (plan.fits) return;
  throw new ReelbenchError("RB_TRAIN_TOO_LARGE", plan.message ?? undefined, {
    details: { bytes: plan.bytes, available: plan.available, alternatives: plan.alternatives },
  });
}

interface Need {
  readonly bytes: number;
  readonly oneMemory: number;
  readonly flops: number;
}

function needOf(algorithm: Algorithm, shape: Shape, hyperparameters: Hyperparameters): Need {
  const { bytes, flops, largestMemoryBytes } = algorithm.estimateCost(shape, hyperparameters);
  const { factors } = hyperparameters;
  const outside = trainingSetBytes(shape) + modelBytes(shape, typeof factors === "number" ? factors : 0);
  return {
    bytes: bytes + processBytes + shape.ratings * loadingBytesPerRating,
    oneMemory: largestMemoryBytes ?? bytes - outside,
    flops,
  };
}

function fits(need: Need, available: number): boolean {
  return need.bytes <= available && need.oneMemory <= largestMemory;
}

/** Lists of settings, each list from the one that changes least. */
function smallerOnes({ info }: Algorithm, hyperparameters: Hyperparameters): Hyperparameters[][] {
  return info.hyperparameters.flatMap((field) => {
    const now = hyperparameters[field.name];
    if (field.name === "factors" && typeof now === "number")
      return [fewerFactors(hyperparameters, now, field.minimum ?? 1)];
    if (field.kind !== "choice") return [];
    return [
      (field.choices ?? [])
        .filter((choice) => choice !== now)
        .map((choice) => ({ ...hyperparameters, [field.name]: choice })),
    ];
  });
}

/** Numbers that people choose (powers of two and halves between them), below what was asked. */
function fewerFactors(hyperparameters: Hyperparameters, now: number, minimum: number): Hyperparameters[] {
  const steps: number[] = [];
  for (let power = 1; power <= now; power *= 2) steps.push(power, power * 1.5);
  return steps
    .filter((factors) => Number.isInteger(factors) && factors < now && factors >= minimum)
    .toReversed()
    .map((factors) => ({ ...hyperparameters, factors }));
}

function differenceOf(changed: Hyperparameters, from: Hyperparameters): Hyperparameters {
  return Object.fromEntries(Object.entries(changed).filter(([name, value]) => from[name] !== value));
}

function algorithmsThatFit(besides: Algorithm, shape: Shape, available: number): string[] {
  return algorithms
    .filter((other) => other !== besides && fits(needOf(other, shape, parseHyperparameters(other, {})), available))
    .map(({ info }) => info.name);
}

function sizeOf({ users, items, ratings }: Shape): string {
  const count = (value: number) => value.toLocaleString("en");
  return `${count(ratings)} ratings of ${count(users)} users and ${count(items)} items`;
}

/** Fewer than this share are no longer the same catalogue. */
const leastItemShare = 0.05;

/** How many items, with all ratings still there, would fit; 0 where hardly any. What grows with their square is helped most. */
function itemsThatFit(algorithm: Algorithm, shape: Shape, hyperparameters: Hyperparameters, available: number): number {
  let fitting = 0;
  for (let step = 2 ** 24; step >= 1; step /= 2) {
    const items = fitting + step;
    if (items < shape.items && fits(needOf(algorithm, { ...shape, items }, hyperparameters), available))
      fitting = items;
  }
  return fitting < leastItemShare * shape.items ? 0 : fitting;
}

function adviceOf(alternatives: TrainingPlan["alternatives"], others: readonly string[], items: number): string {
  if (alternatives.length > 0) {
    const told = alternatives.map(
      ({ hyperparameters, bytes }) =>
        `${Object.entries(hyperparameters)
          .map(([name, value]) => `${name} = ${String(value)}`)
          .join(", ")} (${inGiB(bytes)})`,
    );
    return `It fits with ${told.join(" or with ")}.`;
  }
  const smaller =
    items > 0
      ? `rain on a snapshot of ${items.toLocaleString("en")} items or fewer (a higher minimum count of ratings for an item).`
      : "rain on a smaller snapshot (a shorter window, or higher minimum counts).";
  return others.length > 0 ? `No setting of it fits, but ${others.join(", ")} would. Or t${smaller}` : `T${smaller}`;
}
