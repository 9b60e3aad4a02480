import { mkdir, open, stat } from "node:fs/promises";
import { join } from "node:path";
import { ReelbenchError } from "../contract/errors.ts";
import { bundleFiles, decodeBundle } from "../models/bundle.ts";
import type { Bundle, BundleFile } from "../models/bundle.ts";

/** A model of 10 M users and 256 factors has 10 GB; beyond this a file is not one of ours. */
const largestPart = 16 * 2 ** 30;

/** Writes the files of an encoded bundle into `directory`, which must be new; the caller makes it appear whole. */
export async function writeBundleFolder(directory: string, files: ReadonlyMap<BundleFile, Uint8Array>): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const [name, bytes] of files) {
    const file = await open(join(directory, name), "wx");
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
  }
}

/** Reads and checks a bundle. Throws RB_NO_MODEL when there is none at that place, RB_CORRUPT when it is damaged. */
export async function readBundleFolder(directory: string): Promise<Bundle> {
  return decodeBundle(await readBundleFiles(directory));
}

/** The bundle's files as they are, unchecked. */
export async function readBundleFiles(directory: string): Promise<Map<BundleFile, Uint8Array>> {
  const present = await stat(directory).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!present) throw new ReelbenchError("RB_NO_MODEL", `There is no model in ${directory}.`);
  const files = new Map<BundleFile, Uint8Array>();
  for (const name of bundleFiles) files.set(name, await readPart(join(directory, name)));
  return files;
}

async function readPart(path: string): Promise<Uint8Array> {
  const file = await open(path, "r").catch((error: unknown) => {
    throw new ReelbenchError("RB_CORRUPT", `${path} cannot be read.`, { cause: error });
  });
  try {
    const found = await file.stat();
    if (!found.isFile() || found.size > largestPart)
      throw new ReelbenchError("RB_CORRUPT", `${path} is not a file of a model.`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}
