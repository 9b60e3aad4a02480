import { existsSync } from "node:fs";
import { mkdir, truncate } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createRandom } from "../random.ts";
import { sqlPath, withDatabase } from "./database.ts";
import { rowNumbers } from "./row-order.ts";
import { inTemporaryFolder } from "./temporary.fixture.ts";

interface Row {
  readonly u: number;
  readonly i: number;
  readonly rating: number;
  readonly time: number | null;
}

const random = createRandom(3);
/** By (u, i), as snapshots have them; every fifth without a time, many at the same. */
const rows: readonly Row[] = Array.from({ length: 900 }, (_, n) => ({
  u: Math.floor(n / 30),
  i: (n % 30) * 3 + (Math.floor(n / 30) % 3),
  rating: 1 + Math.floor(random.unit() * 5),
  time: n % 5 === 0 ? null : 1_500_000_000 + Math.floor(random.unit() * 40),
}));
const numbers = rows.map((_, n) => n);
const byNumber = (compare: (a: Row, b: Row) => number) => (a: number, b: number) => {
  const [left, right] = [rows[a], rows[b]];
  return (left === undefined || right === undefined ? 0 : compare(left, right)) || a - b;
};
const isTimed = (n: number) => rows[n]?.time !== null;
const timed = numbers.filter(isTimed).sort(byNumber((a, b) => (a.time ?? 0) - (b.time ?? 0)));
const timeless = numbers.filter((n) => !isTimed(n));
const expected = {
  user: { ascending: numbers, descending: numbers.toReversed() },
  item: {
    ascending: numbers.toSorted(byNumber((a, b) => a.i - b.i)),
    descending: numbers.toSorted(byNumber((a, b) => a.i - b.i)).toReversed(),
  },
  rating: {
    ascending: numbers.toSorted(byNumber((a, b) => a.rating - b.rating)),
    descending: numbers.toSorted(byNumber((a, b) => a.rating - b.rating)).toReversed(),
  },
  time: { ascending: [...timed, ...timeless], descending: [...timed.toReversed(), ...timeless.toReversed()] },
};

it("pages of all ratings follow on one another in any order, sorted each time or by a kept order", () =>
  inTemporaryFolder(async (folder) => {
    const directory = join(folder, "snapshot");
    await mkdir(directory);
    const values = rows.map(
      ({ u, i, rating, time }) => `(${String(u)}, ${String(i)}, ${String(rating)}, ${String(time)})`,
    );
    await withDatabase({}, async (database) => {
      await database.run(
        `COPY (SELECT u::INTEGER AS u, i::INTEGER AS i, rating::DOUBLE AS rating, "time"::BIGINT AS "time" FROM (VALUES ${values.join(", ")}) AS rows(u, i, rating, "time"))
         TO ${sqlPath(join(directory, "ratings.parquet"))} (FORMAT parquet)`,
      );
      const limit = 70;
      for (const isKept of [false, true])
        for (const sort of ["user", "item", "rating", "time"] as const)
          for (const descending of [false, true]) {
            const read: number[] = [];
            for (let offset = 0; offset < rows.length + limit; offset += limit)
              read.push(
                ...(await rowNumbers(
                  database,
                  directory,
                  { sort, descending, offset, limit, total: rows.length },
                  isKept ? { worthKeeping: 100, nearTop: 150 } : undefined,
                )),
              );
            expect(read, `${sort} ${descending ? "descending" : "ascending"}`).toEqual(
              expected[sort][descending ? "descending" : "ascending"],
            );
            expect(existsSync(join(directory, `order.${sort}.parquet`))).toBe(isKept && sort !== "user");
          }
      // What a power cut leaves of a kept order is made anew.
      await truncate(join(directory, "order.rating.parquet"), 100);
      const page = { sort: "rating", descending: false, offset: 700, limit: 70, total: rows.length } as const;
      expect(await rowNumbers(database, directory, page, { worthKeeping: 100, nearTop: 150 })).toEqual(
        expected.rating.ascending.slice(700, 770),
      );
    });
  }));
