import { expect, test } from "vitest";
import { stepFor } from "./plot-axes.tsx";

const texts = (count: number, apart: number, text: string) =>
  Array.from({ length: count }, (_, index) => ({ text, left: index * apart }));

test("writes all numbers where there is room, and every second or third where there is less", () => {
  expect(stepFor(texts(6, 60, "0.125"))).toBe(1);
  expect(stepFor(texts(6, 30, "0.125"))).toBe(2);
  expect(stepFor(texts(6, 14, "0.125"))).toBe(3);
});

test("writes the first alone where no two fit", () => {
  expect(stepFor(texts(5, 1, "2020-01"))).toBe(5);
  expect(stepFor([])).toBe(1);
});
