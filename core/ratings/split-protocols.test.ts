import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ReadOptions, Snapshot, Split, SplitProtocol } from "../contract/entities.ts";
import { loadCatalogue } from "./catalogue.ts";
import { importSource } from "./import.ts";
import { createSnapshot } from "./snapshot.ts";
import { createSplit } from "./split.ts";
import { loadTrainingData } from "./training-data.ts";
import type { TrainingData } from "./training-data.ts";
import { idle, inTemporaryFolder } from "./temporary.fixture.ts";

interface Files {
  readonly text: string;
  readonly options?: ReadOptions;
}

/** 80 users with 5 to 24 ratings each, at different times, 60 items. */
const lines = Array.from({ length: 80 }, (_, user) =>
  Array.from({ length: 5 + ((user * 7) % 20) }, (__, n) => {
    const time = 1_300_000_000 + ((user * 131 + n * 977) % 1000) * 86_400 + user;
    return `u${String(user)},i${String((user * 3 + n * 7) % 60)},${String(1 + ((user + n) % 5))},${String(time)}`;
  }),
).flat();
const header = "user,item,rating,timestamp";
const world: Files = { text: [header, ...lines].join("\n") };

interface Rated {
  readonly user: string;
  readonly item: string;
  readonly rating: number;
  readonly time: number;
}

interface Laboratory {
  readonly snapshot: Snapshot;
  split(protocol: SplitProtocol): Promise<Split>;
  /** The parts as ratings with ids. */
  load(split: Split, part: "holdout" | "validation", fold?: number): Promise<Record<keyof TrainingData, Rated[]>>;
}

async function inLaboratory(files: readonly Files[], work: (laboratory: Laboratory) => Promise<void>): Promise<void> {
  await inTemporaryFolder(async (root) => {
    const sources = [];
    for (const [index, { text, options = {} }] of files.entries()) {
      const path = join(root, `ratings-${String(index)}.csv`);
      await writeFile(path, text);
      const { id } = await importSource({ path, options, itemsPath: null }, join(root, "sources"), idle);
      sources.push({ id, directory: join(root, "sources", id) });
    }
    const snapshot = await createSnapshot({ sources, recipe: [] }, join(root, "snapshots"), idle);
    const snapshotDirectory = join(root, "snapshots", snapshot.id);
    const { userIds, items } = await loadCatalogue(snapshotDirectory);
    const rated = (set: TrainingData["train"] | null): Rated[] =>
      set === null
        ? []
        : userIds.flatMap((user, u) =>
            Array.from(set.item.subarray(set.userStart[u], set.userStart[u + 1]), (i, offset) => {
              const at = (set.userStart[u] ?? 0) + offset;
              return {
                user,
                item: items[i]?.itemId ?? "",
                rating: set.rating[at] ?? Number.NaN,
                time: set.time?.[at] ?? Number.NaN,
              };
            }),
          );
    await work({
      snapshot,
      split: (protocol) => createSplit({ snapshot, snapshotDirectory, protocol, seed: 3 }, join(root, "splits"), idle),
      async load({ id }, part, fold) {
        const splitDirectory = join(root, "splits", id);
        const { train, test, foldIn } = await loadTrainingData(
          snapshotDirectory,
          part === "validation"
            ? { part, splitDirectory, ...(fold === undefined ? {} : { fold }) }
            : fold === undefined
              ? { part, splitDirectory }
              : { part: "fold", splitDirectory, fold },
        );
        return { train: rated(train), test: rated(test), foldIn: rated(foldIn) };
      },
    });
  });
}

const key = ({ user, item }: Rated) => `${user} ${item}`;
const keys = (rows: readonly Rated[]) => rows.map(key).sort();
const users = (rows: readonly Rated[]) => new Set(rows.map(({ user }) => user));
const latest = (rows: readonly Rated[]) => Math.max(...rows.map(({ time }) => time));
const earliest = (rows: readonly Rated[]) => Math.min(...rows.map(({ time }) => time));

describe("rolling origin", () => {
  it.each([false, true])("trains only on what came before each cut-off (validation: %s)", async (validation) => {
    await inLaboratory([world], async ({ snapshot, split, load }) => {
      const made = await split({
        protocol: "rolling-origin",
        cutoffs: 3,
        testShare: 0.45,
        ...(validation ? { validation } : {}),
      });
      const folds = [await load(made, "holdout", 0), await load(made, "holdout", 1), await load(made, "holdout", 2)];
      for (const { train, test } of folds) expect(latest(train)).toBeLessThan(earliest(test));
      // The windows lie one behind the other and together are the last 45 %.
      const [first, second, third] = folds;
      expect(latest(first?.test ?? [])).toBeLessThan(earliest(second?.test ?? []));
      expect(latest(second?.test ?? [])).toBeLessThan(earliest(third?.test ?? []));
      const tested = folds.reduce((sum, { test }) => sum + test.length, 0);
      expect(tested / snapshot.ratings).toBeCloseTo(0.45, 1);
      for (const { test } of folds) expect(test.length / tested).toBeCloseTo(1 / 3, 1);
      expect([made.train, made.test]).toEqual([third?.train.length, third?.test.length]);
      expect(made.leaks).toEqual([]);
      await expect(load(made, "holdout", 3)).rejects.toMatchObject({ code: "RB_NOT_FOUND" });
      if (!validation) {
        expect(keys([...(third?.train ?? []), ...(third?.test ?? [])])).toHaveLength(snapshot.ratings);
        await expect(load(made, "validation", 0)).rejects.toMatchObject({ code: "RB_INVALID_INPUT" });
        return;
      }
      const tuning = await load(made, "validation", 1);
      expect(keys(tuning.train)).toEqual(keys(second?.train ?? []));
      expect(latest(tuning.train)).toBeLessThan(earliest(tuning.test));
      expect(latest(tuning.test)).toBeLessThan(earliest(second?.test ?? []));
    });
  });
});

describe("held-out users", () => {
  it.each(["random", "time"] as const)("keeps whole people out of training (folded in by %s)", async (foldInBy) => {
    await inLaboratory([world], async ({ snapshot, split, load }) => {
      const protocol = { protocol: "held-out-users", testShare: 0.25, validationShare: 0.2, foldInShare: 0.8 } as const;
      const made = await split({ ...protocol, foldInBy });
      const test = await load(made, "holdout");
      const validation = await load(made, "validation");
      expect(users(test.test).size).toBe(20);
      expect(users(validation.test).size).toBe(12);
      expect(users(test.foldIn)).toEqual(users(test.test));
      expect(keys(test.train)).toEqual(keys(validation.train));
      const groups = [test.train, test.test, validation.test].map(users);
      expect(new Set(groups.flatMap((group) => [...group])).size).toBe(groups.reduce((sum, { size }) => sum + size, 0));
      const all = [...test.train, ...test.test, ...test.foldIn, ...validation.test, ...validation.foldIn];
      expect(new Set(keys(all)).size).toBe(snapshot.ratings);
      for (const user of users(test.test)) {
        const given = test.foldIn.filter((row) => row.user === user);
        const asked = test.test.filter((row) => row.user === user);
        expect(given.length).toBe(Math.round(0.8 * (given.length + asked.length)));
        if (foldInBy === "time") expect(latest(given)).toBeLessThanOrEqual(earliest(asked));
      }
      expect(made).toMatchObject({
        train: test.train.length,
        test: test.test.length,
        foldIn: test.foldIn.length,
        validation: validation.test.length,
        warmTestUsers: 20,
      });
      expect(made.leaks).toHaveLength(foldInBy === "time" ? 1 : 2);
    });
  });
});

describe("predefined parts", () => {
  const thirds = [0, 1, 2].map((part) => lines.filter((_, at) => at % 3 === part));
  const named = (["train", "validation", "test"] as const).map((part, at) => ({ part, rows: thirds[at] ?? [] }));
  const sorted = (rows: readonly string[] | undefined) =>
    (rows ?? []).map((line) => line.split(",").slice(0, 2).join(" ")).sort();

  it.each<[string, Files[]]>([
    ["files", named.map(({ part, rows }) => ({ text: [header, ...rows].join("\n"), options: { part } }))],
    [
      "a column",
      [
        {
          text: [
            `${header},set`,
            ...named.flatMap(({ part, rows }) => rows.map((row) => `${row},${part}`)),
            "u1,new,3,1300000000,?",
          ].join("\n"),
          options: { partColumn: "set" },
        },
      ],
    ],
  ])("are those that %s named", async (kind, files) => {
    await inLaboratory(files, async ({ snapshot, split, load }) => {
      expect(snapshot.hasParts).toBe(true);
      const made = await split({ protocol: "predefined" });
      const { train, test } = await load(made, "holdout");
      expect(keys(train)).toEqual(sorted(named[0]?.rows));
      expect(keys(test)).toEqual(sorted(named[2]?.rows));
      expect(keys((await load(made, "validation")).test)).toEqual(sorted(named[1]?.rows));
      expect(made.warnings.some((warning) => warning.startsWith("1 ratings have no part"))).toBe(kind === "a column");
    });
  });

  it("make another snapshot than the same ratings without, and cannot be had from those", async () => {
    let id = "";
    await inLaboratory([world], async ({ snapshot, split }) => {
      id = snapshot.id;
      await expect(split({ protocol: "predefined" })).rejects.toMatchObject({ code: "RB_INVALID_INPUT" });
    });
    await inLaboratory([{ ...world, options: { part: "train" } }], async ({ snapshot, split }) => {
      expect(snapshot.id).not.toBe(id);
      await expect(split({ protocol: "predefined" })).rejects.toMatchObject({ code: "RB_SPLIT_EMPTY" });
    });
  });
});

describe("a validation part", () => {
  it.each<SplitProtocol>([
    { protocol: "global-temporal", testShare: 0.2, validationShare: 0.25 },
    { protocol: "per-user-temporal", testShare: 0.2, validationShare: 0.25 },
    { protocol: "random", testShare: 0.2, validationShare: 0.25 },
    { protocol: "leave-last-out", validation: true },
  ])("of $protocol is chosen as the test is and trained on by nobody", async (protocol) => {
    await inLaboratory([world], async ({ snapshot, split, load }) => {
      const made = await split(protocol);
      const { train, test } = await load(made, "holdout");
      const tuning = await load(made, "validation");
      expect(keys(tuning.train)).toEqual(keys(train));
      expect(new Set(keys([...train, ...test, ...tuning.test])).size).toBe(snapshot.ratings);
      expect(made.validation).toBe(tuning.test.length);
      if (protocol.protocol === "random")
        expect(tuning.test).toHaveLength(Math.round(0.25 * (train.length + tuning.test.length)));
      if (protocol.protocol === "global-temporal") {
        expect(latest(train)).toBeLessThan(earliest(tuning.test));
        expect(latest(tuning.test)).toBeLessThan(earliest(test));
      }
      if (protocol.protocol === "leave-last-out" || protocol.protocol === "per-user-temporal") {
        for (const user of users(test)) {
          const own = (rows: readonly Rated[]) => rows.filter((row) => row.user === user);
          expect(latest(own(train))).toBeLessThanOrEqual(earliest(own(tuning.test)));
          expect(latest(own(tuning.test))).toBeLessThanOrEqual(earliest(own(test)));
        }
      }
    });
  });

  it("of k-fold is the next fold", async () => {
    await inLaboratory([world], async ({ snapshot, split, load }) => {
      const made = await split({ protocol: "k-fold", folds: 4, validation: true });
      const tests = await Promise.all([0, 1, 2, 3].map((fold) => load(made, "holdout", fold)));
      expect(new Set(tests.flatMap(({ test }) => keys(test))).size).toBe(snapshot.ratings);
      for (const fold of [0, 3]) {
        const tuning = await load(made, "validation", fold);
        expect(keys(tuning.test)).toEqual(keys(tests[(fold + 1) % 4]?.test ?? []));
        expect(keys(tuning.train)).toEqual(keys(tests[fold]?.train ?? []));
        expect(tuning.train.length + 2 * (snapshot.ratings / 4)).toBeCloseTo(snapshot.ratings, -1);
      }
    });
  });
});

it("tests only relevant ratings where it is asked to, and trains on the same", async () => {
  await inLaboratory([world], async ({ split, load }) => {
    const all = await split({ protocol: "random", testShare: 0.3 });
    const liked = await split({ protocol: "random", testShare: 0.3, relevantFrom: 4 });
    expect(liked.id).not.toBe(all.id);
    const [before, after] = [await load(all, "holdout"), await load(liked, "holdout")];
    expect(keys(after.train)).toEqual(keys(before.train));
    expect(keys(after.test)).toEqual(keys(before.test.filter(({ rating }) => rating >= 4)));
    expect(liked.test).toBe(after.test.length);
  });
});
