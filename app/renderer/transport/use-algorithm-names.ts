import { useQueryMethod } from "./hooks.ts";

interface AlgorithmNames {
  /** "iALS" for `ials`. */
  algorithm(id: string): string;
  /** "Factors k" for `factors`, as the first of these algorithms that has it calls it. */
  setting(name: string, algorithms: readonly string[]): string;
}

/** What algorithms and their settings are called; the ids where that is not known (yet). */
export function useAlgorithmNames(): AlgorithmNames {
  const { data = [] } = useQueryMethod("algorithms.list", {});
  return {
    algorithm: (id) => data.find((known) => known.id === id)?.name ?? id,
    setting: (name, algorithms) =>
      data
        .filter(({ id }) => algorithms.includes(id))
        .flatMap(({ hyperparameters }) => hyperparameters)
        .find((field) => field.name === name)?.label ?? name,
  };
}
