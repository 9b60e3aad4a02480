import { expect, it } from "vitest";
import { algorithms } from "../core/models/registry.ts";
import { familiesOf } from "../app/renderer/screens/train/algorithm-families.ts";

const infos = algorithms.map(({ info }) => info);

it("has a family for every algorithm, and each once", () => {
  const found = familiesOf(infos);
  expect(found.map(({ title }) => title)).not.toContain("Others");
  expect(found.flatMap((family) => family.algorithms.map(({ id }) => id)).sort()).toEqual(
    infos.map(({ id }) => id).sort(),
  );
});

it("calls predicted ratings only what predicts them", () => {
  const ratings = familiesOf(infos).find(({ title }) => title === "Predicted ratings");
  expect(ratings?.algorithms.map(({ predictsRatings }) => predictsRatings)).not.toContain(false);
});

it("shows an algorithm that it does not know among the others", () => {
  const [known] = infos;
  if (known === undefined) throw new Error("There is no algorithm.");
  expect(familiesOf([{ ...known, id: "new" }])).toMatchObject([{ title: "Others", algorithms: [{ id: "new" }] }]);
});
