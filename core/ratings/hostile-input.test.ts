import { appendFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ReelbenchError } from "../contract/errors.ts";
import { importSource } from "./import.ts";
import { idle, importBytes, inTemporaryFolder } from "./temporary.fixture.ts";

const rowsOf = (count: number) =>
  Array.from(
    { length: count },
    (_, n) => `u${String(n % 1000)},i${String(n % 777)},${String((n % 5) + 1)},${String(1_300_000_000 + n)}\n`,
  ).join("");

describe("hostile input", () => {
  it("accounts for every record of arbitrary bytes or refuses them with a code", async () => {
    const line = fc
      .array(
        fc.constantFrom(
          "u1",
          "007",
          ",",
          ",",
          ",",
          '"',
          "5",
          "4.5",
          "-1",
          "NaN",
          "1363245118",
          "x",
          "\r",
          "\0",
          "é",
          "#",
          "99",
          "\\N",
          "\t",
        ),
        { maxLength: 12 },
      )
      .map((parts) => parts.join(""));
    const text = fc
      .array(line, { maxLength: 30 })
      .map((lines) => `user,item,rating,timestamp\n1,a,5,1363245118\n2,b,4,1363245119\n${lines.join("\n")}`);
    const bytes = fc.oneof(
      text.map((written) => Buffer.from(written)),
      fc
        .uint8Array({ maxLength: 300 })
        .map((raw) => Buffer.concat([Buffer.from("user,item,rating\n1,a,5\n2,b,4\n"), raw])),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (input) => {
        try {
          const { source, rows, rejects } = await importBytes(input);
          expect(source.read).toBe(rows.length + rejects.length);
          expect([source.accepted, source.rejected]).toEqual([rows.length, rejects.length]);
        } catch (error) {
          if (!(error instanceof ReelbenchError)) throw error;
          expect(error.code).toMatch(/^RB_(IMPORT|FILE)_/);
        }
      }),
      { numRuns: 25 },
    );
  }, 120_000);

  it("gives back every id as it was written", async () => {
    const id = fc
      .string({ minLength: 1, maxLength: 20, unit: "grapheme" })
      .filter((text) => !/[\0\u{1e}\u{1f}\u{fffd}\p{Cs}]/u.test(text));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(id, id), { minLength: 3, maxLength: 20 }), async (pairs) => {
        const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
        const { rows } = await importBytes(
          `user,item,rating\n${pairs.map(([user, item], n) => `${quoted(user)},${quoted(item)},${String((n % 5) + 1)}`).join("\n")}\n`,
          { encoding: "utf-8" },
        );
        expect(rows.map(({ user_id, item_id }) => [user_id, item_id])).toEqual(pairs);
      }),
      { numRuns: 15 },
    );
  }, 120_000);

  it("passes over a line of 20 MB, and reads beside 10,000 columns", async () => {
    const { source, rejects } = await importBytes(
      `user,item,rating,timestamp\n${rowsOf(10)}${"x,".repeat(10_000_000)}\n${rowsOf(10)}`,
    );
    expect(source).toMatchObject({ read: 21, accepted: 20, rejected: 1 });
    expect(rejects[0]).toMatchObject({ line: 12, reason: "not-a-record" });
    const extra = Array.from({ length: 10_000 }, (_, n) => `c${String(n)}`);
    const wide = await importBytes(
      `user,item,rating,${extra.join(",")}\n1,a,5,${extra.join(",")}\n2,b,4,${extra.join(",")}\n`,
    );
    expect(wide.source).toMatchObject({ read: 2, accepted: 2 });
  });

  it("stops when asked and leaves nothing behind", async () => {
    await inTemporaryFolder(async (directory) => {
      const path = join(directory, "ratings.csv");
      await writeFile(path, `user,item,rating,timestamp\n${rowsOf(200_000)}`);
      const sources = join(directory, "sources");
      const controller = new AbortController();
      const stopped = importSource({ path, options: {}, itemsPath: null }, sources, {
        signal: controller.signal,
        onProgress: () => controller.abort(),
      });
      await expect(stopped).rejects.toMatchObject({ code: "RB_CANCELLED" });
      expect(await readdir(sources)).toEqual([]);
    });
  });

  it("notices a file that changes while it is read", async () => {
    await inTemporaryFolder(async (directory) => {
      const path = join(directory, "ratings.csv");
      await writeFile(path, `user,item,rating,timestamp\n${rowsOf(50_000)}`);
      const importing = importSource({ path, options: {}, itemsPath: null }, join(directory, "sources"), {
        ...idle,
        onProgress: () => void appendFile(path, "u1,i1,5,1300000000\n"),
      });
      await expect(importing).rejects.toMatchObject({ code: "RB_CONFLICT" });
    });
  });
});
