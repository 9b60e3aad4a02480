import { describe, expect, it } from "vitest";
import { expectedTime } from "./expected-time.ts";

const took = (algorithm: string, seconds: number, flops: number) => ({ algorithm, seconds, flops });

describe("the time a training will take", () => {
  it("is that of an earlier one, in proportion to the work", () => {
    expect(expectedTime("als", 6e9, [took("als", 2, 1e9)])).toEqual({ seconds: 12, precedents: 1 });
  });
  it("goes by the middle of the latest five, not by one that was held up", () => {
    const precedents = [2, 2.2, 90, 1.8, 2.1, 500, 500].map((seconds) => took("als", seconds, 1e9));
    expect(expectedTime("als", 1e9, precedents)).toEqual({ seconds: 2.1, precedents: 5 });
  });
  it("is not concluded from other algorithms", () => {
    expect(expectedTime("als", 1e9, [took("bpr", 2, 1e9)])).toBeNull();
    expect(expectedTime("als", 1e9, [took("als", 0, 1e9), took("als", 3, 0)])).toBeNull();
  });
});
