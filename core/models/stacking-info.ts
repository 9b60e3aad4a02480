import type { AlgorithmInfo } from "../contract/entities.ts";

export const defaultMembers = "svdpp, biased-svd, biases";

export const stackingInfo: AlgorithmInfo = {
  id: "stacking",
  name: "Stacking",
  summary: "Several models added with weights that are learned on ratings none of them was fitted to.",
  whenToUse:
    "When a little more accuracy of predicted ratings is worth fitting several models, each twice. Members that err differently help; more of the same do not.",
  paper: {
    citation: "L. Breiman. Stacked regressions. Machine Learning 24, 1996 (non-negative weights, §2–3).",
    url: "https://doi.org/10.1007/BF00117832",
  },
  predictsRatings: true,
  iterative: true,
  uses: ["rating-values"],
  offers: ["fold-in", "explain"],
  hyperparameters: [
    {
      name: "members",
      label: "Members",
      description:
        "Algorithms whose models are factors, with settings where the defaults are not meant: svdpp, biased-svd(factors=50; epochs=30), puresvd. The same may stand twice.",
      kind: "text",
      default: defaultMembers,
    },
    {
      name: "validationShare",
      label: "Inner validation share",
      description:
        "Share of the training ratings, drawn at random, on which the weights are learned. Members are fitted again to all.",
      kind: "real",
      default: 0.1,
      minimum: 0.01,
      maximum: 0.5,
    },
    {
      name: "regularization",
      label: "Regularization λ",
      description: "How strongly the weights are drawn to the plain mean of the members, in units of their variance.",
      kind: "real",
      default: 0.01,
      minimum: 0,
      maximum: 100,
    },
  ],
};
