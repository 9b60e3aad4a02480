import { expect, test } from "vitest";
import { fitWith } from "./fit.fixture.ts";
import { popularity } from "./popularity.ts";

const data = {
  users: 3,
  items: 4,
  userStart: Int32Array.from([0, 2, 3, 5]),
  item: Int32Array.from([0, 2, 2, 1, 2]),
  rating: Float32Array.from([5, 1, 1, 5, 1]),
  time: null,
  scale: { minimum: 1, maximum: 5 },
};

test("an item's score is the number of its ratings, whatever they say", async () => {
  const model = await fitWith(popularity, data);
  expect([...model.itemBias]).toEqual([1, 1, 3, 0]);
  expect(model).toMatchObject({ factors: 0, globalMean: 0, foldIn: { kind: "none" }, predictsRatings: false });
  expect(model.userBias).toHaveLength(3);
});

test("no ratings at all is refused", async () => {
  const empty = { ...data, userStart: new Int32Array(4), item: new Int32Array(0), rating: new Float32Array(0) };
  await expect(fitWith(popularity, empty)).rejects.toMatchObject({ code: "RB_SPLIT_EMPTY" });
});
