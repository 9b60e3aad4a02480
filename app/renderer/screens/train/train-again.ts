import type { AlgorithmInfo, Run } from "../../../../core/contract/entities.ts";
import { defaultValues } from "./hyperparameter-form.ts";
import type { FormValues } from "./hyperparameter-form.ts";
import { noOptions } from "./run-options.ts";
import type { RunOptions } from "./run-options.ts";
import { noStopping } from "./stopping.ts";

/** The form as it stood for a run: what it set, and the defaults of settings that came later. */
export function valuesOfRun({ hyperparameters }: AlgorithmInfo, run: Run): FormValues {
  const known = hyperparameters.flatMap(({ name }) => {
    const value = run.hyperparameters[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...defaultValues(hyperparameters), ...Object.fromEntries(known) };
}

/** What a run made of its training ratings and how it was judged, as it stood in the form. */
export function optionsOfRun({ training, evaluation }: Pick<Run, "training" | "evaluation">): RunOptions {
  const stop = training?.earlyStopping;
  return {
    ...noOptions,
    likesFrom: training?.likes?.from ?? "",
    likeValues: training?.likes?.values ?? noOptions.likeValues,
    low: training?.likes?.low ?? noOptions.low,
    confidence: training?.confidence ?? "",
    halfLifeDays: training?.halfLifeDays ?? "",
    contentForColdItems: training?.contentForColdItems ?? "",
    cutoffs: (evaluation?.cutoffs ?? []).map(String),
    relevantFrom: evaluation?.relevantFrom ?? "",
    stopping:
      stop === undefined
        ? noStopping
        : {
            patience: stop.patience,
            every: stop.every,
            // Of a share like 0.07 a hundred times is 7.000000000000001.
            share: Number((stop.validation.share * 100).toPrecision(12)),
            metric: stop.metric ?? "",
            putAside: stop.validation.protocol,
          },
  };
}
