import type { TrainingSet } from "../../models/algorithm.ts";
import type { ServableModel } from "../../models/servable.ts";
import { createRecommender } from "../../recommend/recommender.ts";
import { historyOf } from "./anchor-ratings.ts";

/** Root mean squared error over all of the test's ratings; predictions clipped to the scale, as of the rating's time. */
export function rootMeanSquaredError(model: ServableModel, train: TrainingSet, test: TrainingSet): number {
  const recommender = createRecommender(model, historyOf(train));
  let squares = 0;
  for (let u = 0; u < test.users; u++) {
    for (let n = test.userStart[u] ?? 0; n < (test.userStart[u + 1] ?? 0); n++) {
      const time = test.time?.[n];
      const known = time === undefined || Number.isNaN(time) ? undefined : time;
      squares += (recommender.predict(u, test.item[n] ?? 0, known) - (test.rating[n] ?? 0)) ** 2;
    }
  }
  return Math.sqrt(squares / test.rating.length);
}
