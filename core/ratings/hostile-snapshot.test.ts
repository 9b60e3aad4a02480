import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isErrorCode } from "../contract/errors.ts";
import { createRandom } from "../random.ts";
import { importSource } from "./import.ts";
import { createSnapshot } from "./snapshot.ts";
import { createSplit } from "./split.ts";
import { idle, inTemporaryFolder } from "./temporary.fixture.ts";
import { loadTrainingData } from "./training-data.ts";

/** `FUZZ=2000` tries more damage. */
const damages = Number(process.env["FUZZ"] ?? 40);

async function snapshotOf(text: string, directory: string) {
  const path = join(directory, "ratings.csv");
  await writeFile(path, text);
  const source = await importSource({ path, options: {}, itemsPath: null }, join(directory, "sources"), idle);
  const sources = [{ id: source.id, directory: join(directory, "sources", source.id) }];
  return { source, snapshot: await createSnapshot({ sources, recipe: [] }, join(directory, "snapshots"), idle) };
}

describe("hostile ratings, from the file to the training set", () => {
  it.each<[string, string, { users: number; items: number; ratings: number }]>([
    ["one rating", "user,item,rating\n7,9,4\n", { users: 1, items: 1, ratings: 1 }],
    [
      "all ratings equal",
      `user,item,rating\n${Array.from({ length: 400 }, (_, n) => `${String(n % 20)},${String(Math.floor(n / 20))},3`).join("\n")}`,
      { users: 20, items: 20, ratings: 400 },
    ],
    [
      "the same pair a thousand times",
      `user,item,rating,timestamp\n${Array.from({ length: 1000 }, (_, n) => `a,b,${String(1 + (n % 5))},${String(1_300_000_000 + n)}`).join("\n")}`,
      { users: 1, items: 1, ratings: 1 },
    ],
    [
      "one user and very many items",
      `user,item,rating\n${Array.from({ length: 60_000 }, (_, n) => `me,${String((n * 7919) % 60_000)},${String(1 + (n % 5))}`).join("\n")}`,
      { users: 1, items: 60_000, ratings: 60_000 },
    ],
    [
      "one item and very many users",
      `user,item,rating\n${Array.from({ length: 60_000 }, (_, n) => `${String((n * 7919) % 60_000)},it,${String(1 + (n % 5))}`).join("\n")}`,
      { users: 60_000, items: 1, ratings: 60_000 },
    ],
  ])("%s: a snapshot of just that", async (_, text, expected) => {
    await inTemporaryFolder(async (directory) => {
      const { snapshot } = await snapshotOf(text, directory);
      expect(snapshot).toMatchObject(expected);
      const { train } = await loadTrainingData(join(directory, "snapshots", snapshot.id), { part: "all" });
      expect(train.userStart.at(-1)).toBe(expected.ratings);
      expect(new Set(train.item).size).toBe(expected.items);
    });
  });

  it.each(["user,item,rating\n", "user,item,rating\n1,2,nan\n", "user,item,rating\n1,2,\n3,4,inf\n"])(
    "%j is refused with a code",
    async (text) => {
      await inTemporaryFolder(async (directory) => {
        await expect(snapshotOf(text, directory)).rejects.toMatchObject({
          code: expect.stringMatching(/^RB_IMPORT_/) as unknown,
        });
      });
    },
  );

  it("damaged snapshots and splits are refused with a code, or give ratings that are in range", async () => {
    const random = createRandom(21);
    const text = Array.from(
      { length: 4000 },
      () =>
        `u${String(random.below(60))},i${String(random.below(200))},${String(1 + random.below(9) / 2)},${String(1_300_000_000 + random.below(9_000_000))}\n`,
    ).join("");
    await inTemporaryFolder(async (directory) => {
      const { snapshot } = await snapshotOf(`user,item,rating,timestamp\n${text}`, directory);
      const folder = join(directory, "snapshots", snapshot.id);
      const protocol = { protocol: "random", testShare: 0.2, validation: false } as const;
      const split = await createSplit(
        { snapshot, snapshotDirectory: folder, protocol, seed: 1 },
        join(directory, "splits"),
        idle,
      );
      const splitDirectory = join(directory, "splits", split.id);
      const files = [
        join(folder, "ratings.parquet"),
        join(folder, "items.parquet"),
        join(splitDirectory, "assignment.bin"),
      ];
      const originals = await Promise.all(files.map((file) => readFile(file)));
      let refused = 0;
      for (let damage = 0; damage < damages; damage++) {
        const which = [0, 0, 0, 1, 2][random.below(5)] ?? 0;
        const file = files[which] ?? "";
        const bytes = Buffer.from(originals[which] ?? []);
        for (let times = 1 + random.below(4); times > 0; times--) {
          const at =
            random.below(2) === 0 ? random.below(bytes.length) : Math.max(0, bytes.length - 1 - random.below(600));
          bytes[at] = random.below(256);
        }
        await writeFile(file, damage % 5 === 4 ? bytes.subarray(0, random.below(bytes.length)) : bytes);
        if (damage % 11 === 10) await appendFile(file, "more");
        try {
          const { train, test } = await loadTrainingData(folder, { part: "holdout", splitDirectory });
          for (const set of [train, test]) {
            if (set === null) continue;
            expect(set.item.every((item) => item >= 0 && item < snapshot.items)).toBe(true);
            expect(set.rating.every((rating) => !Number.isNaN(rating))).toBe(true);
            expect(set.userStart.every((start, u) => u === 0 || start >= (set.userStart[u - 1] ?? 0))).toBe(true);
            expect(set.userStart.at(-1)).toBe(set.item.length);
          }
        } catch (error) {
          const code = error instanceof Error && "code" in error ? String(error.code) : "";
          if (!isErrorCode(code)) throw error;
          refused++;
        }
        await writeFile(file, originals[which] ?? Buffer.alloc(0));
      }
      expect(refused).toBeGreaterThan(0);
    });
  });
});
