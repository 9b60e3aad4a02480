import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { outsideDirectory, sweepOutsideData } from "./outside-data.ts";

test("only data whose workspace is gone for good is removed", async () => {
  const root = await mkdtemp(join(tmpdir(), "reelbench-outside-"));
  const id = (digit: string) => digit.repeat(24);
  await outsideDirectory(id("1"), root, root); // There.
  await outsideDirectory(id("2"), join(tmpdir(), "reelbench-gone"), root); // Temporary, and gone.
  await outsideDirectory(id("3"), join(homedir(), "reelbench-gone"), root); // Perhaps on a disk that is away.
  const old = await outsideDirectory(id("4"), join(homedir(), "reelbench-gone"), root); // For a month.
  const monthAgo = new Date(Date.now() - 31 * 24 * 60 * 60 * 1000);
  await utimes(join(old, "owner.json"), monthAgo, monthAgo);
  await mkdir(join(root, id("5"))); // Nobody said whose.
  await writeFile(join(root, "postgres-18"), ""); // Not data.
  await sweepOutsideData(root);
  expect((await readdir(root)).toSorted()).toEqual([id("1"), id("3"), id("5"), "postgres-18"].toSorted());
  await rm(root, { recursive: true });
});
