import type { Run } from "../../../../core/contract/entities.ts";

type Value = Run["hyperparameters"][string];

export interface ParameterRow {
  readonly name: string;
  /** In the order of the runs; undefined where a run's algorithm does not have it. */
  readonly values: readonly (Value | undefined)[];
  readonly differs: boolean;
}

export function hyperparameterNames(runs: readonly Pick<Run, "hyperparameters">[]): readonly string[] {
  return [...new Set(runs.flatMap(({ hyperparameters }) => Object.keys(hyperparameters)))].sort();
}

/** A row's name as people read it: those that are not settings of an algorithm begin with a capital, too. */
export function settingTitle(name: string, label: string): string {
  return ["algorithm", "seed", "split"].includes(name) ? `${name.slice(0, 1).toUpperCase()}${name.slice(1)}` : label;
}

const collator = new Intl.Collator("en", { numeric: true });

/** As people look for them: the algorithm, its settings by what they are called, seed and split. */
export function inReadingOrder(
  rows: readonly ParameterRow[],
  labelOf: (name: string) => string,
): readonly ParameterRow[] {
  const rank = (name: string) => ["algorithm", null, "seed", "split"].indexOf(name);
  const place = (name: string) => (rank(name) === -1 ? 1 : rank(name));
  return rows.toSorted((a, b) => place(a.name) - place(b.name) || collator.compare(labelOf(a.name), labelOf(b.name)));
}

/** What was set, run by run: algorithm, seed, split and every hyperparameter. */
export function parameterRows(
  runs: readonly Pick<Run, "algorithm" | "seed" | "splitId" | "hyperparameters">[],
): readonly ParameterRow[] {
  const row = (name: string, values: readonly (Value | undefined)[]): ParameterRow => ({
    name,
    values,
    differs: new Set(values).size > 1,
  });
  return [
    row(
      "algorithm",
      runs.map(({ algorithm }) => algorithm),
    ),
    ...hyperparameterNames(runs).map((name) =>
      row(
        name,
        runs.map(({ hyperparameters }) => hyperparameters[name]),
      ),
    ),
    row(
      "seed",
      runs.map(({ seed }) => seed),
    ),
    row(
      "split",
      runs.map(({ splitId }) => splitId),
    ),
  ];
}
