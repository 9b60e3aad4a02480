/** The nouns that cross borders, as schemas: each concept in a file of its own, all of them to be had from here. */
export { entityId, isoTime, itemId, sha256, userId } from "./identifiers.ts";
export * from "./ratings-files.ts";
export * from "./sources.ts";
export * from "./snapshots.ts";
export * from "./splits.ts";
export * from "./algorithms.ts";
export * from "./training.ts";
export * from "./evaluation.ts";
export * from "./runs.ts";
export * from "./comparisons.ts";
export * from "./recommendations.ts";
export * from "./publications.ts";
export * from "./jobs.ts";
