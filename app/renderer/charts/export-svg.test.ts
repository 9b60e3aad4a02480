import { expect, test } from "vitest";
import { legendPlaces } from "./export-svg.ts";

test("a legend's entries stand beside each other and go on in another line before the edge", () => {
  const entries = ["popularity", "puresvd, 64 factors", "ials, 128 factors", "bpr"].map((label) => ({ label }));
  const places = legendPlaces(entries, 360);
  expect(new Set(places.map(({ y }) => y)).size).toBeGreaterThan(1);
  places.forEach(({ x, y, label }, index) => {
    const before = places[index - 1];
    if (before !== undefined && before.y === y) expect(x).toBeGreaterThan(before.x + 20 + before.label.length * 6);
    if (x > 60) expect(x + 20 + label.length * 6.6).toBeLessThanOrEqual(360);
  });
});
