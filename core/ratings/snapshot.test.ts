import { createHash } from "node:crypto";
import { readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Recipe, Snapshot, SplitProtocol } from "../contract/entities.ts";
import { canonicalJson } from "../files/json.ts";
import { loadCatalogue } from "./catalogue.ts";
import { withDatabase } from "./database.ts";
import { importSource } from "./import.ts";
import { profileSnapshot } from "./profile.ts";
import { searchItems, snapshotRows, userHistory } from "./rows.ts";
import { createSnapshot } from "./snapshot.ts";
import { sourceRows } from "./source-files.ts";
import { createSplit, proposeSplits } from "./split.ts";
import { loadTrainingData, readAssignment } from "./training-data.ts";
import { idle, inTemporaryFolder } from "./temporary.fixture.ts";

/** Fixed: 60 users, 40 items, pairs rated twice, ties in time. */
const world = Array.from({ length: 1200 }, (_, n) => ({
  user: `u${String(n % 60)}`,
  item: `0${String((Math.floor(n / 60) * 3 + (n % 7)) % 40)}`,
  rating: ((n * 31) % 10) / 2 + 0.5,
  time: 1_300_000_000 + ((n * 613) % 400) * 86_400,
}));
type Row = (typeof world)[number];
const csv = (rows: readonly Row[]) =>
  `user,item,rating,timestamp\n${rows.map(({ user, item, rating, time }) => `${user},${item},${String(rating)},${String(time)}`).join("\n")}\n`;

async function snapshotOf<T>(
  text: string,
  recipe: Recipe,
  work: (snapshot: Snapshot, directory: string, workspace: string) => Promise<T>,
): Promise<T> {
  return inTemporaryFolder(async (workspace) => {
    const path = join(workspace, "ratings.csv");
    await writeFile(path, text);
    const source = await importSource({ path, options: {}, itemsPath: null }, join(workspace, "sources"), idle);
    const snapshot = await createSnapshot(
      { sources: [{ id: source.id, directory: join(workspace, "sources", source.id) }], recipe },
      join(workspace, "snapshots"),
      idle,
    );
    return work(snapshot, join(workspace, "snapshots", snapshot.id), workspace);
  });
}

/** The last rating of each pair, ordered by ids as bytes: what a snapshot without further steps must hold. */
function settled(rows: readonly Row[]): Row[] {
  const last = new Map<string, Row>();
  for (const row of rows) {
    const key = `${row.user}|${row.item}`;
    const before = last.get(key);
    if (before === undefined || row.time >= before.time) last.set(key, row);
  }
  return [...last.values()].sort(
    (a, b) =>
      Buffer.compare(Buffer.from(a.user), Buffer.from(b.user)) ||
      Buffer.compare(Buffer.from(a.item), Buffer.from(b.item)),
  );
}

describe("snapshot", () => {
  it("has the id the format's page defines", async () => {
    const rows = settled(world).map(
      ({ user, item, rating, time }) => `${user}\u{1f}${item}\u{1f}${String(rating)}\u{1f}${String(time)}\u{1e}`,
    );
    const recipe: Recipe = [{ step: "dedupe", keep: "last" }];
    const expected = `s${createHash("sha256")
      .update(canonicalJson(recipe) + rows.join(""))
      .digest("hex")
      .slice(0, 20)}`;
    await snapshotOf(csv(world), [], async (snapshot) => {
      expect(snapshot.id).toBe(expected);
    });
    // Later ratings win wherever they stand; equal times need the file's order, so only distinct pairs may be shuffled.
    const distinct = settled(world);
    const shuffled = distinct.toSorted((a, b) =>
      createHash("md5")
        .update(a.user + a.item)
        .digest("hex")
        .localeCompare(
          createHash("md5")
            .update(b.user + b.item)
            .digest("hex"),
        ),
    );
    expect(await snapshotOf(csv(shuffled), [], async ({ id }) => id)).toBe(expected);
    expect(await snapshotOf(csv(distinct.slice(1)), [], async ({ id }) => id)).not.toBe(expected);
  });

  it("is the same from a source that an earlier version imported, with ids in place of numbers", async () => {
    await inTemporaryFolder(async (workspace) => {
      const path = join(workspace, "ratings.csv");
      await writeFile(path, csv(world));
      const { id } = await importSource({ path, options: {}, itemsPath: null }, workspace, idle);
      const directory = join(workspace, id);
      const made = () => createSnapshot({ sources: [{ id, directory }], recipe: [] }, join(workspace, "made"), idle);
      const now = await made();
      const earlier = join(workspace, "earlier.parquet");
      await withDatabase({}, async (database) =>
        database.run(
          `COPY (SELECT line, user_id, item_id, rating, "time" FROM ${await sourceRows(directory)} ORDER BY place) TO '${earlier}' (FORMAT parquet)`,
        ),
      );
      await rename(earlier, join(directory, "ratings.parquet"));
      for (const name of ["user-ids.parquet", "item-ids.parquet"]) await rm(join(directory, name));
      expect(await made()).toMatchObject({ id: now.id, ratings: now.ratings, from: now.from, to: now.to });
    });
  });

  it("settles duplicates as the recipe says", async () => {
    const text =
      "user,item,rating,timestamp\na,x,1,1300000300\na,x,5,1300000100\na,x,3,1300000200\nb,y,2,1300000000\nb,y,4,1300000000\n";
    const kept = (keep: "last" | "first" | "highest" | "mean") =>
      snapshotOf(text, [{ step: "dedupe", keep }], async (snapshot, directory) =>
        (
          await snapshotRows(directory, {
            snapshotId: snapshot.id,
            offset: 0,
            limit: 10,
            sort: "user",
            descending: false,
          })
        ).rows.map(({ rating }) => rating),
      );
    expect(await kept("last")).toEqual([1, 4]);
    expect(await kept("first")).toEqual([5, 2]);
    expect(await kept("highest")).toEqual([5, 4]);
    expect(await kept("mean")).toEqual([3, 3]);
  });

  it("keeps likes only, and makes them equal where it is asked to", async () => {
    const text = "user,item,rating\na,x,1\na,y,4\nb,x,5\nb,y,3.5\n";
    const kept = (binarise: boolean) =>
      snapshotOf(text, [{ step: "rating-threshold", minimum: 4, binarise }], async ({ scale }, directory) => ({
        ratings: [...(await loadTrainingData(directory, { part: "all" })).train.rating],
        scale: [scale.minimum, scale.maximum],
      }));
    expect(await kept(false)).toEqual({ ratings: [4, 5], scale: [0.5, 5] });
    expect(await kept(true)).toEqual({ ratings: [1, 1], scale: [0, 1] });
  });

  it("leaves a core in which everyone has k ratings, and the counts of each step", async () => {
    const pyramid = Array.from({ length: 20 }, (_, u) =>
      Array.from({ length: u + 1 }, (__, i) => `u${String(u)},i${String(i)},${String((i % 5) + 1)}`),
    ).flat();
    await snapshotOf(
      `user,item,rating\n${pyramid.join("\n")}\n`,
      [
        { step: "exclude-users", users: ["u19", "no one"] },
        { step: "k-core", k: 8 },
      ],
      async (snapshot, directory) => {
        // Users 7…18 rate items 0…u; items 0…11 keep 8 or more of them; then all users keep 8 or more of those items.
        expect([snapshot.users, snapshot.items]).toEqual([12, 12]);
        expect(snapshot.steps.map(({ before, after }) => [before, after])).toEqual([
          [210, 210],
          [210, 190],
          [190, 8 + 9 + 10 + 11 + 8 * 12],
        ]);
        const { train } = await loadTrainingData(directory, { part: "all" });
        for (let u = 0; u < train.users; u++)
          expect((train.userStart[u + 1] ?? 0) - (train.userStart[u] ?? 0)).toBeGreaterThanOrEqual(8);
      },
    );
    await expect(
      snapshotOf("user,item,rating\na,x,1\nb,y,2\n", [{ step: "k-core", k: 2 }], async () => undefined),
    ).rejects.toMatchObject({ code: "RB_SNAPSHOT_EMPTY" });
  });

  it("answers questions about rows, people and items without being led astray by what is asked", async () => {
    await snapshotOf(
      "user,item,title,rating,timestamp\na,001,Léon (1994),4,1300000000\n' OR 1=1 --,002,x,5,1300000001\na,002,x,2,1300000002\n",
      [],
      async (snapshot, directory) => {
        const input = { snapshotId: snapshot.id, offset: 0, limit: 10, sort: "time", descending: true } as const;
        expect((await snapshotRows(directory, { ...input, userId: "' OR 1=1 --" })).rows).toEqual([
          { userId: "' OR 1=1 --", itemId: "002", title: "x", rating: 5, time: "2011-03-13T07:06:41.000Z" },
        ]);
        expect((await snapshotRows(directory, input)).total).toBe(3);
        expect(
          (await searchItems(directory, { snapshotId: snapshot.id, text: "leon", limit: 5 })).map(
            ({ itemId, year }) => [itemId, year],
          ),
        ).toEqual([["001", 1994]]);
        const best = await userHistory(directory, { userId: "a", limit: 1 });
        expect([best.total, best.films.map(({ itemId }) => itemId)]).toEqual([2, ["001"]]);
        const whole = await userHistory(directory, { userId: "a", limit: 10 });
        expect(whole.films.map(({ itemId }) => itemId)).toEqual(["001", "002"]);
        await expect(userHistory(directory, { userId: "b", limit: 10 })).rejects.toMatchObject({
          code: "RB_NOT_FOUND",
        });
        expect((await loadCatalogue(directory)).userIds).toEqual(["' OR 1=1 --", "a"]);
      },
    );
  });

  it("profiles what it holds", async () => {
    await snapshotOf("user,item,rating\na,x,1\na,y,2\na,z,5\nb,x,4\n", [], async (_, directory) => {
      const profile = await profileSnapshot(directory, idle);
      expect(profile).toMatchObject({
        ratings: 4,
        users: 2,
        items: 3,
        mean: 3,
        median: 3,
        density: 4 / 6,
        activity: [],
      });
      expect(profile.standardDeviation).toBeCloseTo(Math.sqrt(2.5), 12);
      // Gini of 1, 3 and of 1, 1, 2 by its definition Σ|x−y| / (2 n² mean).
      expect(profile.giniUsers).toBeCloseTo(4 / (2 * 4 * 2), 12);
      expect(profile.giniItems).toBeCloseTo(4 / (2 * 9 * (4 / 3)), 12);
    });
  });
});

describe("split", () => {
  const protocols: SplitProtocol[] = [
    { protocol: "global-temporal", testShare: 0.2 },
    { protocol: "per-user-temporal", testShare: 0.2 },
    { protocol: "leave-last-out" },
    { protocol: "random", testShare: 0.25 },
    { protocol: "k-fold", folds: 4 },
  ];

  it.each(protocols)("divides by $protocol as it promises", async (protocol) => {
    await snapshotOf(csv(world), [], async (snapshot, snapshotDirectory, workspace) => {
      const directory = join(workspace, "splits");
      const made = await createSplit({ snapshot, snapshotDirectory, protocol, seed: 7 }, directory, idle);
      const parts = await readAssignment(join(directory, made.id), snapshot.ratings);
      const again = await createSplit(
        { snapshot, snapshotDirectory, protocol, seed: 7 },
        join(workspace, "again"),
        idle,
      );
      expect(again.id).toBe(made.id);
      expect(await readFile(join(workspace, "again", made.id, "assignment.bin"))).toEqual(Buffer.from(parts));
      const rows = settled(world).map((row, at) => ({ ...row, part: parts[at] ?? 255 }));
      const test = rows.filter(({ part }) => part === 1);
      const train = rows.filter(({ part }) => part === 0);
      if (protocol.protocol === "k-fold") {
        const sizes = [0, 1, 2, 3].map((fold) => rows.filter(({ part }) => part === fold).length);
        expect(sizes.reduce((a, b) => a + b)).toBe(rows.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        const { train: others, test: fold } = await loadTrainingData(snapshotDirectory, {
          part: "fold",
          splitDirectory: join(directory, made.id),
          fold: 2,
        });
        expect([others.item.length, fold?.item.length]).toEqual([rows.length - (sizes[2] ?? 0), sizes[2]]);
        return;
      }
      expect(test.length + train.length).toBe(rows.length);
      expect([made.test, made.train]).toEqual([test.length, train.length]);
      const trained = new Set(train.map(({ user }) => user));
      expect(made.warmTestUsers).toBe(
        [...new Set(test.map(({ user }) => user))].filter((user) => trained.has(user)).length,
      );
      if (protocol.protocol === "random") expect(test.length).toBe(Math.round(rows.length / 4));
      if (protocol.protocol === "global-temporal")
        expect(Math.min(...test.map(({ time }) => time))).toBeGreaterThan(Math.max(...train.map(({ time }) => time)));
      if (protocol.protocol === "per-user-temporal" || protocol.protocol === "leave-last-out") {
        for (const user of trained) {
          const own = (part: typeof rows) => part.filter((row) => row.user === user).map(({ time }) => time);
          expect(Math.min(...own(test), Infinity)).toBeGreaterThanOrEqual(Math.max(...own(train)));
          if (protocol.protocol === "leave-last-out") expect(own(test)).toHaveLength(own(train).length === 0 ? 0 : 1);
        }
      }
    });
  });

  it("is divided beside the event loop: a cancel that comes meanwhile is heard, and nothing is left", async () => {
    await snapshotOf(csv(world), [], async (snapshot, snapshotDirectory, workspace) => {
      const controller = new AbortController();
      const context = {
        signal: controller.signal,
        // Once the loop turns again: never, while arithmetic holds it.
        onProgress: ({ done }: { done: number }) => void (done === 1 && setImmediate(() => controller.abort())),
      };
      const directory = join(workspace, "cancelled");
      await expect(
        createSplit(
          { snapshot, snapshotDirectory, protocol: { protocol: "leave-last-out" }, seed: 1 },
          directory,
          context,
        ),
      ).rejects.toMatchObject({ code: "RB_CANCELLED" });
      expect(await readdir(directory).catch(() => [])).toEqual([]);
    });
  });

  it("needs times for temporal protocols, and proposes none without", async () => {
    await snapshotOf(
      csv(world).replaceAll(/,\d+$/gm, ",").replace("timestamp", "time"),
      [],
      async (snapshot, snapshotDirectory, workspace) => {
        await expect(
          createSplit(
            { snapshot, snapshotDirectory, protocol: { protocol: "leave-last-out" }, seed: 1 },
            workspace,
            idle,
          ),
        ).rejects.toMatchObject({ code: "RB_SPLIT_NO_TIME" });
        const proposals = await proposeSplits(snapshotDirectory);
        expect(proposals.map(({ protocol }) => protocol.protocol)).toEqual(["random", "k-fold", "held-out-users"]);
        expect(proposals[0]?.leaks).toHaveLength(1);
        expect(proposals[0]?.meaningful).toBe(false);
      },
    );
  });

  it("loads ratings by user, in shared memory, in the order of the file", async () => {
    await snapshotOf(csv(world), [], async (snapshot, directory) => {
      const { train } = await loadTrainingData(directory, { part: "all" });
      expect(train.item.buffer).toBeInstanceOf(SharedArrayBuffer);
      const { userIds, items } = await loadCatalogue(directory);
      const loaded = userIds.flatMap((user, u) =>
        Array.from(train.item.subarray(train.userStart[u], train.userStart[u + 1]), (i, at) => ({
          user,
          item: items[i]?.itemId,
          rating: train.rating[(train.userStart[u] ?? 0) + at],
          time: train.time?.[(train.userStart[u] ?? 0) + at],
        })),
      );
      expect(loaded).toEqual(settled(world));
      expect(snapshot.ratings).toBe(loaded.length);
    });
  });
});
