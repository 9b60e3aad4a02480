import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ReelbenchError } from "../contract/errors.ts";
import { explainFullDisk } from "./full-disk.ts";
import { keepReserve } from "./reserve.ts";

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "reelbench-reserve-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test("room is kept, given up once, and taken again", () => {
  const path = join(folder(), "reserve.bin");
  const reserve = keepReserve(path);
  const { size, blocks } = statSync(path);
  // Not a hole in the file system: the room is really taken.
  if (process.platform !== "win32") expect(blocks * 512).toBeGreaterThanOrEqual(size);
  expect(size).toBeGreaterThan(100_000);
  expect(reserve.release()).toBe(true);
  expect(existsSync(path)).toBe(false);
  expect(reserve.release()).toBe(false);
  reserve.take();
  expect(statSync(path).size).toBe(size);
});

test("a full disk is named by the workspace that lies on it; whatever else went wrong is left as it is", async () => {
  const root = folder();
  for (const code of ["ENOSPC", "EDQUOT", "SQLITE_FULL"])
    expect(await explainFullDisk(Object.assign(new Error("write"), { code }), root)).toMatchObject({
      code: "RB_DISK_FULL",
      message: expect.stringMatching(/ran out of room/) as string,
      remedy: expect.stringMatching(/nothing half-made is left behind/) as string,
    });
  const theTargets = new ReelbenchError("RB_DISK_FULL", "The disk of the target's database is full.");
  expect(await explainFullDisk(theTargets, root)).toBe(theTargets);
  const other = new Error("no");
  expect(await explainFullDisk(other, root)).toBe(other);
});
