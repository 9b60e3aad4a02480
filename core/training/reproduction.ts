import { createHash } from "node:crypto";
import type { Run } from "../contract/entities.ts";

/** What a reproduction must match: the model's hash, or for k-fold runs the hash over all folds' models. */
export function reproductionHash(run: Run): string | null {
  return run.modelHash ?? run.foldModelsHash ?? null;
}

/** SHA-256 over the folds' model hashes (hex, one a line, in the folds' order). */
export function hashOfFolds(modelHashes: readonly string[]): string {
  return createHash("sha256")
    .update(modelHashes.map((hash) => `${hash}\n`).join(""))
    .digest("hex");
}
