import { mkdir, readdir, truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test, vi } from "vitest";
import { z } from "zod";
import { removeTemporaries } from "../files/atomic.ts";
import { sqlPath, withDatabase } from "./database.ts";
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

test("a Parquet file cut short is called damaged, by its path", () =>
  inTemporaryFolder(async (folder) => {
    const path = join(folder, "cut.parquet");
    const read = () =>
      withDatabase({ spillInto: folder }, (database) =>
        database.one(z.object({ n: z.bigint() }), "SELECT count(*) AS n FROM read_parquet($1)", [path]),
      );
    await withDatabase({ spillInto: folder }, (database) =>
      database.run(`COPY (SELECT * FROM range(10000)) TO ${sqlPath(path)} (FORMAT parquet)`),
    );
    await truncate(path, 2000);
    await expect(read()).rejects.toMatchObject({
      code: "RB_CORRUPT",
      message: `${path} is damaged: its end is missing.`,
    });
    await writeFile(path, "");
    await expect(read()).rejects.toMatchObject({ code: "RB_CORRUPT" });
  }));

test("at the end of the process what runs is interrupted, and nothing more is begun", async () => {
  // Ending is for good: in a copy of the module.
  vi.resetModules();
  const { endDatabases, withDatabase: open } = await import("./database.ts");
  const endless = "SELECT count(*) FROM range(1000000000000) AS t(n) WHERE n % 7 = 3";
  const one = open({}, (database) => database.run(endless));
  const opening = open({}, async (database) => {
    for (;;) await database.run("SELECT 1");
  });
  const refused = [one, opening].map((promise) => expect(promise).rejects.toMatchObject({ code: "RB_CANCELLED" }));
  await new Promise((resolve) => setTimeout(resolve, 100));
  await endDatabases();
  await Promise.all(refused);
  await expect(open({}, (database) => database.run("SELECT 1"))).rejects.toMatchObject({ code: "RB_CANCELLED" });
});
