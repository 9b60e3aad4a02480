import { expect, test } from "vitest";
import { createRandom } from "./random.ts";

test("a sequence is for ever: splits and samples are named by their content", () => {
  // Recorded when the first workspaces were made; a change would give every stored split another id.
  const random = createRandom(42);
  expect(Array.from({ length: 4 }, () => random.uint32())).toEqual([660444221, 3652823732, 77678286, 922035873]);
  const others = createRandom(7);
  expect(Array.from({ length: 8 }, () => others.below(1000))).toEqual([603, 892, 120, 890, 55, 466, 690, 998]);
});

test("below is the remainder of a draw that favours nobody", () => {
  const [draws, remainders] = [createRandom(3), createRandom(3)];
  for (const n of [1, 2, 3, 7, 1000, 65_537, 2 ** 31 - 1]) {
    const limit = 2 ** 32 - (2 ** 32 % n);
    for (let time = 0; time < 2000; time++) {
      let draw = draws.uint32();
      while (draw >= limit) draw = draws.uint32();
      expect(remainders.below(n)).toBe(Number(BigInt(draw) % BigInt(n)));
    }
  }
});
