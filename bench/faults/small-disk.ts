import { execFile } from "node:child_process";
import { mkdtemp, open, rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** A small file system in memory, that can be filled to its last byte. */
export interface SmallDisk {
  readonly folder: string;
  /** To all but so many bytes: by default a few kilobytes, so that what is written next fits in part. */
  fill(left?: number): Promise<void>;
  free(): Promise<void>;
  remove(): Promise<void>;
}

const leftFree = 8_192;
const run = promisify(execFile);

/** Null where mounting is not allowed (it takes root, and a system that lets root do it). */
export async function smallDisk(megabytes = 1): Promise<SmallDisk | null> {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return null;
  const folder = await mkdtemp(join(tmpdir(), "reelbench-faults-disk-"));
  try {
    await run("mount", ["-t", "tmpfs", "-o", `size=${String(megabytes)}m`, "tmpfs", folder]);
  } catch {
    await rm(folder, { recursive: true, force: true });
    return null;
  }
  const filler = join(folder, "filler");
  return {
    folder,
    async fill(left = leftFree) {
      const file = await open(filler, "a");
      try {
        const { bavail, bsize } = await statfs(folder);
        await file.writeFile(Buffer.alloc(Math.max(0, bavail * bsize - left)));
      } finally {
        await file.close();
      }
    },
    free: () => rm(filler, { force: true }),
    async remove() {
      await run("umount", [folder]).catch(() => run("umount", ["-l", folder]));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
