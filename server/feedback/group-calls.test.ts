import { expect, test } from "vitest";
import { groupCalls } from "./group-calls.ts";

/** Work that is done when the test says so. */
function byHand() {
  const groups: {
    items: number[];
    done: (outcomes?: PromiseSettledResult<number>[]) => void;
    fail: (reason: Error) => void;
  }[] = [];
  const work = (items: readonly number[]) =>
    new Promise<readonly PromiseSettledResult<number>[]>((resolve, reject) => {
      const all = items.map((item): PromiseSettledResult<number> => ({ status: "fulfilled", value: 10 * item }));
      groups.push({ items: [...items], done: (outcomes = all) => resolve(outcomes), fail: reject });
    });
  return { groups, work };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));
const late = new Error("no answer in time");
const common = {
  weightOf: (item: number) => item,
  heaviest: 10,
  failsThoseWaiting: (reason: unknown) => reason === late,
};

test("calls go at once while there is a lane, and those that waited go together, each with its own answer", async () => {
  const { groups, work } = byHand();
  const call = groupCalls({ ...common, work, lanes: 2 });
  const answers = [1, 2, 3, 4].map(call);
  expect(groups.map(({ items }) => items)).toEqual([[1], [2]]);
  groups[1]?.done();
  await settle();
  expect(groups.map(({ items }) => items)).toEqual([[1], [2], [3, 4]]);
  groups[0]?.done();
  groups[2]?.done();
  expect(await Promise.all(answers)).toEqual([10, 20, 30, 40]);
});

test("a group weighs no more than it may, and an item that does alone goes alone", async () => {
  const { groups, work } = byHand();
  const call = groupCalls({ ...common, work, lanes: 1 });
  const answers = [1, 6, 4, 1, 20, 2].map(call);
  for (let at = 0; at < 5; at++) {
    groups[at]?.done();
    await settle();
  }
  expect(groups.map(({ items }) => items)).toEqual([[1], [6, 4], [1], [20], [2]]);
  expect(await Promise.all(answers)).toEqual([10, 60, 40, 10, 200, 20]);
});

test("one of a group may fail alone, a group may fail whole, and those behind it go on", async () => {
  const { groups, work } = byHand();
  const call = groupCalls({ ...common, work, lanes: 1 });
  const answers = Promise.allSettled([1, 2, 3].map(call));
  groups[0]?.fail(new Error("cut off"));
  await settle();
  groups[1]?.done([
    { status: "rejected", reason: new Error("refused") },
    { status: "fulfilled", value: 30 },
  ]);
  expect((await answers).map((each) => (each.status === "fulfilled" ? each.value : String(each.reason)))).toEqual([
    "Error: cut off",
    "Error: refused",
    30,
  ]);
});

test("those who waited for an answer that came too late do not wait for a second one", async () => {
  const { groups, work } = byHand();
  const call = groupCalls({ ...common, work, lanes: 1 });
  const answers = Promise.allSettled([1, 2, 3].map(call));
  groups[0]?.fail(late);
  expect((await answers).every((each) => each.status === "rejected" && each.reason === late)).toBe(true);
  expect(groups).toHaveLength(1);
  const again = call(4);
  groups[1]?.done();
  expect(await again).toBe(40);
});
