import type { ModelVersion } from "../../../../core/contract/model-versions.ts";

/** "recommender 3", as it stands in tables, links and titles. */
export function versionTitle({ model, number }: Pick<ModelVersion, "model" | "number">): string {
  return `${model} ${String(number)}`;
}
