import { createHash } from "node:crypto";
import { open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createRandom } from "../../random.ts";
import { canonicalJson } from "../../files/json.ts";
import { canonicalId } from "../canonical-id.ts";
import { integer, withDatabase } from "../database.ts";
import { createIdArena } from "../id-arena.ts";
import { orderRatings } from "../order-ratings.ts";
import type { UnorderedRatings } from "../order-ratings.ts";
import { idle, inTemporaryFolder } from "../temporary.fixture.ts";
import { canonicalHash } from "./canonical-hash.ts";
import { bytesAt, float64At, int32At, openColumnSpace, runBatches } from "./column-space.ts";
import type { ColumnSpace } from "./column-space.ts";
import { orderColumns } from "./order-columns.ts";
import type { UnorderedColumns } from "./order-columns.ts";
import { openColumnsFile, readColumns } from "./read-columns.ts";
import { columnWriter, groupRows } from "./write-columns.ts";

interface Invented {
  readonly rows: number;
  readonly users: number;
  readonly items: number;
  readonly values: readonly number[];
  readonly hasParts: boolean;
  readonly times: "all" | "some" | "none";
  readonly seed: number;
}

function invent({
  rows,
  users,
  items,
  values,
  hasParts,
  times,
  seed,
}: Invented): UnorderedRatings & { codes: Uint16Array } {
  const random = createRandom(seed);
  const codes = Uint16Array.from({ length: rows }, () => random.below(values.length));
  const unknown = () => times === "none" || (times === "some" && random.below(3) === 0);
  return {
    u: Int32Array.from({ length: rows }, () => random.below(users)),
    i: Int32Array.from({ length: rows }, () => random.below(items)),
    rating: Float64Array.from(codes, (code) => values[code] ?? NaN),
    time: Float64Array.from({ length: rows }, () => (unknown() ? NaN : 1_000_000_000 + random.below(9))),
    part: hasParts ? Uint8Array.from({ length: rows }, () => [0, 1, 2, 255][random.below(4)] ?? 0) : null,
    users,
    items,
    codes,
  };
}

function place(space: ColumnSpace, set: ReturnType<typeof invent>, values: readonly number[]): UnorderedColumns {
  const rows = set.u.length;
  const [u, i, code, time] = [4, 4, 2, 8].map((width) => space.allocate(width * rows)) as [
    number,
    number,
    number,
    number,
  ];
  const part = set.part === null ? 0 : space.allocate(rows);
  int32At(space, u, rows).set(set.u);
  int32At(space, i, rows).set(set.i);
  new Uint16Array(space.memory.buffer, code, rows).set(set.codes);
  float64At(space, time, rows).set(set.time);
  if (set.part !== null) bytesAt(space, part, rows).set(set.part);
  return { rows, u, i, code, time, part, values: Float64Array.from(values), users: set.users, items: set.items };
}

async function inSpace<T>(threads: number, work: (space: ColumnSpace) => Promise<T>): Promise<T> {
  const space = await openColumnSpace(threads, idle.signal);
  try {
    return await work(space);
  } finally {
    await space.close();
  }
}

/** Writes ordered columns as a snapshot has them; the snapshot's id. */
async function write(space: ColumnSpace, columns: UnorderedColumns, keep: "first" | "last" | "highest", path: string) {
  const ordered = await orderColumns(space, columns, keep);
  const ids = { users: idsOf("u", columns.users), items: idsOf("item-number-", columns.items) };
  const file = await open(path, "w");
  const hash = createHash("sha256").update(canonicalJson([]), "utf8");
  const writer = columnWriter(space, file, {
    rows: ordered.rows,
    order: ordered.order,
    columns: [
      { kind: "ints", name: "u", type: "INT32", at: columns.u, map: ordered.userNumbers },
      { kind: "ints", name: "i", type: "INT32", at: columns.i, map: ordered.itemNumbers },
      { kind: "codes", name: "rating", at: columns.code, values: columns.values, valuesAt: ordered.valuesAt },
      { kind: "times", name: "time", at: columns.time, unit: 1 },
      ...(columns.part === 0 ? [] : [{ kind: "bytes", name: "part", at: columns.part } as const]),
    ],
  });
  await runBatches(space, writer.batches, [
    canonicalHash(space, columns, ordered, ids, groupRows * space.threads, hash),
    writer.step,
  ]);
  await writer.finish();
  await file.close();
  return { id: `s${hash.digest("hex").slice(0, 20)}`, ordered };
}

const idsOf = (prefix: string, count: number) =>
  createIdArena(Array.from({ length: count }, (_, n) => `${prefix}${String(n)}`));

const row = z.object({
  u: integer,
  i: integer,
  rating: z.number(),
  time: integer.nullable(),
  part: integer.nullable().optional(),
});
const rowsOf = (path: string) =>
  withDatabase({}, (database) => database.all(row, "SELECT * FROM read_parquet($1)", [path]));

const halves = [0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5];
const many = Array.from({ length: 700 }, (_, n) => n / 7);

describe("columns of ratings", () => {
  it.each<[string, Invented]>([
    ["a few with times", { rows: 5000, users: 40, items: 90, values: halves, hasParts: false, times: "all", seed: 1 }],
    [
      "unknown times, parts",
      { rows: 4001, users: 7, items: 300, values: [1, -2], hasParts: true, times: "some", seed: 2 },
    ],
    ["no times", { rows: 130, users: 200, items: 3, values: [3], hasParts: false, times: "none", seed: 3 }],
    ["many values", { rows: 3000, users: 3, items: 3000, values: many, hasParts: true, times: "all", seed: 4 }],
    ["one rating", { rows: 1, users: 1, items: 1, values: [5], hasParts: false, times: "all", seed: 5 }],
    [
      "several groups of rows",
      { rows: 300_000, users: 500, items: 20_000, values: halves, hasParts: false, times: "some", seed: 6 },
    ],
  ])("of %s are ordered, named and written as the general way does", async (_, set) => {
    const given = invent(set);
    for (const keep of ["first", "last", "highest"] as const) {
      const expected = orderRatings(given, keep);
      const expectedId = canonicalId([], expected, idsOf("u", set.users), idsOf("item-number-", set.items));
      await inTemporaryFolder(async (directory) => {
        const bytes: Buffer[] = [];
        for (const threads of keep === "last" ? [1, 3] : [2]) {
          const path = join(directory, `${String(threads)}.parquet`);
          const { id, ordered } = await inSpace(threads, (space) =>
            write(space, place(space, given, set.values), keep, path),
          );
          expect(id).toBe(expectedId);
          expect(ordered.userRanks).toEqual(Int32Array.from(expected.userRanks));
          expect(ordered.itemRanks).toEqual(Int32Array.from(expected.itemRanks));
          expect(Float64Array.from(ordered.values).sort()).toEqual(Float64Array.from(expected.values).sort());
          expect([ordered.earliest, ordered.latest]).toEqual([expected.earliest, expected.latest]);
          bytes.push(await readFile(path));
        }
        for (const other of bytes) expect(other.equals(bytes[0] ?? Buffer.alloc(0))).toBe(true);
        if (keep !== "last") return;
        const { u, i, rating, time, part } = expected;
        const written = await rowsOf(join(directory, "1.parquet"));
        expect(written).toEqual(
          Array.from(u, (user, at) => ({
            u: user,
            i: i[at],
            rating: rating[at],
            time: Number.isNaN(time[at]) ? null : time[at],
            ...(part === null ? {} : { part: part[at] === 255 ? null : part[at] }),
          })),
        );
      });
    }
  });

  it("come back as they were written, or are refused when a byte of the file is another", async () => {
    const set: Invented = { rows: 3000, users: 50, items: 400, values: halves, hasParts: true, times: "some", seed: 7 };
    const given = invent(set);
    await inTemporaryFolder(async (directory) => {
      const path = join(directory, "columns.parquet");
      const { ordered } = await inSpace(2, (space) => write(space, place(space, given, halves), "last", path));
      const original = await readFile(path);
      const expected = await rowsOf(path);
      const random = createRandom(8);
      let refused = 0;
      for (let damage = 0; damage < 60; damage++) {
        const bytes = Buffer.from(original);
        // The first time nothing is damaged, then headers and footer as often as data.
        for (let times = damage === 0 ? 0 : 1 + random.below(3); times > 0; times--) {
          const at = random.below(2) === 0 ? random.below(bytes.length) : bytes.length - 1 - random.below(700);
          bytes[at] = random.below(256);
        }
        await writeFile(path, damage % 7 === 6 ? bytes.subarray(0, random.below(bytes.length)) : bytes);
        const file = await openColumnsFile(path);
        if (file === null || file.rows !== ordered.rows) {
          refused++;
          await file?.handle.close();
          continue;
        }
        await inSpace(1, async (space) => {
          const [u, i, code, time] = [4, 4, 2, 8].map((width) => space.allocate(width * file.rows)) as [
            number,
            number,
            number,
            number,
          ];
          const values = [...halves];
          const good = await readColumns(
            space,
            file,
            [
              { kind: "ints", name: "u", at: u, below: 50, map: 0 },
              { kind: "ints", name: "i", at: i, below: 400, map: 0 },
              {
                kind: "codes",
                name: "rating",
                at: code,
                codeOf: (value) => (values.includes(value) ? values.indexOf(value) : values.push(value) - 1),
              },
              { kind: "times", name: "time", at: time },
            ],
            0,
          );
          if (!good) refused++;
          // What is accepted never points anywhere but at a user, an item, a value.
          if (good) {
            expect(int32At(space, u, file.rows).every((user) => user >= 0 && user < 50)).toBe(true);
            expect(int32At(space, i, file.rows).every((item) => item >= 0 && item < 400)).toBe(true);
          }
          if (damage === 0) {
            expect(good).toBe(true);
            expect([...int32At(space, u, file.rows)]).toEqual(expected.map((line) => line.u));
            expect([...int32At(space, i, file.rows)]).toEqual(expected.map((line) => line.i));
            expect([...float64At(space, time, file.rows)]).toEqual(expected.map((line) => line.time ?? NaN));
            const codes = new Uint16Array(space.memory.buffer, code, file.rows);
            expect(Array.from(codes, (number) => values[number])).toEqual(expected.map((line) => line.rating));
          }
        });
        await file.handle.close();
      }
      expect(refused).toBeGreaterThan(12);
    });
  });
});
