import type { Pool } from "pg";
import { ReelbenchError } from "../contract/errors.ts";
import type { CatalogueItem } from "../contract/entities.ts";
import type { WorkContext } from "../jobs/work-context.ts";
import {
  arrivedChunks,
  chunkBytes,
  damagedChunks,
  insertChunks,
  removeChunks,
  targetDigest,
} from "../production/artifacts.ts";
import type { ChunkId } from "../production/artifacts.ts";
import { upsertItems } from "../production/catalogue.ts";
import { arrivedHistories, completeHistorySet, insertHistories, openHistorySet } from "../production/histories.ts";
import type { History } from "../production/histories.ts";
import { readChunks } from "./local-artifact.ts";
import type { LocalArtifact } from "./local-artifact.ts";

/** Chunks of one transaction: what a kill can lose at most. */
const batchChunks = 4;
const batchItems = 2_000;
const batchRatings = 100_000;

/**
 * Sends the chunks the target does not have. Those it has but whose bytes or hashes are not ours (a storage fault, an
 * earlier tampering) are removed and sent again. Returns how many were sent.
 */
export async function uploadArtifact(
  pool: Pool,
  version: string,
  artifact: LocalArtifact,
  { signal, onProgress }: WorkContext,
): Promise<number> {
  const missing = await missingChunks(pool, version, artifact);
  const total = artifact.bytes;
  const missingBytes = (chunks: readonly ChunkId[]) =>
    chunks.reduce((sum, chunk) => sum + chunkLength(artifact, chunk), 0);
  let done = total - missingBytes(missing);
  onProgress({ done, total, unit: "bytes", message: done > 0 ? "Going on with the upload" : "Uploading the model" });
  for (let at = 0; at < missing.length; at += batchChunks) {
    signal.throwIfAborted();
    const batch = missing.slice(at, at + batchChunks);
    await insertChunks(pool, version, readChunks(artifact, batch, signal), signal);
    done += missingBytes(batch);
    onProgress({ done, total, unit: "bytes", message: "Uploading the model" });
  }
  return missing.length;
}

/** Lets Postgres hash what it stores (PUB-2). Throws RB_PUBLISH_CHECKSUM unless that equals our own. */
export async function verifyArtifact(pool: Pool, version: string, artifact: LocalArtifact): Promise<string> {
  const arrived = await targetDigest(pool, version);
  if (arrived !== artifact.digest) {
    throw new ReelbenchError(
      "RB_PUBLISH_CHECKSUM",
      `The target computed ${arrived.slice(0, 16)}… over version ${version}; what was sent is ${artifact.digest.slice(0, 16)}….`,
    );
  }
  return arrived;
}

export async function uploadCatalogue(
  pool: Pool,
  channel: string,
  items: readonly CatalogueItem[],
  { signal, onProgress }: WorkContext,
): Promise<void> {
  for (let at = 0; at < items.length; at += batchItems) {
    signal.throwIfAborted();
    await upsertItems(pool, channel, items.slice(at, at + batchItems));
    onProgress({
      done: Math.min(at + batchItems, items.length),
      total: items.length,
      unit: "items",
      message: "Sending the catalogue",
    });
  }
}

/** Sends histories the target does not have yet. Throws RB_CONFLICT when it holds others under the same snapshot id. */
export async function uploadHistories(
  pool: Pool,
  snapshotId: string,
  shape: { readonly users: number; readonly ratings: number },
  histories: AsyncIterable<History> | Iterable<History>,
  { signal, onProgress }: WorkContext,
): Promise<void> {
  if (await openHistorySet(pool, snapshotId, shape)) return;
  const arrived = await arrivedHistories(pool, snapshotId);
  let batch: History[] = [];
  let ratings = 0;
  let done = 0;
  const flush = async () => {
    await insertHistories(pool, snapshotId, batch, signal);
    done += batch.length;
    batch = [];
    ratings = 0;
    onProgress({
      done: done + arrived.size,
      total: shape.users,
      unit: "users",
      message: "Sending what people have rated",
    });
  };
  for await (const history of histories) {
    if (arrived.has(history.userId)) continue;
    signal.throwIfAborted();
    batch.push(history);
    ratings += history.itemIds.length;
    if (ratings >= batchRatings) await flush();
  }
  await flush();
  if (!(await completeHistorySet(pool, snapshotId))) {
    throw new ReelbenchError(
      "RB_CONFLICT",
      `The target holds other ratings than ours under the snapshot ${snapshotId}; they were not changed.`,
    );
  }
}

async function missingChunks(pool: Pool, version: string, artifact: LocalArtifact): Promise<ChunkId[]> {
  const key = ({ name, n }: ChunkId) => `${name}/${n}`;
  const ours = new Map(
    artifact.files.flatMap(({ name, chunkHashes }) => chunkHashes.map((hash, n) => [key({ name, n }), hash] as const)),
  );
  const arrived = await arrivedChunks(pool, version);
  const foreign = arrived.filter((chunk) => !chunk.sha256.equals(ours.get(key(chunk)) ?? new Uint8Array()));
  const damaged = [...foreign, ...(await damagedChunks(pool, version))];
  if (damaged.length > 0) await removeChunks(pool, version, damaged);
  const kept = new Set(arrived.map(key));
  for (const chunk of damaged) kept.delete(key(chunk));
  return artifact.files
    .flatMap(({ name, chunkHashes }) => chunkHashes.map((_, n) => ({ name, n })))
    .filter((chunk) => !kept.has(key(chunk)));
}

function chunkLength(artifact: LocalArtifact, { name, n }: ChunkId): number {
  const file = artifact.files.find((candidate) => candidate.name === name);
  return file === undefined ? 0 : Math.min(chunkBytes, file.bytes - n * chunkBytes);
}
