import { describe, expect, it } from "vitest";
import { createKeySequence } from "./key-sequence.ts";

const key = (name: string, held: Partial<Record<"ctrlKey" | "metaKey" | "shiftKey" | "altKey", boolean>> = {}) => ({
  key: name,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  ...held,
});
const sequence = () => createKeySequence(() => ["g d", "g t", "mod+k", "mod+shift+l", "?"]);

describe("shortcuts", () => {
  it("follows two keys one after the other", () => {
    const keys = sequence();
    expect(keys.press(key("g"), 0)).toBeNull();
    expect(keys.press(key("d"), 300)).toBe("g d");
    expect(keys.press(key("d"), 400)).toBeNull();
  });
  it("forgets the first key after a while", () => {
    const keys = sequence();
    keys.press(key("g"), 0);
    expect(keys.press(key("d"), 5000)).toBeNull();
  });
  it("starts again when the second key starts another sequence", () => {
    const keys = sequence();
    keys.press(key("g"), 0);
    keys.press(key("g"), 100);
    expect(keys.press(key("t"), 200)).toBe("g t");
  });
  it("takes Ctrl and Command for the same, and shift where it is part of the chord", () => {
    expect(sequence().press(key("k", { ctrlKey: true }), 0)).toBe("mod+k");
    expect(sequence().press(key("k", { metaKey: true }), 0)).toBe("mod+k");
    expect(sequence().press(key("L", { ctrlKey: true, shiftKey: true }), 0)).toBe("mod+shift+l");
    expect(sequence().press(key("?", { shiftKey: true }), 0)).toBe("?");
  });
  it("keeps out of the way of Alt and of keys held alone", () => {
    const keys = sequence();
    expect(keys.press(key("g"), 0)).toBeNull();
    expect(keys.press(key("Shift", { shiftKey: true }), 50)).toBeNull();
    expect(keys.press(key("d"), 100)).toBe("g d");
    expect(keys.press(key("k", { ctrlKey: true, altKey: true }), 200)).toBeNull();
  });
});
