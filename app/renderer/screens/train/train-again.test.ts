import { expect, it } from "vitest";
import type { EvaluationOptions, TrainingOptions } from "../../../../core/contract/entities.ts";
import { evaluationOf, noOptions, trainingOf } from "./run-options.ts";
import { optionsOfRun } from "./train-again.ts";

it("sends the same of an unchanged form as the run was trained with", () => {
  const training: TrainingOptions = {
    likes: { from: 4, values: "as-rated", low: "worst" },
    confidence: 40,
    halfLifeDays: 365,
    contentForColdItems: 2,
    earlyStopping: {
      patience: 4,
      every: 2,
      metric: "recall@10",
      validation: { protocol: "per-user-temporal", share: 0.07 },
    },
  };
  const evaluation: EvaluationOptions = { cutoffs: [5, 20], relevantFrom: 3.5 };
  const options = optionsOfRun({ training, evaluation });
  expect(trainingOf(options)).toEqual(training);
  expect(evaluationOf(options)).toEqual(evaluation);
});

it("leaves out what the run left out", () => {
  expect(optionsOfRun({})).toEqual(noOptions);
});
