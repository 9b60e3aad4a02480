import type { Pool } from "pg";
import { z } from "zod";
import { itemId, userId } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";
import { artifactFiles, readArtifactFile } from "../production/artifacts.ts";
import type { Deployment } from "../production/deployments.ts";
import { findEvaluation } from "../production/evaluations.ts";
import type { Champion } from "./gates.ts";

/** What the gates need of the version that serves: its evaluation and whom and what it knows. */
export async function readChampion(pool: Pool, { version }: Deployment, signal: AbortSignal): Promise<Champion> {
  return {
    version,
    evaluation: await findEvaluation(pool, version),
    userIds: new Set(await readIds(pool, version, "users.json", userId, signal)),
    itemIds: new Set(await readIds(pool, version, "items.json", itemId, signal)),
  };
}

async function readIds(
  pool: Pool,
  version: string,
  name: string,
  schema: typeof userId,
  signal: AbortSignal,
): Promise<string[]> {
  const file = (await artifactFiles(pool, version)).find((candidate) => candidate.name === name);
  if (file === undefined) return [];
  const chunks: Buffer[] = [];
  for await (const chunk of readArtifactFile(pool, version, file, signal)) chunks.push(chunk);
  let ids: unknown;
  try {
    ids = JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch (error) {
    throw new ReelbenchError("RB_CORRUPT", `${name} of the active version ${version} is damaged on the target.`, {
      cause: error,
    });
  }
  const parsed = z.array(schema).safeParse(ids);
  if (!parsed.success)
    throw new ReelbenchError("RB_CORRUPT", `${name} of the active version ${version} is damaged on the target.`);
  return parsed.data;
}
