import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { hasSharedData, sharedData } from "../../e2e/shared-data.ts";
import type { ReadOptions } from "../contract/entities.ts";
import { isErrorCode } from "../contract/errors.ts";
import { integer, withDatabase } from "./database.ts";
import { bytesAt, float64At, int32At, openColumnSpace } from "./columns/column-space.ts";
import { readPlainColumns } from "./columns/plain-columns.ts";
import { createRandom } from "../random.ts";
import { readExactly } from "./read-exactly.ts";
import { plainLayout, readPlain } from "./read-plain.ts";
import { planReading } from "./read-plan.ts";
import type { Reading } from "./reading.ts";
import { sourceRows } from "./source-files.ts";
import { idle, inTemporaryFolder } from "./temporary.fixture.ts";

const row = z.object({
  line: integer,
  user_id: z.string(),
  item_id: z.string(),
  rating: z.number(),
  time: integer.nullable(),
  part: integer.nullable(),
});

/** What a way of reading makes of a file: everything it leaves and says; null where it declines. */
function outcome(read: typeof readPlain, path: string, options: ReadOptions = {}) {
  return inTemporaryFolder(async (directory) => {
    await mkdir(join(directory, "staging"));
    const plan = await planReading(path, options);
    if (plan.problem !== null) return null;
    return withDatabase({}, async (database) => {
      const reading = await read(database, plan, directory, idle);
      if (reading === null) return null;
      const rows = await database.all(
        row,
        `SELECT line, user_id, item_id, rating, "time", part FROM ${await sourceRows(directory)} ORDER BY place`,
      );
      const numbers = await database.all(z.object({ u: integer, i: integer }), "SELECT u, i FROM read_parquet($1)", [
        join(directory, "ratings.parquet"),
      ]);
      return { reading: settled(reading), rows, numbers };
    });
  });
}

/** Different values come in any order. */
const settled = (reading: Reading) => ({ ...reading, values: reading.values.toSorted((a, b) => a - b) });

async function bothWays(
  text: string | Uint8Array,
  options: ReadOptions = {},
): Promise<"same" | "left to the exact path"> {
  return inTemporaryFolder(async (directory) => {
    const path = join(directory, "ratings.csv");
    await writeFile(path, text);
    const plain = await outcome(readPlain, path, options);
    if (plain === null) return "left to the exact path";
    expect(plain).toEqual(await outcome(readExactly, path, options));
    return "same";
  });
}

const plainText =
  "userId,movieId,rating,timestamp\n007,0120735,4.5,1363245118\nanna@x.org,tt01,3,1363245119\n007,0120735,-2,1363245120\n";

describe("the fast way through a plain file", () => {
  it.each<[string, string | Uint8Array, ReadOptions]>([
    ["a MovieLens file", plainText, {}],
    ["CR LF and no last line end", plainText.replaceAll("\n", "\r\n").trimEnd(), {}],
    ["mixed line ends, empty lines, a byte order mark", `\u{FEFF}\n${plainText.replace("118\n", "118\r\n\n")}\n\n`, {}],
    ["quotes around every field", `${plainText.trim().replaceAll(/[^,\n]+/g, '"$&"')}\n`, {}],
    [
      "quotes around some, a name with a delimiter",
      plainText.replace("movieId", '"movie Id, é"').replace("tt01", '"tt01"'),
      { itemColumn: "movie Id, é" },
    ],
    ["times with decimals", plainText.replaceAll(/(\d{10})\n/g, "$1.75\n"), {}],
    [
      "ids of seven, eight, nine and more bytes",
      "user,item,rating\n1234567,12345678,1\n123456789,1234567,2\n12345678,123456789012345678,3\n12345678,123456789012345679,4\n1234567,a,5\n",
      {},
    ],
    ["tabs without a header", "1\t2\t3\t881250949\n1\t3\t5\t891717742\n", {}],
    ["semicolons, columns in another order, one too many", "rating;x;item;user\n3;a;b;c\n4;;b;d\n", {}],
    ["milliseconds", plainText.replaceAll(/(\d{10})\n/g, "$1123\n"), {}],
    ["microseconds", plainText.replaceAll(/(\d{10})\n/g, "$1123456\n"), {}],
    ["the part that all of it is", plainText, { part: "validation" }],
    ["no times wanted", plainText, { timeFormat: "none" }],
    ["a scale that is given", plainText, { scale: { minimum: -10, maximum: 10 } }],
  ])("reads %s as the exact way does", async (_, text, options) => {
    expect(await bothWays(text, options)).toBe("same");
  });

  it.each<[string, string | Uint8Array, ReadOptions]>([
    ["a quote inside a field", plainText.replace("tt01", 'tt"01'), {}],
    ["a quote in quotes", plainText.replace("tt01", '"tt""01"'), {}],
    ["a delimiter in quotes", plainText.replace("tt01", '"tt,01"'), {}],
    ["text behind a quote", plainText.replace("tt01", '"tt"01'), {}],
    ["a quote that never closes", plainText.replace("tt01", '"tt01'), {}],
    ["a header over two lines", plainText.replace("userId", '"user\nId"'), {}],
    ["a space", plainText.replace("tt01", "tt 01"), {}],
    ["a letter beyond ASCII", plainText.replace("tt01", "té01"), {}],
    ["a NUL", plainText.replace("tt01", "t\0t01"), {}],
    ["a lone CR", plainText.replace("5118\n", "5118\r"), {}],
    ["a field too few", plainText.replace("tt01,3", "tt01"), {}],
    ["a field too many", plainText.replace("tt01,3", "tt01,3,3"), {}],
    ["an empty id", plainText.replace("tt01", ""), {}],
    ["an empty rating", plainText.replace(",3,", ",,"), {}],
    ["an exponent", plainText.replace(",3,", ",3e0,"), {}],
    ["a rating that is no number", plainText.replace(",3,", ",nan,"), {}],
    ["a time of 0", plainText.replace("1363245119", "0"), {}],
    ["a time in another unit", plainText.replace("1363245119", "1363245119000"), {}],
    ["a time past its end", plainText.replace("1363245119", "9999999999"), {}],
    ["a date", plainText.replace("1363245119", "2013-03-14"), {}],
    ["an id that a spreadsheet damaged", plainText.replace("tt01", "1.2E+05"), {}],
    ["a rating off a given scale", plainText, { scale: { minimum: 1, maximum: 5 } }],
    ["values that mean no rating", plainText, { missingValues: ["3"] }],
    ["nothing but a header", "userId,movieId,rating,timestamp\n", {}],
    ["UTF-16", Buffer.from(plainText, "utf16le"), {}],
  ])("leaves a file with %s to the exact way", async (_, text, options) => {
    expect(await bothWays(text, options)).toBe("left to the exact path");
  });

  it("agrees with the exact way on every file it takes, whatever was done to it", async () => {
    const random = createRandom(11);
    const pick = <T>(list: readonly T[]): T => list[random.below(list.length)] as T;
    const odd = [
      "",
      " ",
      "\t",
      '"',
      "+",
      "1_0",
      "5.",
      ".5",
      "00",
      "-1",
      "-0",
      "1e3",
      "é",
      "#",
      "\r",
      "99",
      "4,5",
      "0.1234567890123456",
    ];
    let taken = 0;
    for (let file = 0; file < 60; file++) {
      const delimiter = pick([",", ";", "\t", "|"]);
      const lines = Array.from({ length: 5 + random.below(40) }, () => [
        `${pick(["", "0", "u"])}${String(random.below(9))}`,
        `${pick(["", "tt0", "x-"])}${String(random.below(7))}`,
        pick(["1", "2", "3.5", "4.0", "5"]),
        String(1_300_000_000 + random.below(1000)),
      ]);
      if (file % 2 === 1) {
        const line = pick(lines);
        line[random.below(4)] = pick(odd);
      }
      const ending = pick(["\n", "\r\n"]);
      const quoting = pick([0, 0, 1, 9]);
      const header = pick([["user", "item", "rating", "timestamp"], null]);
      const text = [...(header === null ? [] : [header]), ...lines]
        .map((fields) => fields.map((field) => (random.below(9) < quoting ? `"${field}"` : field)).join(delimiter))
        .join(ending);
      const result = await bothWays(text + pick(["", ending])).catch((error: unknown) => {
        // The exact way may refuse the whole file; the fast way must then not have taken it.
        if (error instanceof Error && "code" in error && isErrorCode(String(error.code)))
          return "left to the exact path";
        throw error;
      });
      if (result === "same") taken++;
    }
    expect(taken).toBeGreaterThan(25);
  }, 180_000);

  it("reads with any number of threads as with one", async () => {
    await inTemporaryFolder(async (directory) => {
      const path = join(directory, "ratings.csv");
      const random = createRandom(5);
      const lines = Array.from(
        { length: 3000 },
        () => `${String(random.below(50))},i${String(random.below(80))},${String(1 + random.below(5))}`,
      );
      await writeFile(path, `user,item,rating\n${lines.join("\r\n")}`);
      const plan = await planReading(path, {});
      const layout = plainLayout(plan);
      if (layout === null) throw new Error("The file is plain.");
      const read = async (threads: number) => {
        const space = await openColumnSpace(threads, idle.signal);
        try {
          const found = await readPlainColumns(space, path, layout, () => undefined, 700);
          if (found === null) throw new Error("The file is plain.");
          const { users, items, values, earliest, latest, sha256, records } = found;
          const rows = found.rows;
          return {
            facts: { users, items, values, counts: found.counts, earliest, latest, sha256, records },
            line: int32At(space, found.line, rows).slice(),
            u: int32At(space, found.u, rows).slice(),
            i: int32At(space, found.i, rows).slice(),
            code: new Uint16Array(bytesAt(space, found.code, 2 * rows).slice().buffer),
            time: float64At(space, found.time, rows).slice(),
          };
        } finally {
          await space.close();
        }
      };
      const one = await read(1);
      const { users, items, values } = one.facts;
      const text = Array.from(one.u, (u, at) =>
        [users[u], items[one.i[at] ?? -1], values[one.code[at] ?? -1]].join(","),
      );
      expect(text).toEqual(lines);
      expect([...one.line]).toEqual(lines.map((_, at) => at + 2));
      for (const threads of [2, 3]) expect(await read(threads)).toEqual(one);
    });
  });

  it.skipIf(!hasSharedData)("reads MovieLens 100K and 1M's shape as the exact way does", async () => {
    const path = sharedData("ml-100k/u.data");
    const plain = await outcome(readPlain, path);
    expect(plain?.rows).toHaveLength(100_000);
    expect(plain).toEqual(await outcome(readExactly, path));
  });
});
