import { mkdir, readdir } from "node:fs/promises";
import { dirname } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { removeTemporaries } from "../files/atomic.ts";
import { withDatabase } from "./database.ts";
import { inTemporaryFolder } from "./temporary.fixture.ts";

test("it spills where the workspace's opening looks for leftovers, and leaves none", () =>
  inTemporaryFolder(async (folder) => {
    const spill = await withDatabase({ spillInto: folder }, async (database) => {
      const { path } = await database.one(
        z.object({ path: z.string() }),
        "SELECT current_setting('temp_directory') AS path",
      );
      await mkdir(path, { recursive: true });
      return path;
    });
    expect(dirname(spill)).toBe(folder);
    expect(await readdir(folder)).toEqual([]);
    // What a kill would have left.
    await mkdir(spill);
    expect(await removeTemporaries(folder)).toBe(1);
  }));
