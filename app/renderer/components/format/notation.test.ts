import { describe, expect, it } from "vitest";
import { notationParts, plainNotation } from "./notation.ts";

describe("a name with a formula's letter", () => {
  it("has what stands low in every second place", () => {
    expect(notationParts("Bias regularization λ_b")).toEqual(["Bias regularization λ", "b", ""]);
    expect(notationParts("λ_b and λ_t")).toEqual(["λ", "b", " and λ", "t", ""]);
  });

  it("is said with a space", () => {
    expect(plainNotation("Regularization of time λ_t")).toBe("Regularization of time λ t");
    expect(plainNotation("λ_b and λ_t")).toBe("λ b and λ t");
  });

  it.each(["group_b", "λ_max", "Factors k", "half_life", ""])("leaves %j as it is", (text) => {
    expect(notationParts(text)).toEqual([text]);
    expect(plainNotation(text)).toBe(text);
  });
});
