import { expect, test } from "vitest";
import { logMass, normalCdf, normalQuantile } from "./normal.ts";

// scipy 1.17.1: norm.ppf, norm.cdf and differences of log_ndtr.
test.each([
  [1e-300, -37.0470962993612],
  [0.01, -2.3263478740408408],
  [0.7, 0.5244005127080407],
  [0.999, 3.090232306167813],
])("the quantile of %d", (p, z) => {
  expect(normalQuantile(p)).toBeCloseTo(z, 9);
  if (p > 1e-15) expect(normalCdf(z)).toBeCloseTo(p, 14);
});

test("masses far out keep their digits", () => {
  expect(logMass(-1, 1)).toBeCloseTo(Math.log(0.6826894921370859), 13);
  expect(logMass(30, 31)).toBeCloseTo(-454.3212439563432, 9);
  expect(logMass(-31, -30)).toBeCloseTo(-454.3212439563432, 9);
});
