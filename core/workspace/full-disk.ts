import { statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { errorRegistry, ReelbenchError, toReelbenchError } from "../contract/errors.ts";

/** Bytes. With more than this free it was another disk that is full. */
const plenty = 512 * 2 ** 20;

/** A full disk, with the name of the disk and what is free there by now; whatever else was thrown, as it is. */
export async function explainFullDisk(thrown: unknown, root: string): Promise<unknown> {
  const error = toReelbenchError(thrown);
  if (error.code !== "RB_DISK_FULL" || error.message !== errorRegistry.RB_DISK_FULL.title) return thrown;
  const free = await statfs(root).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => null,
  );
  const message =
    free !== null && free > plenty
      ? `A disk ran out of room: not that of the workspace, perhaps that of temporary files (${tmpdir()}).`
      : `The disk of the workspace ran out of room${free === null ? "" : `; ${left(free)} free there now`} (${root}).`;
  return new ReelbenchError("RB_DISK_FULL", message, { cause: error });
}

function left(bytes: number): string {
  if (bytes < 50_000) return "nothing is";
  return `${(bytes / 1e6).toFixed(bytes < 10e6 ? 1 : 0)} MB are`;
}
