import type { AlgorithmInfo, Hyperparameters } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";
import { throwIfCancelled } from "../compute/pool.ts";
import type { Algorithm, FitContext, TrainingSet } from "./algorithm.ts";
import { byKey } from "./bayesian-memory.ts";
import { asInputs, historyInputOf, inputFields } from "./history-input.ts";
import { numberOf } from "./hyperparameters.ts";
import { similarityFields } from "./item-knn-info.ts";
import { itemKnn } from "./item-knn.ts";
import type { NeighbourModel } from "./servable.ts";
import { requirePairs, requireRatings, trainingSetBytes } from "./training-limits.ts";
import { usersOf } from "./users-of-ratings.ts";

const info: AlgorithmInfo = {
  id: "user-knn",
  name: "User neighbours",
  summary: "Recommends what the people chose whose choices are most like somebody's own (cosine of their rows).",
  whenToUse:
    "As a baseline without any fit, and for small communities. The ratings themselves are the model and go wherever it is served; every answer looks at all people who share an item.",
  paper: {
    citation:
      "P. Resnick, N. Iacovou, M. Suchak, P. Bergstrom, J. Riedl. GroupLens: an open architecture for collaborative filtering of netnews. CSCW 1994. Asymmetric cosine: F. Aiolli. Efficient top-N recommendation for very large scale binary rated datasets. RecSys 2013.",
    url: "https://doi.org/10.1145/192844.192905",
  },
  predictsRatings: false,
  iterative: false,
  uses: ["rating-values"],
  offers: ["fold-in", "explain"],
  hyperparameters: [
    {
      name: "neighbours",
      label: "Neighbours k",
      description: "Most similar people whose choices are added up.",
      kind: "integer",
      default: 120,
      minimum: 1,
      maximum: 100_000,
      logarithmic: true,
    },
    {
      name: "neighbourhood",
      label: "Whose neighbours",
      description:
        "own: the k people most like somebody. theirs: everybody who has somebody among the k people most like them, which ranks better on dense data and must be found out in the training.",
      kind: "choice",
      choices: ["own", "theirs"],
      default: "own",
    },
    // Of 24 settings, MovieLens 1M liked 120 neighbours without shrinkage best (bench/tois.ts).
    ...similarityFields.map((field) => (field.name === "shrinkage" ? { ...field, default: 0 } : field)),
    ...inputFields,
  ],
};

/**
 * Nothing is learned but, for the neighbourhood "theirs", how like a person one must be to be among their nearest: the model is
 * the ratings, and neighbours are found when somebody asks (`core/recommend`).
 */
export const userKnn: Algorithm<NeighbourModel> = {
  info,
  estimateCost: (shape, hyperparameters) => {
    const own = { bytes: 3 * trainingSetBytes(shape), flops: shape.ratings };
    if (hyperparameters["neighbourhood"] !== "theirs") return own;
    const whole = itemKnn.estimateCost({ ...shape, users: shape.items, items: shape.users }, hyperparameters);
    return { ...whole, bytes: own.bytes + whole.bytes, flops: own.flops + whole.flops };
  },
  fit: async (given, hyperparameters, context) => {
    const { signal, onProgress } = context;
    throwIfCancelled(signal);
    requireRatings(given);
    const input = historyInputOf(given.scale, hyperparameters);
    const plain = asInputs(given, input);
    const { users, items, userStart, item, rating, scale } = plain;
    const theirs = hyperparameters["neighbourhood"] === "theirs";
    const admission = theirs ? await admissionOf(plain, hyperparameters, context) : null;
    if (!theirs) onProgress({ done: users, total: users, unit: "users", message: "Nothing to fit" });
    throwIfCancelled(signal);
    return {
      form: "user-neighbours",
      users,
      items,
      input,
      rows: { start: userStart, item, value: rating },
      similarity: {
        asymmetry: numberOf(hyperparameters, "asymmetry"),
        shrinkage: numberOf(hyperparameters, "shrinkage"),
      },
      neighbours: numberOf(hyperparameters, "neighbours"),
      ...(admission && { admission }),
      predictsRatings: false,
      scale,
    };
  },
};

/** The likeness of each person's k-th nearest, 0 where there are fewer: people are the items of the turned ratings. */
async function admissionOf(
  data: TrainingSet,
  hyperparameters: Hyperparameters,
  context: FitContext,
): Promise<Float32Array> {
  const neighbours = Math.min(numberOf(hyperparameters, "neighbours"), data.users);
  const people = turned(data);
  requirePairs(people.userStart, people.items, { rows: "items", columns: "users" });
  const { weights } = await itemKnn.fit(
    people,
    {
      neighbours,
      // s(u, v) has v's norm where theirs(v, u) has its own.
      asymmetry: 1 - numberOf(hyperparameters, "asymmetry"),
      shrinkage: numberOf(hyperparameters, "shrinkage"),
      userWeighting: "none",
      values: "ratings",
      threshold: 0,
    },
    context,
  );
  const admission = new Float32Array(data.users).fill(Infinity);
  const counts = new Int32Array(data.users);
  if (weights.kind !== "sparse") throw new ReelbenchError("RB_INTERNAL", "Neighbours are kept one by one.");
  for (let n = 0; n < weights.item.length; n++) {
    const v = weights.item[n] ?? 0;
    admission[v] = Math.min(admission[v] ?? Infinity, weights.weight[n] ?? Infinity);
    counts[v] = (counts[v] ?? 0) + 1;
  }
  return admission.map((least, v) => ((counts[v] ?? 0) < neighbours ? 0 : least));
}

function turned(data: TrainingSet): TrainingSet {
  const [order, start] = byKey(data.item, data.items);
  const user = usersOf(data);
  return {
    users: data.items,
    items: data.users,
    userStart: start,
    item: order.map((n) => user[n] ?? 0),
    rating: Float32Array.from(order, (n) => data.rating[n] ?? 0),
    time: null,
    scale: data.scale,
  };
}
