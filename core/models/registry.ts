import { ReelbenchError } from "../contract/errors.ts";
import type { Algorithm } from "./algorithm.ts";
import { als } from "./als.ts";
import { bayesianMf } from "./bayesian-mf.ts";
import { biasedSvd } from "./biased-svd.ts";
import { biases } from "./biases.ts";
import { bpr } from "./bpr.ts";
import { ease } from "./ease.ts";
import { ials } from "./ials.ts";
import { itemKnn } from "./item-knn.ts";
import { nmf } from "./nmf.ts";
import { popularity } from "./popularity.ts";
import { pureSvd } from "./puresvd.ts";
import { slim } from "./slim.ts";
import { stacking } from "./stacking.ts";
import { svdpp } from "./svdpp.ts";
import { timeSvdpp } from "./timesvdpp.ts";
import { userKnn } from "./user-knn.ts";

export { parseHyperparameters } from "./hyperparameters.ts";

/** What stands alone. */
const single: readonly Algorithm[] = [
  popularity,
  biases,
  itemKnn,
  userKnn,
  biasedSvd,
  als,
  nmf,
  svdpp,
  timeSvdpp,
  bayesianMf,
  pureSvd,
  ials,
  bpr,
  slim,
  ease,
];

/** In the order in which they are offered: from the simplest. */
export const algorithms: readonly Algorithm[] = [...single, stacking(single)];

/** @throws ReelbenchError RB_NOT_FOUND naming the ids that there are. */
export function algorithmById(id: string): Algorithm {
  const found = algorithms.find((algorithm) => algorithm.info.id === id);
  if (found !== undefined) return found;
  throw new ReelbenchError(
    "RB_NOT_FOUND",
    `There is no algorithm "${id}". There are: ${algorithms.map(({ info }) => info.id).join(", ")}.`,
  );
}
