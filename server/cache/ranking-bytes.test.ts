import fc from "fast-check";
import { expect, test } from "vitest";
import { packRanking, unpackRanking } from "./ranking-bytes.ts";

const ranking = fc.uniqueArray(fc.nat(61_999), { maxLength: 200 }).chain((items) =>
  fc.record({
    basis: fc.constantFrom("personal", "fold-in", "preferences", "popularity"),
    ratingsUsed: fc.nat(5000),
    items: fc.constant(items),
    scores: fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), {
      minLength: items.length,
      maxLength: items.length,
    }),
  }),
);

test("what is packed comes back to the last bit", () => {
  fc.assert(
    fc.property(ranking, (each) => {
      expect(unpackRanking(packRanking(each), 62_000)).toEqual(each);
    }),
  );
});

test("damaged bytes are nothing, and never items that there are not", () => {
  fc.assert(
    fc.property(ranking, fc.nat(), fc.integer({ min: 1, max: 255 }), (each, where, change) => {
      const bytes = packRanking(each);
      const at = where % bytes.length;
      bytes[at] = (bytes[at] ?? 0) ^ change;
      const found = unpackRanking(bytes, 62_000);
      // Some bits of the stream mean nothing; then nothing is lost.
      if (found !== null) expect(found).toEqual(each);
    }),
  );
  fc.assert(fc.property(fc.uint8Array(), (bytes) => void unpackRanking(Buffer.from(bytes), 62_000)));
  expect(unpackRanking(packRanking({ basis: "personal", ratingsUsed: 0, items: [7], scores: [1] }), 7)).toBeNull();
});
