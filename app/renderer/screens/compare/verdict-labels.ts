import type { Comparison } from "../../../../core/contract/entities.ts";

type Verdict = Comparison["runs"][number]["comparisons"][number]["verdict"];

export const verdictLabels: Readonly<Record<Verdict, string>> = {
  better: "Better",
  worse: "Worse",
  "no-difference-shown": "No difference shown",
  "not-tested": "Not tested",
};
