import type { AlgorithmInfo, Hyperparameters } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";
import { inputOf } from "../recommend/settle.ts";
import type { TrainingSet } from "./algorithm.ts";
import { numberOf } from "./hyperparameters.ts";
import type { HistoryInput } from "./servable.ts";

/** The two hyperparameters by which a model of histories takes its ratings; every such algorithm has them. */
export const inputFields: AlgorithmInfo["hyperparameters"] = [
  {
    name: "values",
    label: "Values",
    description:
      "binary: a rating says that somebody chose the item, however they rated it. ratings: it counts as much as its stars. Lists are mostly better with binary.",
    kind: "choice",
    choices: ["binary", "ratings"],
    default: "binary",
  },
  {
    name: "threshold",
    label: "Positive from",
    description:
      "With binary values: share of the rating scale from which a rating counts as chosen: 0 takes every rating, 0.75 four stars of one to five and up.",
    kind: "real",
    default: 0,
    minimum: 0,
    maximum: 1,
  },
];

export function historyInputOf(scale: TrainingSet["scale"], hyperparameters: Hyperparameters): HistoryInput {
  if (hyperparameters["values"] === "ratings") return { kind: "rating", center: 0 };
  const { minimum, maximum } = scale;
  return { kind: "binary", positiveFrom: minimum + numberOf(hyperparameters, "threshold") * (maximum - minimum) };
}

/**
 * The training set with x in place of the ratings, those with x = 0 left out. What a fold-in makes of the same history is the
 * same x. @throws ReelbenchError RB_SPLIT_EMPTY when none is left.
 */
export function asInputs(data: TrainingSet, input: HistoryInput): TrainingSet {
  // Not Float32Array.from with a function, which first makes a list of all numbers: some fifty bytes a rating.
  const values = new Float32Array(data.rating.length);
  data.rating.forEach((rating, n) => {
    values[n] = inputOf(input, rating);
  });
  const userStart = new Int32Array(data.users + 1);
  let kept = 0;
  for (let u = 0; u < data.users; u++) {
    for (let n = data.userStart[u] ?? 0; n < (data.userStart[u + 1] ?? 0); n++) if (values[n] !== 0) kept++;
    userStart[u + 1] = kept;
  }
  if (kept === 0) {
    const reason =
      input.kind === "binary" ? `is ${String(input.positiveFrom)} or higher. Lower the threshold.` : "has a value.";
    throw new ReelbenchError("RB_SPLIT_EMPTY", `No rating for training ${reason}`);
  }
  const { users, items, scale } = data;
  if (kept === values.length) return { users, items, scale, userStart, item: data.item, rating: values, time: null };
  const counts = (_: number, n: number): boolean => values[n] !== 0;
  return { users, items, scale, userStart, item: data.item.filter(counts), rating: values.filter(counts), time: null };
}
