import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { attributesOfColumn } from "./attribute-values.ts";
import { snapshotItems, snapshotUsers } from "./feature-tables.ts";
import { importSource } from "./import.ts";
import { previewFile } from "./preview.ts";
import { readTags, readUserAttributes } from "./read-attributes.ts";
import { createSnapshot } from "./snapshot.ts";
import { idle, inTemporaryFolder } from "./temporary.fixture.ts";
import { loadTrainingData } from "./training-data.ts";

const context = { signal: idle.signal };

const inFile = (name: string, text: string, work: (path: string, folder: string) => Promise<void>) =>
  inTemporaryFolder(async (folder) => {
    const path = join(folder, name);
    await writeFile(path, text);
    await work(path, folder);
  });

describe("a column of a file of users", () => {
  it("becomes kinds, or bands where its numbers are an amount", () => {
    expect(attributesOfColumn("gender", ["M", "F", "", "M"])).toEqual([
      ["gender: M"],
      ["gender: F"],
      [],
      ["gender: M"],
    ]);
    expect(attributesOfColumn("job", ["3", "12", "NULL"])).toEqual([["job: 3"], ["job: 12"], []]);
    const ages = Array.from({ length: 40 }, (_, n) => String(20 + n));
    const bands = attributesOfColumn("age", ages);
    expect([bands[0], bands[9], bands[10], bands[39]]).toEqual([
      ["age: 20–29"],
      ["age: 20–29"],
      ["age: 30–39"],
      ["age: 50–59"],
    ]);
    const incomes = Array.from({ length: 100 }, (_, n) => String(1000.5 + 10 * n));
    const fifths = attributesOfColumn("income", incomes) as readonly (readonly string[])[];
    const counts = new Map<string, number>();
    for (const [word = ""] of fifths) counts.set(word, (counts.get(word) ?? 0) + 1);
    expect([...counts]).toEqual([
      ["income: 1000.5 to below 1200.5", 20],
      ["income: 1200.5 to below 1400.5", 20],
      ["income: 1400.5 to below 1600.5", 20],
      ["income: 1600.5 to below 1800.5", 20],
      ["income: from 1800.5", 20],
    ]);
  });

  it("is left out where it says nothing", () => {
    expect(attributesOfColumn("country", ["DE", "DE", ""])).toContain("the same of everybody");
    expect(
      attributesOfColumn(
        "zip code",
        Array.from({ length: 300 }, (_, n) => `z${String(n)}`),
      ),
    ).toContain("300 different");
  });
});

describe("a file of users", () => {
  it("of MovieLens 100K and 1M is known without a header", async () => {
    await inFile("u.user", "1|24|M|technician|85711\n2|53|F|other|94043\n", async (path) => {
      expect(await readUserAttributes(path, context)).toMatchObject({
        attributes: new Map([
          ["1", ["age: 24", "gender: M", "occupation: technician", "zip code: 85711"]],
          ["2", ["age: 53", "gender: F", "occupation: other", "zip code: 94043"]],
        ]),
      });
    });
    await inFile("users.dat", "1::F::1::10::48067\n2::M::56::16::70072\n", async (path) => {
      const { attributes } = await readUserAttributes(path, context);
      expect(attributes.get("2")).toEqual(["gender: M", "age: 56", "occupation: 16", "zip code: 70072"]);
    });
  });

  it("with a header takes whichever column is the id, the first line of each user, and counts the others", () =>
    inFile("people.csv", "plan,userId\nfree,a\npaid,b\nfree,\npaid,a\n", async (path) => {
      const { attributes, warnings } = await readUserAttributes(path, context);
      expect(attributes).toEqual(
        new Map([
          ["a", ["plan: free"]],
          ["b", ["plan: paid"]],
        ]),
      );
      expect(warnings).toEqual([`2 lines of ${path} hold no id, or one that was there before.`]);
    }));

  it("of very many columns says that not all were read", () => {
    const columns = Array.from({ length: 70 }, (_, n) => `c${String(n)}`);
    const row = (user: string, value: string) => [user, ...columns.map(() => value)].join(",");
    const text = [["userId", ...columns].join(","), row("a", "x"), row("b", "y"), ""].join("\n");
    return inFile("wide.csv", text, async (path) => {
      const { attributes, warnings } = await readUserAttributes(path, context);
      expect(attributes.get("a")).toHaveLength(64);
      expect(warnings).toEqual([`Only the first 64 columns of ${path} were read, 6 were not.`]);
    });
  });

  it("without a column of ids is refused", () =>
    inFile("people.csv", "plan,country\nfree,DE\npaid,FR\n", async (path) => {
      await expect(readUserAttributes(path, context)).rejects.toMatchObject({ code: "RB_IMPORT_NO_USER_COLUMN" });
    }));
});

describe("a file of tags", () => {
  it("counts a tag that three films have, whatever its case, and no other", () =>
    inFile(
      "tags.csv",
      "userId,movieId,tag,timestamp\n1,f1,Funny,1\n1,f2,funny ,2\n2,f3,FUNNY,3\n2,f3,dark,4\n2,f1,dark,5\n3,,dark,6\n",
      async (path) => {
        const { attributes, warnings } = await readTags(path, context);
        expect(attributes).toEqual(new Map(["f1", "f2", "f3"].map((film) => [film, ["funny"]])));
        expect(warnings).toEqual([
          `1 lines of ${path} hold no film and tag.`,
          `Of 2 tags in ${path} those 1 were kept that at least 3 films have.`,
        ]);
      },
    ));

  it("without a column of tags is refused", () =>
    inFile("tags.csv", "userId,movieId,rating\n1,2,3\n", async (path) => {
      await expect(readTags(path, context)).rejects.toMatchObject({ code: "RB_IMPORT_NO_ITEM_COLUMN" });
    }));
});

describe("users and tags beside ratings", () => {
  const ratings = ["user,item,rating"];
  for (let u = 0; u < 12; u++)
    for (let i = 0; i < 4; i++) ratings.push(`u${String(u)},f${String((u + i) % 9)},${String(1 + ((u + i) % 5))}`);

  async function withFiles(work: (folder: string, path: string) => Promise<void>): Promise<void> {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, "ratings.csv");
      await writeFile(path, ratings.join("\n"));
      await writeFile(join(folder, "users.csv"), "userId,group\nu1,old\nu2,young\nu11,old\nnobody,young\n");
      await writeFile(
        join(folder, "tags.csv"),
        `movieId,tag\n${["f0", "f3", "f8", "f8"].map((film) => `${film},dark`).join("\n")}\n`,
      );
      await work(folder, path);
    });
  }

  it("are found, come with the source, and are what a model is trained with", () =>
    withFiles(async (folder, path) => {
      const preview = await previewFile(path, {});
      const { usersPath, tagsPath } = preview;
      expect([usersPath, tagsPath]).toEqual([join(folder, "users.csv"), join(folder, "tags.csv")]);
      const source = await importSource({ path, options: {}, itemsPath: null, usersPath, tagsPath }, folder, idle);
      expect(source.attributes).toEqual({ users: 3, items: 3 });
      expect(source.files.map((file) => file.path)).toEqual([path, usersPath, tagsPath]);
      const made = async (sources: readonly string[]) =>
        createSnapshot(
          { sources: sources.map((id) => ({ id, directory: join(folder, id) })), recipe: [] },
          folder,
          idle,
        );
      const snapshot = await made([source.id]);
      expect(snapshot.attributes).toEqual({ users: 3, items: 3 });
      const { train } = await loadTrainingData(join(folder, snapshot.id), { part: "all" });
      // Users in the order of their ids: u0, u1, u10, u11, u2, …
      expect(train.userFeatures).toMatchObject({ names: ["group: old", "group: young"] });
      expect([...(train.userFeatures?.start ?? [])].slice(0, 6)).toEqual([0, 0, 1, 1, 2, 3]);
      expect([...(train.userFeatures?.index ?? [])]).toEqual([0, 0, 1]);
      expect(train.itemFeatures).toMatchObject({ names: ["tag: dark"] });
      expect([...(train.itemFeatures?.start ?? [])]).toEqual([0, 1, 1, 1, 2, 2, 2, 2, 2, 3]);
      const users = await snapshotUsers(join(folder, snapshot.id), {
        filter: { text: "YOUNG" },
        ...{ sort: "user", descending: false, offset: 0, limit: 10 },
      });
      expect(users).toMatchObject({ total: 1, rows: [{ userId: "u2", attributes: ["group: young"] }] });
      const films = await snapshotItems(join(folder, snapshot.id), {
        filter: { text: "dark" },
        ...{ sort: "item", descending: false, offset: 0, limit: 10 },
      });
      expect(films.rows.map(({ itemId, tags }) => [itemId, tags])).toEqual(
        ["f0", "f3", "f8"].map((film) => [film, ["dark"]]),
      );
      // Ratings alone make another snapshot, the one that they always made.
      const alone = await importSource({ path, options: {}, itemsPath: null }, folder, idle);
      const bare = await made([alone.id]);
      expect(bare.attributes).toBeUndefined();
      expect(bare.id).not.toBe(snapshot.id);
      expect((await made([source.id])).id).toBe(snapshot.id);
      expect((await loadTrainingData(join(folder, bare.id), { part: "all" })).train.userFeatures).toBeNull();
    }));

  it("of other people only cost a warning, and what is damaged later is named", () =>
    withFiles(async (folder, path) => {
      await writeFile(join(folder, "users.csv"), "userId,group\nx,old\ny,young\n");
      const usersPath = join(folder, "users.csv");
      const source = await importSource({ path, options: {}, itemsPath: null, usersPath }, folder, idle);
      expect(source.attributes).toEqual({ users: 0, items: 0 });
      expect(source.warnings.join()).toContain("nothing of any rated user");
      await writeFile(usersPath, "userId,group\nu1,old\nu2,young\n");
      const right = await importSource({ path, options: {}, itemsPath: null, usersPath }, folder, idle);
      const { id } = await createSnapshot(
        { sources: [{ id: right.id, directory: join(folder, right.id) }], recipe: [] },
        folder,
        idle,
      );
      const file = join(folder, id, "user-attributes.parquet");
      await writeFile(file, (await readFile(file)).subarray(0, 40));
      await expect(loadTrainingData(join(folder, id), { part: "all" })).rejects.toMatchObject({ code: "RB_CORRUPT" });
    }));
});
