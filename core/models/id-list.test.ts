import fc from "fast-check";
import { expect, test } from "vitest";
import { overlapOf, readIdList } from "./id-list.ts";

async function* inPieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text, "utf8");
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
async function read(text: string, size: number, count: number | null = null): Promise<string[]> {
  const found: string[] = [];
  for await (const ids of readIdList(inPieces(text, size), "users.json", count)) found.push(...ids);
  return found;
}
const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const id = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }).filter((text) => !/\p{Surrogate}/u.test(text));
const idList = fc.uniqueArray(id, { maxLength: 40 }).map((ids) => ids.toSorted(byBytes));

test("a list in pieces of any size is what JSON.parse makes of it, quotes, backslashes and other scripts included", async () => {
  await fc.assert(
    fc.asyncProperty(idList, fc.integer({ min: 1, max: 50 }), fc.boolean(), async (ids, size, spaced) => {
      const text = `${JSON.stringify(ids, null, spaced ? 1 : 0)}\n`;
      expect(await read(text, size, ids.length)).toEqual(ids);
    }),
  );
});

test.each([
  ["no list", '"a"'],
  ["no end", '["a","b"'],
  ["something after the end", '["a"]]'],
  ["a number", '["a",5,"b"]'],
  ["a number at the end", '["a",5]'],
  ["a list inside", '["a",["b"]]'],
  ["no comma", '["a""b"]'],
  ["a comma too many", '["a",]'],
  ["an empty id", '[""]'],
  ["the same twice", '["a","a"]'],
  ["not in byte order", '["b","a"]'],
  ["nothing", ""],
  ["half a character", Buffer.from([0x5b, 0x22, 0xc3, 0x22, 0x5d]).toString("latin1").slice(0, 2)],
])("%s is refused", async (_, text) => {
  await expect(read(text, 3)).rejects.toMatchObject({ code: "RB_CORRUPT" });
});

test("another number of ids than the card's is refused", async () => {
  await expect(read('["a","b"]', 4, 3)).rejects.toMatchObject({ code: "RB_CORRUPT" });
});

test("the overlap is that of the sets", async () => {
  async function* batches(ids: readonly string[], size: number) {
    for (let at = 0; at < ids.length; at += size) yield ids.slice(at, at + size);
  }
  const few = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "é", "映", "😀"), {
    maxLength: 14,
  });
  await fc.assert(
    fc.asyncProperty(few, few, fc.integer({ min: 1, max: 5 }), async (a, b, size) => {
      const [mine, theirs] = [a.toSorted(byBytes), b.toSorted(byBytes)];
      expect(await overlapOf(batches(mine, size), batches(theirs, 3))).toEqual({
        shared: mine.filter((each) => theirs.includes(each)).length,
        theirs: theirs.length,
      });
    }),
  );
});
