import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { filmMap } from "../contract/embedding.ts";
import type { FilmMap, MapMethod } from "../contract/embedding.ts";
import { removeTemporaries } from "../files/atomic.ts";
import { readSealed, writeSealed } from "../training/sealed-file.ts";
import type { Layout } from "./lay-out.ts";

/** A map as it is kept: what is said of it, and its columns. */
export interface KeptMap extends Pick<Layout, "items" | "coordinates" | "errors" | "tested"> {
  readonly map: FilmMap;
  /** [films] */
  readonly ratings: Int32Array;
}

const header = z.object({ format: z.literal(1), modelHash: z.string(), map: filmMap });

const folderName = "maps";
/** PCA has no random numbers: one file, whatever the seed. */
const pathOf = (runDirectory: string, method: MapMethod, seed: number) =>
  join(runDirectory, folderName, method === "pca" ? "pca.bin" : `umap-${String(seed)}.bin`);

/** Writes `<run>/maps/<method>[-seed].bin`. One at a time for each run: what a kill left in the folder goes. */
export async function writeMap(runDirectory: string, modelHash: string, kept: KeptMap): Promise<void> {
  const { map, items, ratings, tested, coordinates, errors } = kept;
  const folder = join(runDirectory, folderName);
  await mkdir(folder, { recursive: true });
  await removeTemporaries(folder);
  const payload = [items, ratings, tested, coordinates, errors].map(
    ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
  );
  await writeSealed(
    pathOf(runDirectory, map.method, map.seed),
    { format: 1, modelHash, map } satisfies z.input<typeof header>,
    payload,
  );
}

/** Null when there is none, when it is damaged, or made from another model: it is then made again. */
export async function readMap(
  runDirectory: string,
  modelHash: string,
  { method, seed }: { readonly method: MapMethod; readonly seed: number },
): Promise<KeptMap | null> {
  const found = await readSealed(pathOf(runDirectory, method, seed), header);
  if (found === null || found.header.modelHash !== modelHash) return null;
  const { map } = found.header;
  const { buffer, byteLength } = found.payload;
  const { films } = map;
  if (byteLength !== 24 * films) return null;
  const [items, ratings, tested] = [0, 1, 2].map((at) => new Int32Array(buffer, 4 * films * at, films));
  if (items === undefined || ratings === undefined || tested === undefined) return null;
  const coordinates = new Float32Array(buffer, 12 * films, 2 * films);
  return { map, items, ratings, tested, coordinates, errors: new Float32Array(buffer, 20 * films, films) };
}
