import { describe, expect, it } from "vitest";
import { linearScale, logarithmicScale } from "./line-scale.ts";

describe("scales of line plots", () => {
  it("puts the round numbers around the values on the ends of the pixels", () => {
    const scale = linearScale([0.13, 0.87], [200, 0]);
    expect(scale.ticks).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(scale.place(0)).toBe(200);
    expect(scale.place(1)).toBe(0);
    expect(scale.place(0.5)).toBeCloseTo(100, 9);
  });
  it("keeps to the values' own ends where it is tight, with round ticks inside", () => {
    const scale = linearScale([1, 30], [0, 290], { tight: true });
    expect(scale.place(1)).toBe(0);
    expect(scale.place(30)).toBe(290);
    expect(scale.ticks).toEqual([10, 20, 30]);
  });
  it("gives a constant curve a place", () => {
    expect(linearScale([3, 3], [100, 0]).place(3)).toBeTypeOf("number");
    expect(Number.isFinite(linearScale([3, 3], [100, 0]).place(3))).toBe(true);
    expect(Number.isFinite(logarithmicScale([3, 3], [100, 0]).place(3) ?? Number.NaN)).toBe(true);
  });
  it("gives equal ratios equal distances on a logarithmic axis, and no place to zero", () => {
    const scale = logarithmicScale([0.1, 1000], [0, 400]);
    expect(scale.ticks).toEqual([0.1, 1, 10, 100, 1000]);
    expect(scale.place(1)).toBeCloseTo(100, 9);
    expect(scale.place(10)).toBeCloseTo(200, 9);
    expect(scale.place(0)).toBeNull();
    expect(scale.place(-2)).toBeNull();
  });
  it("has ticks on a logarithmic axis however narrow", () => {
    expect(logarithmicScale([0.83, 0.97], [0, 100]).ticks.length).toBeGreaterThan(1);
  });
});
