import type { Pool } from "pg";
import { ReelbenchError } from "../contract/errors.ts";
import { overlapOf, readIdList } from "../models/id-list.ts";
import { artifactFiles, readArtifactFile } from "../production/artifacts.ts";
import type { Deployment } from "../production/deployments.ts";
import { findEvaluation } from "../production/evaluations.ts";
import type { Champion } from "./gates.ts";

/**
 * What the gates need of the version that serves: its evaluation, what it knows, and how many of its users the candidate
 * knows, whose ids `candidateUsers` gives. Both lists of users are read side by side and never held.
 */
export async function readChampion(
  pool: Pool,
  { version }: Deployment,
  candidateUsers: AsyncIterable<readonly string[]>,
  signal: AbortSignal,
): Promise<Champion> {
  const itemIds = new Set<string>();
  for await (const ids of idsOf(pool, version, "items.json", signal)) for (const id of ids) itemIds.add(id);
  const { theirs, shared } = await overlapOf(candidateUsers, idsOf(pool, version, "users.json", signal));
  return {
    version,
    evaluation: await findEvaluation(pool, version),
    users: { known: theirs, shared },
    itemIds,
  };
}

async function* idsOf(
  pool: Pool,
  version: string,
  name: "users.json" | "items.json",
  signal: AbortSignal,
): AsyncGenerator<readonly string[]> {
  const file = (await artifactFiles(pool, version)).find((candidate) => candidate.name === name);
  if (file === undefined) return;
  try {
    yield* readIdList(readArtifactFile(pool, version, file, signal), name, null);
  } catch (error) {
    if (!(error instanceof ReelbenchError) || error.code !== "RB_CORRUPT") throw error;
    throw new ReelbenchError("RB_CORRUPT", `${name} of the active version ${version} is damaged on the target.`, {
      cause: error,
    });
  }
}
