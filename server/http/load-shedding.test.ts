import { expect, test } from "vitest";
import { createLoadShedding, watchEventLoop } from "./load-shedding.ts";

function refusedOf(shedding: ReturnType<typeof createLoadShedding>, requests: number): number {
  return Array.from({ length: requests }, () => shedding.refuses()).filter(Boolean).length;
}

test("one long pause turns nobody away, a lag that stays does, and it is over when the lag is", () => {
  const shedding = createLoadShedding(100);
  for (let look = 0; look < 50; look++) shedding.note(1, 20);
  shedding.note(180, 200);
  expect(refusedOf(shedding, 1000)).toBe(0);

  for (let look = 0; look < 30; look++) shedding.note(150, 170);
  expect(shedding.lag()).toBeCloseTo(150, 1);
  expect(refusedOf(shedding, 1000)).toBeGreaterThanOrEqual(498);
  expect(refusedOf(shedding, 1000)).toBeLessThanOrEqual(502);

  for (let look = 0; look < 50; look++) shedding.note(0, 20);
  expect(refusedOf(shedding, 1000)).toBe(0);
});

test("however late the loop is, one request in ten is let in, evenly", () => {
  const shedding = createLoadShedding(100);
  for (let look = 0; look < 30; look++) shedding.note(5000, 5020);
  const answers = Array.from({ length: 1000 }, () => shedding.refuses());
  const letIn = answers.filter((refused) => !refused).length;
  expect(letIn).toBeGreaterThanOrEqual(99);
  expect(letIn).toBeLessThanOrEqual(101);
  for (let at = 0; at + 12 <= answers.length; at++) expect(answers.slice(at, at + 12)).toContain(false);
});

test("a loop that is kept busy is seen to be late", async () => {
  const shedding = createLoadShedding(100);
  const stop = watchEventLoop(shedding);
  for (let turn = 0; turn < 5; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    const end = performance.now() + 250;
    while (performance.now() < end);
  }
  await new Promise((resolve) => setTimeout(resolve, 30));
  stop();
  expect(shedding.lag()).toBeGreaterThan(100);
  expect(shedding.refuses() || shedding.refuses() || shedding.refuses()).toBe(true);
});
