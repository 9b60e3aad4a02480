import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { importSource } from "./import.ts";
import { createSnapshot } from "./snapshot.ts";
import { snapshotDifference, stabilityIndex } from "./snapshot-difference.ts";
import { snapshotInsight } from "./snapshot-insight.ts";
import { idle, inTemporaryFolder } from "./temporary.fixture.ts";

type Row = readonly [user: string, item: string, rating: number, time: number];
const start = 1_300_000_000 - (1_300_000_000 % 3600);

async function snapshotOf(workspace: string, name: string, rows: readonly Row[]): Promise<string> {
  const path = join(workspace, `${name}.csv`);
  await writeFile(path, `user,item,rating,timestamp\n${rows.map((row) => row.join(",")).join("\n")}\n`);
  const source = await importSource({ path, options: {}, itemsPath: null }, join(workspace, "sources"), idle);
  const snapshot = await createSnapshot(
    { sources: [{ id: source.id, directory: join(workspace, "sources", source.id) }], recipe: [] },
    join(workspace, "snapshots"),
    idle,
  );
  return join(workspace, "snapshots", snapshot.id);
}

/** 40 people with 10 to 49 ratings each over months, all of the scale. */
const people: Row[] = Array.from({ length: 40 }, (_, user) =>
  Array.from({ length: 10 + user }, (__, n): Row => [
    `p${String(user)}`,
    `i${String((user * 7 + n * 11) % 600)}`,
    1 + ((user + n * 3) % 5),
    start + n * 86_400,
  ]),
).flat();

describe("who gave a snapshot's ratings", () => {
  it("finds accounts that look like no person, says why, and leaves people alone", () =>
    inTemporaryFolder(async (workspace) => {
      const constant = Array.from({ length: 25 }, (_, n): Row => ["fan", `i${String(n)}`, 5, start + n * 90_000]);
      const burst = Array.from({ length: 240 }, (_, n): Row => ["bot", `i${String(n)}`, 1 + (n % 5), start + n * 10]);
      const few = Array.from({ length: 19 }, (_, n): Row => ["shy", `i${String(n)}`, 4, start + n * 90_000]);
      const directory = await snapshotOf(workspace, "a", [
        ...people,
        ...constant,
        ...burst,
        ...few,
        ["one", "i1", 3, start],
      ]);
      const insight = await snapshotInsight(directory, idle);
      expect(insight.accounts.map(({ userId, reasons }) => [userId, reasons])).toEqual([
        ["bot", ["burst"]],
        ["fan", ["constant"]],
      ]);
      expect(insight.suspiciousAccounts).toBe(2);
      expect(insight.accounts[0]).toMatchObject({ ratings: 240, busiestHour: 240, levels: 5 });
      expect(insight.scaleUse).toEqual([
        { levels: 1, users: 3 },
        { levels: 5, users: 41 },
      ]);
      expect(insight.coldUsers).toBe(1);
      expect(insight.userMeans.reduce((sum, { users }) => sum + users, 0)).toBe(44);
      // The most active of 44 hold more than their share, and the curve ends at everything.
      expect(insight.lorenzUsers.at(0)).toEqual({ share: 0, ratings: 0 });
      expect(insight.lorenzUsers.at(-1)).toEqual({ share: 1, ratings: 1 });
      for (const { share, ratings } of insight.lorenzUsers) expect(ratings).toBeLessThanOrEqual(share + 1e-12);
    }));
});

describe("what changed between two snapshots", () => {
  it("is counted by the data's own ids, not by their places", () =>
    inTemporaryFolder(async (workspace) => {
      const kept = people.filter(([user]) => user !== "p3");
      const gone = people.length - kept.length;
      const changed = kept.map((row, at): Row => (at < 4 ? [row[0], row[1], (row[2] % 5) + 1, row[3]] : row));
      const before = await snapshotOf(workspace, "a", people);
      const after = await snapshotOf(workspace, "b", [
        ...changed,
        ["a-first", "i0", 5, start],
        ["a-first", "new", 5, start],
      ]);
      const difference = await snapshotDifference(before, after, idle);
      expect(difference).toMatchObject({
        added: 2,
        removed: gone,
        changed: 4,
        unchanged: people.length - gone - 4,
        usersAdded: 1,
        usersRemoved: 1,
        itemsAdded: 1,
      });
      for (const { bins, name } of difference.shifts) {
        const sum = (side: "before" | "after") => bins.reduce((total, bin) => total + bin[side], 0);
        const unit = name === "ratings" ? "ratings" : name === "ratings-per-user" ? "users" : "items";
        expect([sum("before"), sum("after")]).toEqual([difference.before[unit], difference.after[unit]]);
      }
      const same = await snapshotDifference(before, before, idle);
      expect(same).toMatchObject({ added: 0, removed: 0, changed: 0, unchanged: people.length });
      expect(same.shifts.map(({ psi }) => psi)).toEqual([0, 0, 0]);
    }));
  it("has an index that is 0 for the same shares, and the textbook's for others", () => {
    expect(
      stabilityIndex([
        { before: 50, after: 500 },
        { before: 50, after: 500 },
      ]),
    ).toBeCloseTo(0, 9);
    // (0.7 − 0.5) ln(0.7/0.5) + (0.3 − 0.5) ln(0.3/0.5), with so many rows that half of one does not matter.
    const textbook = 0.2 * Math.log(1.4) - 0.2 * Math.log(0.6);
    expect(
      stabilityIndex([
        { before: 5e7, after: 7e7 },
        { before: 5e7, after: 3e7 },
      ]),
    ).toBeCloseTo(textbook, 5);
  });
});
