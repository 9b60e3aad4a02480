import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkImport } from "./check-import.ts";
import { importSource } from "./import.ts";
import { previewFile } from "./preview.ts";
import { idle, inTemporaryFolder } from "./temporary.fixture.ts";

const lines = [
  "userId,movieId,rating,timestamp",
  "1,10,4.0,964982703",
  "1,10,2.0,964982999",
  "2,10,five,964982931",
  "3,11,3.5,964983815",
  "3,,3.5,964983815",
  "4,11,3.5,964983815",
  "5,12,4.5,soon",
  "6,12,4.5,964983815,more",
  "7,12,none,964983815",
];

const inFile = <T>(work: (path: string, folder: string) => Promise<T>): Promise<T> =>
  inTemporaryFolder(async (folder) => {
    const path = join(folder, "ratings.csv");
    await writeFile(path, `${lines.join("\n")}\n`);
    return work(path, folder);
  });

describe("trying an import", () => {
  it("counts what the import then has, and leaves nothing", () =>
    inFile(async (path, folder) => {
      const check = await checkImport({ path, options: {}, itemsPath: undefined }, folder, idle);
      expect(await readdir(folder)).toEqual(["ratings.csv"]);
      const source = await importSource({ path, options: {}, itemsPath: undefined }, folder, idle);
      const { read, accepted, rejected, rejectsByReason, users, items, duplicates, scale, warnings } = source;
      expect(check).toMatchObject({
        read,
        accepted,
        rejected,
        rejectsByReason,
        users,
        items,
        duplicates,
        scale,
        warnings,
      });
      expect(check.read).toBe(lines.length - 1);
      expect(check.refusal).toBeNull();
    }));

  it("shows the first rejected records of each reason with their lines, and pairs that were rated differently", () =>
    inFile(async (path, folder) => {
      const { examples, duplicates, conflicts } = await checkImport(
        { path, options: {}, itemsPath: null },
        folder,
        idle,
      );
      expect(Object.fromEntries(examples.map(({ line, reason }) => [line, reason]))).toEqual({
        4: "rating-not-a-number",
        6: "missing-item",
        8: "bad-time",
        9: "ragged",
        10: expect.stringMatching(/^(missing-rating|rating-not-a-number)$/) as string,
      });
      expect(examples.find(({ line }) => line === 4)?.raw).toBe(lines[3]);
      expect({ duplicates, conflicts }).toEqual({ duplicates: 1, conflicts: 1 });
    }));

  it("tells beforehand which scale it will be, of a layout with half stars and a file with none", () =>
    inFile(async (path) => {
      const write = (...ratings: readonly number[]) =>
        writeFile(
          path,
          [lines[0], ...ratings.map((rating, n) => `1,${String(n)},${String(rating)},964982703`)].join("\n"),
        );
      await write(1, 5, 3);
      expect(await previewFile(path, {})).toMatchObject({ layout: "MovieLens", scale: { minimum: 1, maximum: 5 } });
      await write(1.5, 5, 3);
      expect(await previewFile(path, {})).toMatchObject({ layout: "MovieLens", scale: { minimum: 0.5, maximum: 5 } });
    }));

  it("tells of how many users and films the files of users and tags say something", () =>
    inFile(async (path, folder) => {
      const [usersPath, tagsPath] = [join(folder, "people.csv"), join(folder, "words.csv")];
      await writeFile(usersPath, "userId,plan\n1,paid\n3,free\nnobody,free\n");
      await writeFile(tagsPath, "userId,movieId,tag\n1,nothing,dark\n");
      const idleCheck = (paths: object) => checkImport({ path, options: {}, itemsPath: null, ...paths }, folder, idle);
      expect(await idleCheck({})).toMatchObject({ described: null, tagged: null });
      expect(await idleCheck({ usersPath, tagsPath })).toMatchObject({ described: 2, tagged: 0 });
    }));

  it("says that an import would be refused, and why", () =>
    inFile(async (path, folder) => {
      const check = await checkImport(
        { path, options: { scale: { minimum: 100, maximum: 200 } }, itemsPath: null },
        folder,
        idle,
      );
      expect(check).toMatchObject({ accepted: 0, refusal: { code: "RB_IMPORT_TOO_MANY_REJECTS" } });
    }));
});

describe("the columns of a preview", () => {
  it("are counted by what their cells are, with the first line that does not fit", () =>
    inFile(async (path) => {
      const { columns, looked, ragged } = await previewFile(path, {});
      const [user, item, rating, time] = columns;
      expect(looked).toBe(8);
      expect(ragged).toEqual({ count: 1, line: 9 });
      expect(user?.cells).toMatchObject({ whole: 8, unfit: null });
      expect(item?.cells).toMatchObject({ whole: 7, empty: 1, unfit: { count: 1, line: 6, reason: "is empty" } });
      expect(rating?.cells).toMatchObject({ number: 6, text: 2, unfit: { count: 2, line: 4, value: "five" } });
      expect(time?.cells).toMatchObject({ whole: 7, text: 1, unfit: { count: 1, line: 8, reason: "is no time" } });
    }));

  it("fit or not by the part a person gives them", () =>
    inFile(async (path) => {
      const { columns } = await previewFile(path, { ratingColumn: "timestamp", timeColumn: "rating" });
      expect(columns.map(({ role }) => role)).toEqual(["user", "item", "time", "rating"]);
      expect(columns[3]?.cells.unfit).toMatchObject({ count: 8, line: 2, reason: "is not between 0.5 and 5" });
    }));
});
