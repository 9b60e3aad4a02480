import { unzipSync } from "fflate";
import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "../../core/files/atomic.ts";

export interface PublishedArchive {
  readonly name: string;
  readonly url: string;
  readonly sha256: string;
  /** Files to take out, by their names in the archive; the first holds the ratings. */
  readonly entries: readonly string[];
}

/** GroupLens forbids handing it on, so each person fetches it. F. M. Harper, J. A. Konstan: The MovieLens Datasets, 2015. */
export const movieLensLatestSmall: PublishedArchive = {
  name: "MovieLens latest-small",
  url: "https://files.grouplens.org/datasets/movielens/ml-latest-small.zip",
  sha256: "696d65a3dfceac7c45750ad32df2c259311949efec81f0f144fdfb91ebc9e436",
  entries: ["ml-latest-small/ratings.csv", "ml-latest-small/movies.csv"],
};

const patienceMs = 8000;
const maximumBytes = 50 * 1024 * 1024;

export type Fetched = { readonly ratingsPath: string } | { readonly unavailable: string };

/**
 * Fetches an archive from its publisher and puts its files into `folder`. What cannot be reached within seconds, or has
 * another checksum, is unavailable, and why is said. Throws RB_CANCELLED only.
 */
export async function fetchRatings(archive: PublishedArchive, folder: string, signal: AbortSignal): Promise<Fetched> {
  let bytes: Uint8Array;
  try {
    bytes = await download(archive.url, AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]));
  } catch (error) {
    signal.throwIfAborted();
    return { unavailable: `${new URL(archive.url).host} was not reachable (${causeOf(error)})` };
  }
  const found = createHash("sha256").update(bytes).digest("hex");
  if (found !== archive.sha256)
    return {
      unavailable: `what ${new URL(archive.url).host} sent has another checksum than ${archive.name} (SHA-256 ${found})`,
    };
  const files = unzipSync(bytes, { filter: ({ name }) => archive.entries.includes(name) });
  await mkdir(folder, { recursive: true });
  const paths: string[] = [];
  for (const entry of archive.entries) {
    const content = files[entry];
    if (content === undefined) return { unavailable: `${archive.name} holds no ${entry}` };
    const path = join(folder, entry.slice(entry.lastIndexOf("/") + 1));
    await writeFileAtomic(path, content);
    paths.push(path);
  }
  return { ratingsPath: paths[0] ?? "" };
}

async function download(url: string, signal: AbortSignal): Promise<Uint8Array> {
  const response = await fetch(url, { signal });
  if (!response.ok || response.body === null) throw new Error(`HTTP ${response.status}`);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > maximumBytes) throw new Error("it is larger than it should be");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
