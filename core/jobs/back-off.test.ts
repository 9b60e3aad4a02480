import { expect, test } from "vitest";
import { createBackOff } from "./back-off.ts";

test("pauses double up to the longest, and begin anew once it has worked", () => {
  const backOff = createBackOff({ first: 250, longest: 3000 });
  expect([1, 2, 3, 4, 5, 6].map(() => backOff.failed())).toEqual([250, 500, 1000, 2000, 3000, 3000]);
  backOff.worked();
  expect(backOff.failed()).toBe(250);
});
