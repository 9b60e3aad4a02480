import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findId, textAt, toIdIndex, toSharedText } from "./shared-text.ts";

const wellFormed = fc.string({ unit: "grapheme", maxLength: 20 });

describe("SharedText", () => {
  it("gives back what it was given", () => {
    fc.assert(
      fc.property(fc.array(wellFormed), (texts) => {
        const shared = toSharedText(texts);
        expect(Array.from({ length: shared.length }, (_, index) => textAt(shared, index))).toEqual(texts);
      }),
    );
  });

  it("lies in shared memory, so that posting it to a thread copies nothing", () => {
    const shared = toSharedText(["50", "é"]);
    expect(shared.bytes.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(shared.starts.buffer).toBeInstanceOf(SharedArrayBuffer);
  });
});

describe("IdIndex", () => {
  it("finds every id and nothing else, sorted or not", () => {
    fc.assert(
      fc.property(fc.uniqueArray(wellFormed), wellFormed, (ids, other) => {
        const index = toIdIndex(ids);
        ids.forEach((id, dense) => expect(findId(index, id)).toBe(dense));
        expect(findId(index, other)).toBe(ids.indexOf(other));
      }),
    );
  });

  it("needs no order of its own for ids in the order of their bytes", () => {
    // "￿" (EF BF BF) stands before "😀" (F0 …) in UTF-8, after it in UTF-16.
    expect(toIdIndex(["", "10", "2", "a", "￿", "😀"]).order).toBeNull();
    expect(toIdIndex(["2", "10"]).order).not.toBeNull();
  });
});
