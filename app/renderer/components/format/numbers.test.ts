import { describe, expect, it } from "vitest";
import {
  formatBytes,
  formatCompact,
  formatCount,
  formatDecimal,
  formatGeneral,
  formatPValue,
  formatQuantity,
  formatShare,
  formatSigned,
} from "./numbers.ts";

describe("numbers for people", () => {
  it("groups thousands and uses a real minus", () => {
    expect(formatCount(100_000)).toBe("100,000");
    expect(formatCount(-1234)).toBe("−1,234");
    expect(formatCompact(25_000_095)).toBe("25M");
  });
  it("says one thing and many things", () => {
    expect(formatQuantity(1, "rating")).toBe("1 rating");
    expect(formatQuantity(0, "rating")).toBe("0 ratings");
    expect(formatQuantity(2, "mismatch", "mismatches")).toBe("2 mismatches");
  });
  it("never shows a negative zero", () => {
    expect(formatDecimal(-0.00001, 4)).toBe("0.0000");
    expect(formatSigned(-0.00001)).toBe("0.0000");
    expect(formatSigned(0.00001)).toBe("0.0000");
  });
  it("shows the sign of a difference", () => {
    expect(formatSigned(0.0123)).toBe("+0.0123");
    expect(formatSigned(-0.004)).toBe("−0.0040");
  });
  it("tells a share from none and from all", () => {
    expect(formatShare(0)).toBe("0%");
    expect(formatShare(1)).toBe("100.0%");
    expect(formatShare(0.00004)).toBe("0.0040%");
    expect(formatShare(0.99999)).toBe(">99.9%");
    expect(formatShare(0.0631)).toBe("6.31%");
  });
  it("never calls a probability zero", () => {
    expect(formatPValue(0)).toBe("< 0.001");
    expect(formatPValue(0.0421)).toBe("0.042");
  });
  it("keeps general numbers short and exact where they are short", () => {
    expect(formatGeneral(0.02)).toBe("0.02");
    expect(formatGeneral(1e-7)).toBe("1e−7");
    expect(formatGeneral(60)).toBe("60");
    expect(formatGeneral(Number.NaN)).toBe("–");
  });
  it("counts bytes in decimal units", () => {
    expect(formatBytes(0)).toBe("0 B");
    expect(formatBytes(999)).toBe("999 B");
    expect(formatBytes(1_979_173)).toBe("1.98 MB");
    expect(formatBytes(999_999)).toBe("1.00 MB");
  });
});
