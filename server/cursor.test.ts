import fc from "fast-check";
import { expect, test } from "vitest";
import { readCursor, writeCursor } from "./cursor.ts";

const cursor = fc.record({
  version: fc.string({ minLength: 1, maxLength: 50 }),
  epoch: fc.nat(),
  position: fc.integer({ min: 1, max: 1000 }),
  shown: fc.integer({ min: 1, max: 1000 }),
});

test("a cursor comes back as it was, for its own list and no other", () => {
  fc.assert(
    fc.property(cursor, fc.string(), fc.string(), (each, subject, other) => {
      const text = writeCursor(each, subject);
      expect(text).toMatch(/^[\w-]+\.[\w-]+$/);
      expect(readCursor(text, subject)).toEqual(each);
      if (other !== subject) expect(() => readCursor(text, other)).toThrow(/cursor/);
    }),
  );
});

test("any other text is refused as a client's mistake", () => {
  fc.assert(
    fc.property(cursor, fc.string(), fc.nat(), (each, junk, where) => {
      const text = writeCursor(each, "somebody");
      const at = where % text.length;
      const changed = `${text.slice(0, at)}${junk}${text.slice(at + 1)}`;
      if (changed !== text) {
        let found: unknown;
        try {
          found = readCursor(changed, "somebody");
        } catch (error) {
          found = (error as Error).message;
        }
        // A last character of base64 may hold bits that mean nothing.
        expect([each, "The cursor does not belong to this list: begin without one."]).toContainEqual(found);
      }
    }),
  );
});
