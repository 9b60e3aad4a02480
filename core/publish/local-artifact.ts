import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { ReelbenchError } from "../contract/errors.ts";
import { bundleFiles } from "../models/bundle.ts";
import { artifactDigest, chunkBytes } from "../production/artifacts.ts";
import type { Chunk, ChunkId } from "../production/artifacts.ts";

export interface LocalFile {
  readonly name: string;
  readonly bytes: number;
  /** Of the whole file, hex: what the bundle's card says. */
  readonly sha256: string;
  /** SHA-256 of each chunk, in order. */
  readonly chunkHashes: readonly Uint8Array[];
}

export interface LocalArtifact {
  readonly directory: string;
  readonly files: readonly LocalFile[];
  readonly bytes: number;
  /** What the target must compute over what arrived. */
  readonly digest: string;
}

/** Hashes the files of a bundle chunk by chunk: memory holds one chunk, whatever the size. Throws RB_NO_MODEL, RB_CANCELLED. */
export async function hashLocalArtifact(directory: string, signal: AbortSignal): Promise<LocalArtifact> {
  const files: LocalFile[] = [];
  for (const name of bundleFiles) {
    const chunkHashes: Uint8Array[] = [];
    const whole = createHash("sha256");
    let bytes = 0;
    for await (const data of chunksOf(join(directory, name), 0, signal)) {
      whole.update(data);
      chunkHashes.push(createHash("sha256").update(data).digest());
      bytes += data.length;
    }
    if (bytes === 0) throw new ReelbenchError("RB_CORRUPT", `${join(directory, name)} is empty.`);
    files.push({ name, bytes, sha256: whole.digest("hex"), chunkHashes });
  }
  return { directory, files, bytes: files.reduce((sum, file) => sum + file.bytes, 0), digest: artifactDigest(files) };
}

/** Reads the given chunks again. Throws RB_CORRUPT when a file changed since it was hashed. */
export async function* readChunks(
  artifact: LocalArtifact,
  wanted: readonly ChunkId[],
  signal: AbortSignal,
): AsyncGenerator<Chunk> {
  for (const file of artifact.files) {
    const numbers = wanted.filter(({ name }) => name === file.name).map(({ n }) => n);
    if (numbers.length === 0) continue;
    const handle = await open(join(artifact.directory, file.name), "r");
    try {
      for (const n of numbers) {
        signal.throwIfAborted();
        const data = Buffer.alloc(Math.min(chunkBytes, file.bytes - n * chunkBytes));
        const { bytesRead } = await handle.read(data, 0, data.length, n * chunkBytes);
        const sha256 = createHash("sha256").update(data).digest();
        if (bytesRead !== data.length || !sha256.equals(file.chunkHashes[n] ?? new Uint8Array())) {
          throw new ReelbenchError("RB_CORRUPT", `${file.name} changed while it was being published.`);
        }
        yield { name: file.name, n, sha256, data };
      }
    } finally {
      await handle.close();
    }
  }
}

async function* chunksOf(path: string, from: number, signal: AbortSignal): AsyncGenerator<Buffer> {
  const handle = await open(path, "r").catch((error: unknown) => {
    throw new ReelbenchError("RB_NO_MODEL", `${path} cannot be read.`, { cause: error });
  });
  try {
    const buffer = Buffer.alloc(chunkBytes);
    for (let position = from; ;) {
      signal.throwIfAborted();
      let filled = 0;
      // A read may end early; a chunk may not.
      for (;;) {
        const { bytesRead } = await handle.read(buffer, filled, chunkBytes - filled, position + filled);
        filled += bytesRead;
        if (bytesRead === 0 || filled === chunkBytes) break;
      }
      if (filled === 0) return;
      yield buffer.subarray(0, filled);
      position += filled;
    }
  } finally {
    await handle.close();
  }
}
