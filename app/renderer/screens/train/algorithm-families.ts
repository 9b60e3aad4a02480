import type { AlgorithmInfo } from "../../../../core/contract/entities.ts";

export interface Family {
  readonly title: string;
  readonly purpose: string;
  readonly algorithms: readonly AlgorithmInfo[];
}

const families: readonly (Omit<Family, "algorithms"> & { readonly ids: readonly string[] })[] = [
  {
    title: "Baselines",
    purpose: "What every other model has to beat; fitted in no time",
    ids: ["popularity", "biases"],
  },
  {
    title: "Neighbours",
    purpose: "For lists: weights between films or between people, which say why",
    ids: ["ease", "slim", "item-knn", "user-knn"],
  },
  {
    title: "Factors for lists",
    purpose: "For lists, also of many films: who chose what becomes a few numbers each",
    ids: ["ials", "puresvd", "bpr"],
  },
  {
    title: "Predicted ratings",
    purpose: "For the stars somebody would give, judged by RMSE",
    ids: ["als", "biased-svd", "svdpp", "timesvdpp", "bayesian-mf", "nmf", "stacking"],
  },
];

/** The algorithms by what they are for, in each family in its order; those of no family come last. */
export function familiesOf(algorithms: readonly AlgorithmInfo[]): readonly Family[] {
  const placed = new Set(families.flatMap(({ ids }) => ids));
  return [
    ...families.map(({ ids, ...family }) => ({
      ...family,
      algorithms: ids.flatMap((id) => algorithms.find((algorithm) => algorithm.id === id) ?? []),
    })),
    { title: "Others", purpose: "", algorithms: algorithms.filter(({ id }) => !placed.has(id)) },
  ].filter(({ algorithms: own }) => own.length > 0);
}
