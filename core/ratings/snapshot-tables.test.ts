import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Recipe } from "../contract/entities.ts";
import type { DrillDown } from "../contract/snapshot-tables.ts";
import { snapshotGenres, snapshotItems, snapshotUsers } from "./feature-tables.ts";
import { importSource } from "./import.ts";
import { previewRecipe } from "./recipe-preview.ts";
import { snapshotRows } from "./rows.ts";
import { createSnapshot } from "./snapshot.ts";
import { snapshotQuality } from "./snapshot-quality.ts";
import { idle, inTemporaryFolder } from "./temporary.fixture.ts";

interface Rating {
  readonly user: string;
  readonly item: string;
  readonly rating: number;
  readonly time: number | null;
}

const start = Date.UTC(2020, 0, 1) / 1000 + 7;

/** Thirty people with six films each, one who loves everything, two ratings long before the web, one without a time. */
const ratings: readonly Rating[] = [
  ...Array.from({ length: 180 }, (_, n) => ({
    user: `p${String(Math.floor(n / 6))}`,
    item: `f${String((n * 7) % 41)}`,
    rating: 1 + ((n * 13) % 5),
    time: start + n * 90_000,
  })),
  ...Array.from({ length: 25 }, (_, n) => ({
    user: "fan",
    item: `f${String(n)}`,
    rating: 5,
    time: start + n * 200_000,
  })),
  { user: "old", item: "f1", rating: 3, time: 1000 },
  { user: "old", item: "f2", rating: 2, time: 2000 },
  { user: "old", item: "f3", rating: 4, time: null },
];
const titles = [
  "f0::Heat (1995)::Crime|Drama",
  "f1::Heat (1995)::Crime",
  "f2::Alien (1979)::Horror",
  "f3::Amélie (2001)::",
];

async function inSnapshot(
  work: (
    snapshot: string,
    source: Awaited<ReturnType<typeof importSource>>,
    folders: { source: string },
  ) => Promise<void>,
  recipe: Recipe = [],
): Promise<void> {
  await inTemporaryFolder(async (folder) => {
    const path = join(folder, "ratings.csv");
    await writeFile(
      path,
      [
        "user,item,rating,timestamp",
        ...ratings.map(({ user, item, rating, time }) => `${user},${item},${String(rating)},${String(time ?? "")}`),
        "someone,f1,much,1",
      ].join("\n"),
    );
    const itemsPath = join(folder, "movies.dat");
    await writeFile(itemsPath, titles.join("\n"));
    const source = await importSource({ path, options: {}, itemsPath }, folder, idle);
    const directory = join(folder, source.id);
    const snapshot = await createSnapshot({ sources: [{ id: source.id, directory }], recipe }, folder, idle);
    await work(join(folder, snapshot.id), source, { source: directory });
  });
}

const page = { offset: 0, limit: 1000 };
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const countBy = (key: "user" | "item") => {
  const counts = new Map<string, Rating[]>();
  for (const rating of ratings) counts.set(rating[key], [...(counts.get(rating[key]) ?? []), rating]);
  return counts;
};

describe("the features of a snapshot", () => {
  it("have each item's ratings, mean and shrunk bias", () =>
    inSnapshot(async (directory) => {
      const { rows, total } = await snapshotItems(directory, {
        ...page,
        filter: {},
        sort: "ratings",
        descending: true,
      });
      const byItem = countBy("item");
      const overall = mean(ratings.map(({ rating }) => rating));
      expect(total).toBe(byItem.size);
      for (const row of rows) {
        const given = (byItem.get(row.itemId) ?? []).map(({ rating }) => rating);
        expect(row.ratings).toBe(given.length);
        expect(row.mean).toBeCloseTo(mean(given), 10);
        expect(row.bias).toBeCloseTo(
          given.reduce((sum, rating) => sum + rating - overall, 0) / (25 + given.length),
          10,
        );
      }
      expect(rows.map((row) => row.ratings)).toEqual(rows.map((row) => row.ratings).sort((a, b) => b - a));
    }));

  it("find items by title without its accents, by genre, and those that share a title", () =>
    inSnapshot(async (directory) => {
      const find = async (filter: Parameters<typeof snapshotItems>[1]["filter"]) =>
        (await snapshotItems(directory, { ...page, filter, sort: "item", descending: false })).rows.map(
          ({ itemId }) => itemId,
        );
      expect(await find({ text: "AMELIE" })).toEqual(["f3"]);
      expect(await find({ genre: "Crime" })).toEqual(["f0", "f1"]);
      expect(await find({ sameTitle: true })).toEqual(["f0", "f1"]);
      expect(await find({ titled: true, ratings: { from: 1 } })).toEqual(["f0", "f1", "f2", "f3"]);
      expect(await find({ text: "' OR 1=1 --" })).toEqual([]);
    }));

  it("have users with the reasons why they look like no person, and genres", () =>
    inSnapshot(async (directory) => {
      const { rows } = await snapshotUsers(directory, {
        ...page,
        filter: { account: "constant" },
        sort: "user",
        descending: false,
      });
      expect(rows).toMatchObject([
        { userId: "fan", ratings: 25, levels: 1, mean: 5, deviation: 0, reasons: ["constant"] },
      ]);
      const { genres, without } = await snapshotGenres(directory);
      expect(genres.find(({ genre }) => genre === "Crime")).toMatchObject({
        items: 2,
        ratings: ratings.filter(({ item }) => item === "f0" || item === "f1").length,
      });
      expect(without).toBe(countBy("item").size - 3);
    }));
});

describe("rows behind a filter", () => {
  const count = async (directory: string, filter: Parameters<typeof snapshotRows>[1]["filter"]) =>
    (await snapshotRows(directory, { snapshotId: "s1", ...page, filter, sort: "user", descending: false })).total;

  it("are those that fulfil all of it", () =>
    inSnapshot(async (directory) => {
      expect(await count(directory, undefined)).toBe(ratings.length);
      expect(await count(directory, { rating: { from: 4, to: 4 } })).toBe(
        ratings.filter(({ rating }) => rating === 4).length,
      );
      expect(await count(directory, { timed: false })).toBe(1);
      expect(await count(directory, { time: { to: "1995-01-01T00:00:00Z" } })).toBe(2);
      expect(await count(directory, { userRatings: { to: 4 } })).toBe(3);
      expect(await count(directory, { account: "constant", rating: { from: 5 } })).toBe(25);
      expect(await count(directory, { genre: "Horror", titled: true })).toBe(
        ratings.filter(({ item }) => item === "f2").length,
      );
    }));
});

describe("the quality of a snapshot", () => {
  it("names what was planted, with as many rows behind each number as it says", () =>
    inSnapshot(async (directory, source) => {
      const findings = await snapshotQuality(directory, [source]);
      const found = new Map(findings.map((finding) => [finding.id, finding]));
      expect(found.get(`rejected-${source.id}`)).toMatchObject({
        count: 1,
        of: ratings.length + 1,
        severity: "warning",
      });
      expect(found.get("untimed")).toMatchObject({ count: 1, severity: "note" });
      expect(found.get("early")).toMatchObject({ count: 2, severity: "warning" });
      expect(found.get("late")).toMatchObject({ count: 0, severity: "good", drill: null });
      expect(found.get("constant")).toMatchObject({ count: 1, severity: "warning" });
      expect(found.get("same-title")).toMatchObject({ count: 2, severity: "warning" });
      expect(found.get("cold-users")).toMatchObject({ count: 1 });
      for (const { count, drill, id } of findings)
        if (drill !== null && drill.table !== "rejects")
          expect([id, await behind(directory, drill)]).toEqual([id, count]);
    }));

  const behind = async (directory: string, drill: Exclude<DrillDown, { table: "rejects" }>): Promise<number> => {
    if (drill.table === "rows")
      return (
        await snapshotRows(directory, {
          snapshotId: "s1",
          ...page,
          filter: drill.filter,
          sort: "user",
          descending: false,
        })
      ).total;
    const ask = { ...page, filter: drill.filter, sort: "ratings", descending: true } as const;
    return (await (drill.table === "users" ? snapshotUsers(directory, ask) : snapshotItems(directory, ask))).total;
  };
});

describe("a recipe tried", () => {
  const recipe: Recipe = [
    { step: "time-window", from: "2019-01-01T00:00:00Z", to: null },
    { step: "exclude-users", users: ["fan", "nobody"] },
    { step: "k-core", k: 3 },
  ];

  it("has the counts of the snapshot made with it", () =>
    inSnapshot(async (directory, _source, folders) => {
      const tried = await previewRecipe([folders.source], recipe, directory, idle.signal);
      const made = await createSnapshot(
        { sources: [{ id: "i1", directory: folders.source }], recipe },
        join(directory, ".."),
        idle,
      );
      expect(tried.ratings).toBe(ratings.length);
      expect(tried.steps.map(({ step, before, after }) => ({ step, before, after }))).toEqual(made.steps);
      expect(tried.steps.at(-1)).toMatchObject({ after: made.ratings, users: made.users, items: made.items });
      const twice = await previewRecipe([folders.source, folders.source], recipe, directory, idle.signal);
      expect(twice.ratings).toBe(2 * ratings.length);
      expect(twice.steps.at(-1)).toMatchObject({ after: made.ratings, users: made.users });
    }));
});
