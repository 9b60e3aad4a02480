import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeFolderAtomic } from "./atomic.ts";

let parent: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "reelbench-atomic-"));
});
afterEach(() => rm(parent, { recursive: true, force: true }));

const folderCalled = (name: string, text: string) =>
  writeFolderAtomic(
    parent,
    () => name,
    (directory) => writeFile(join(directory, "file"), text),
  );

describe("writeFolderAtomic", () => {
  it("keeps what is there under the same name", async () => {
    await folderCalled("a", "first");
    await folderCalled("a", "second");
    expect(await readdir(parent)).toEqual(["a"]);
    expect(await readFile(join(parent, "a", "file"), "utf8")).toBe("first");
  });

  it("lets one of many at the same time win, and fails none", async () => {
    for (let round = 0; round < 20; round++) {
      const name = `round-${String(round)}`;
      await Promise.all(Array.from({ length: 8 }, () => folderCalled(name, "the same")));
      expect(await readFile(join(parent, name, "file"), "utf8")).toBe("the same");
    }
    expect((await readdir(parent)).filter((name) => name.startsWith("."))).toEqual([]);
  });

  it("leaves nothing where filling fails", async () => {
    const fill = () => Promise.reject(new Error("no"));
    await expect(writeFolderAtomic(parent, () => "a", fill)).rejects.toThrow("no");
    expect(await readdir(parent)).toEqual([]);
  });
});
