import { createHash } from "node:crypto";
import { ReelbenchError } from "../../core/contract/errors.ts";
import { decodeCard } from "../../core/models/bundle-card.ts";
import type { BundleCard, BundlePart } from "../../core/models/bundle-card.ts";
import { readIdList } from "../../core/models/id-list.ts";
import { modelOf } from "../../core/models/model-tensors.ts";
import type { ServableModel } from "../../core/models/servable.ts";
import { readTensors } from "../../core/models/tensor-stream.ts";
import { artifactDigest, artifactFiles, readArtifactFile } from "../../core/production/artifacts.ts";
import type { ArtifactFile } from "../../core/production/artifacts.ts";
import type { Database } from "../../core/production/database.ts";
import type { Version } from "../../core/production/versions.ts";
import { createSharedText, indexIds } from "./shared-text.ts";
import type { IdIndex } from "./shared-text.ts";

/** How much of a version's artifact has been read. */
export interface LoadProgress {
  readonly bytes: number;
  readonly ofBytes: number;
}

/** A bundle in memory that threads share. */
export interface SharedBundle {
  readonly model: ServableModel;
  readonly users: IdIndex;
  readonly items: IdIndex;
}

/**
 * Reads a version's bundle from the target, chunk by chunk into the shared memory where it stays: besides that, memory holds a
 * few chunks at a time. Nothing of it is returned before every byte is what was published and what the card says. Throws
 * RB_NOT_FOUND, RB_CORRUPT, RB_TARGET_UNREACHABLE.
 */
export async function readBundle(
  database: Database,
  { version, sha256 }: Pick<Version, "version" | "sha256">,
  onProgress: (progress: LoadProgress) => void = () => undefined,
): Promise<SharedBundle> {
  const files = await artifactFiles(database, version);
  if (files.length === 0) throw new ReelbenchError("RB_NOT_FOUND", `Version ${version} has no artifact on the target.`);
  const chunkHashes = new Map<string, Uint8Array[]>();
  const ofBytes = files.reduce((sum, file) => sum + file.bytes, 0);
  let bytesRead = 0;

  async function* chunksOf(file: ArtifactFile): AsyncGenerator<Uint8Array> {
    const hashes: Uint8Array[] = [];
    chunkHashes.set(file.name, hashes);
    for await (const chunk of readArtifactFile(database, version, file)) {
      hashes.push(createHash("sha256").update(chunk).digest());
      bytesRead += chunk.length;
      onProgress({ bytes: bytesRead, ofBytes });
      yield chunk;
    }
  }

  function fileOf(name: string): ArtifactFile {
    const file = files.find((each) => each.name === name);
    if (file === undefined) throw corrupt(`The bundle has no ${name}.`);
    return file;
  }

  /** Throws RB_CORRUPT after its last piece unless the whole is what the card says. */
  async function* partOf(card: BundleCard, name: BundlePart): AsyncGenerator<Uint8Array> {
    const file = fileOf(name);
    const expected = card.parts[name];
    if (file.bytes !== expected.bytes)
      throw corrupt(`${name} has ${file.bytes} bytes; the card says ${expected.bytes}.`);
    const hash = createHash("sha256");
    for await (const chunk of chunksOf(file)) {
      hash.update(chunk);
      yield chunk;
    }
    if (hash.digest("hex") !== expected.sha256) throw corrupt(`${name} does not match its checksum.`);
  }

  const cardPieces: Uint8Array[] = [];
  for await (const chunk of chunksOf(fileOf("card.json"))) cardPieces.push(chunk);
  const card = decodeCard(Buffer.concat(cardPieces));
  const idsOf = async (name: Exclude<BundlePart, "model.safetensors">, count: number): Promise<IdIndex> => {
    // Before memory is taken for so many.
    if (count > fileOf(name).bytes) throw corrupt(`${name} is not a list of ${count} ids.`);
    const text = createSharedText(count);
    let found = 0;
    for await (const ids of readIdList(partOf(card, name), name, count)) {
      found += ids.length;
      if (found > count) throw corrupt(`${name} is not a list of ${count} ids.`);
      text.add(ids);
    }
    return indexIds(text.end());
  };
  const users = await idsOf("users.json", card.users);
  const items = await idsOf("items.json", card.items);
  const { bytes } = card.parts["model.safetensors"];
  const tensors = await readTensors(
    partOf(card, "model.safetensors"),
    bytes,
    () => "all",
    (size) => new SharedArrayBuffer(size),
  );
  // What else a publisher may have sent is part of the digest.
  for (const file of files) if (!chunkHashes.has(file.name)) await readThrough(chunksOf(file));
  const digest = artifactDigest(Array.from(chunkHashes, ([name, hashes]) => ({ name, chunkHashes: hashes })));
  if (digest !== sha256) throw corrupt(`What the target holds of version ${version} is not what was published.`);
  return { model: modelOf(card, tensors), users, items };
}

async function readThrough(pieces: AsyncIterable<unknown>): Promise<void> {
  for await (const piece of pieces) void piece;
}

function corrupt(message: string): ReelbenchError {
  return new ReelbenchError("RB_CORRUPT", message);
}
