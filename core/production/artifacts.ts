import { createHash } from "node:crypto";
import type { Pool } from "pg";
import { z } from "zod";
import { ReelbenchError } from "../contract/errors.ts";
import { ask } from "./ask.ts";
import { copyInt4, copyRows, copyText } from "./binary-copy.ts";
import { bigCount, inTransaction, parseRow, parseRows } from "./database.ts";
import type { Database } from "./database.ts";

/** Bytes of every chunk of a file but its last. */
export const chunkBytes = 1 << 20;

export interface ArtifactFile {
  readonly name: string;
  readonly bytes: number;
  readonly chunks: number;
}

export interface ChunkId {
  readonly name: string;
  readonly n: number;
}

/**
 * Digest of an artifact: SHA-256 over the chunks' SHA-256 (32 bytes each), files by name in UTF-8 byte order, chunks by
 * number. Over digests, not bytes, since a bytea ends at 1 GB and an artifact does not. Hex.
 */
export function artifactDigest(
  files: readonly { readonly name: string; readonly chunkHashes: readonly Uint8Array[] }[],
): string {
  const digest = createHash("sha256");
  for (const file of files.toSorted((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))) {
    for (const hash of file.chunkHashes) digest.update(hash);
  }
  return digest.digest("hex");
}

/** The same digest computed by Postgres over what it stores, never over the hashes that were sent along. */
export async function targetDigest(database: Database, version: string): Promise<string> {
  const row = await ask(
    database,
    `select encode(sha256(coalesce(string_agg(sha256(data), ''::bytea order by name collate "C", n), ''::bytea)), 'hex') as digest
       from reelbench.artifact_chunks where version = $1`,
    [version],
  );
  return parseRow(z.object({ digest: z.string() }), row)?.digest ?? "";
}

export async function artifactFiles(database: Database, version: string): Promise<ArtifactFile[]> {
  const result = await ask(
    database,
    `select name, bytes, chunks from reelbench.artifact_files where version = $1 order by name collate "C"`,
    [version],
  );
  return parseRows(z.object({ name: z.string(), bytes: bigCount, chunks: z.int().positive() }), result);
}

/** Chunks that have arrived, with the hash they were sent with. */
export async function arrivedChunks(
  database: Database,
  version: string,
): Promise<(ChunkId & { readonly sha256: Buffer })[]> {
  const result = await ask(database, "select name, n, sha256 from reelbench.artifact_chunks where version = $1", [
    version,
  ]);
  return parseRows(z.object({ name: z.string(), n: z.int().nonnegative(), sha256: z.instanceof(Buffer) }), result);
}

/** What has arrived of the uploads that are not whole yet, by version. */
export async function uploadProgress(
  database: Database,
): Promise<Map<string, { readonly bytes: number; readonly chunks: number; readonly ofChunks: number }>> {
  const result = await ask(
    database,
    `select v.version, coalesce(sum(octet_length(c.data)), 0) as bytes, count(c.n) as chunks,
       (select sum(f.chunks) from reelbench.artifact_files f where f.version = v.version) as "ofChunks"
     from reelbench.versions v left join reelbench.artifact_chunks c on c.version = v.version
     where v.state in ('uploading', 'failed') group by v.version`,
  );
  const row = z.object({ version: z.string(), bytes: bigCount, chunks: bigCount, ofChunks: bigCount });
  return new Map(parseRows(row, result).map(({ version, ...arrived }) => [version, arrived]));
}

/** Chunks whose stored bytes do not have the hash they were sent with; the ones to send again. */
export async function damagedChunks(database: Database, version: string): Promise<ChunkId[]> {
  const result = await ask(
    database,
    "select name, n from reelbench.artifact_chunks where version = $1 and sha256(data) <> sha256 order by name, n",
    [version],
  );
  return parseRows(z.object({ name: z.string(), n: z.int().nonnegative() }), result);
}

export async function removeChunks(database: Database, version: string, chunks: readonly ChunkId[]): Promise<void> {
  await ask(
    database,
    "delete from reelbench.artifact_chunks c using unnest($2::text[], $3::int[]) as gone(name, n) where c.version = $1 and c.name = gone.name and c.n = gone.n",
    [version, chunks.map(({ name }) => name), chunks.map(({ n }) => n)],
  );
}

export interface Chunk extends ChunkId {
  readonly sha256: Uint8Array;
  readonly data: Uint8Array;
}

/** Sends chunks in one transaction by COPY. The caller sends only what is missing, under the version's upload lock. */
export async function insertChunks(
  pool: Pool,
  version: string,
  chunks: AsyncIterable<Chunk> | Iterable<Chunk>,
  signal: AbortSignal,
): Promise<void> {
  const rows = async function* () {
    for await (const chunk of chunks)
      yield [copyText(version), copyText(chunk.name), copyInt4(chunk.n), chunk.sha256, chunk.data];
  };
  await inTransaction(pool, (client) =>
    copyRows(client, "reelbench.artifact_chunks (version, name, n, sha256, data)", rows(), signal),
  );
}

/**
 * Reads one file of a version, chunk by chunk in order, so that memory holds one chunk besides what the caller keeps.
 * Throws RB_CORRUPT when a chunk is missing or the length is not the declared one. Hashes are the caller's to check.
 */
export async function* readArtifactFile(
  database: Database,
  version: string,
  file: ArtifactFile,
  signal?: AbortSignal,
): AsyncGenerator<Buffer> {
  let bytes = 0;
  for (let n = 0; n < file.chunks; n++) {
    signal?.throwIfAborted();
    const result = await ask(
      database,
      "select data from reelbench.artifact_chunks where version = $1 and name = $2 and n = $3",
      [version, file.name, n],
    );
    const row = parseRow(z.object({ data: z.instanceof(Buffer) }), result);
    if (row === null)
      throw new ReelbenchError(
        "RB_CORRUPT",
        `Version ${version}: chunk ${n} of ${file.name} is missing on the target.`,
      );
    bytes += row.data.length;
    yield row.data;
  }
  if (bytes !== file.bytes)
    throw new ReelbenchError(
      "RB_CORRUPT",
      `Version ${version}: ${file.name} has ${bytes} bytes on the target, not ${file.bytes}.`,
    );
}
