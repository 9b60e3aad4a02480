import { ReelbenchError } from "../contract/errors.ts";
import type { Bundle, BundleCard, BundleFile } from "../models/bundle.ts";
import { decodeCard } from "../models/bundle-card.ts";
import { readIdList } from "../models/id-list.ts";
import { modelOf } from "../models/model-tensors.ts";
import { readTensors } from "../models/tensor-stream.ts";
import { readChunks } from "./local-artifact.ts";
import type { LocalArtifact } from "./local-artifact.ts";
import { checkStorable } from "./probe-plan.ts";
import type { PublishRequest } from "./publish-request.ts";

/** The card, once sizes and SHA-256 of every part are as it says and it is the run's. Throws RB_CORRUPT. */
export async function readCard(
  artifact: LocalArtifact,
  { bundleDirectory, run }: Pick<PublishRequest, "bundleDirectory" | "run">,
  signal: AbortSignal,
): Promise<BundleCard> {
  const pieces: Uint8Array[] = [];
  for await (const piece of piecesOf(artifact, "card.json", signal)) pieces.push(piece);
  const card = decodeCard(Buffer.concat(pieces));
  for (const [name, { bytes, sha256 }] of Object.entries(card.parts)) {
    const file = artifact.files.find((candidate) => candidate.name === name);
    if (file?.bytes !== bytes)
      throw new ReelbenchError("RB_CORRUPT", `${name} has ${file?.bytes ?? 0} bytes; the card says ${bytes}.`);
    if (file.sha256 !== sha256) throw new ReelbenchError("RB_CORRUPT", `${name} does not match its checksum.`);
  }
  if (run.modelHash !== null && card.parts["model.safetensors"].sha256 !== run.modelHash)
    throw new ReelbenchError("RB_CORRUPT", `The model in ${bundleDirectory} is not the one run ${run.id} recorded.`);
  if (card.snapshotId !== run.snapshotId)
    throw new ReelbenchError(
      "RB_CORRUPT",
      `The model in ${bundleDirectory} was made from another snapshot than run ${run.id}.`,
    );
  return card;
}

/** The users' ids of the bundle, in batches; none is kept. Throws RB_CORRUPT, and RB_INVALID_INPUT for one that Postgres cannot store. */
export async function* userIdsOf(
  artifact: LocalArtifact,
  card: BundleCard,
  signal: AbortSignal,
): AsyncGenerator<readonly string[]> {
  for await (const ids of readIdList(piecesOf(artifact, "users.json", signal), "users.json", card.users)) {
    checkStorable(ids);
    yield ids;
  }
}

/**
 * The bundle as far as answers for `users` need it: of a model of factors all items and the rows of these users, so that
 * memory does not grow with the number of users; their indices are new. Other forms answer from all they have, and are
 * read whole. Everything is checked as `decodeBundle` does, what is not kept, too.
 */
export async function readBundleFor(
  artifact: LocalArtifact,
  card: BundleCard,
  users: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Bundle> {
  const reducible = card.form === "factors" && card.timeEffects === undefined;
  const rows: number[] = [];
  const userIds: string[] = [];
  let u = 0;
  for await (const batch of userIdsOf(artifact, card, signal)) {
    for (const id of batch) {
      if (!reducible || users.has(id)) {
        rows.push(u);
        userIds.push(id);
      }
      u++;
    }
  }
  const itemIds: string[] = [];
  for await (const batch of readIdList(piecesOf(artifact, "items.json", signal), "items.json", card.items))
    for (const id of batch) itemIds.push(id);
  checkStorable(itemIds);
  const selected = Int32Array.from(rows);
  const { bytes } = card.parts["model.safetensors"];
  const tensors = await readTensors(piecesOf(artifact, "model.safetensors", signal), bytes, (name, shape) => {
    if (!reducible || !userTensors.has(name)) return "all";
    if (shape[0] !== card.users)
      throw new ReelbenchError("RB_CORRUPT", `The tensor "${name}" is not of the ${card.users} users of the card.`);
    return selected;
  });
  return { model: modelOf({ ...card, users: userIds.length }, tensors), userIds, itemIds, card };
}

/** Those of a model of factors that have a row a user (`core/models/model-tensors.ts`). */
const userTensors: ReadonlySet<string> = new Set(["user_factors", "user_bias", "user_variance"]);

/** A file's chunks in order, each as it was when it was hashed. */
async function* piecesOf(artifact: LocalArtifact, name: BundleFile, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const chunks = artifact.files.find((file) => file.name === name)?.chunkHashes.map((_, n) => ({ name, n })) ?? [];
  for await (const { data } of readChunks(artifact, chunks, signal)) yield data;
}
