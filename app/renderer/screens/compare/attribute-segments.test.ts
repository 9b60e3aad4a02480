import { expect, it } from "vitest";
import { attributesOf, segmentsByAttribute } from "./attribute-segments.ts";

const segment = (kind: "attribute" | "genre", label: string) => ({
  kind,
  label,
  ratings: 10,
  users: null,
  rmse: null,
  mae: null,
  recall: 0.5,
  ndcg: null,
});
const segments = [
  segment("attribute", "age: 10–19"),
  segment("attribute", "age: 100–109"),
  segment("attribute", "age: 20–29"),
  segment("attribute", "agent: none: yet"),
  segment("genre", "age: of reason"),
];

it("segments by attribute are told apart by its whole name, and stand in the order of their values", () => {
  expect(attributesOf(segments)).toEqual(["age", "agent"]);
  expect(segmentsByAttribute(segments, "age").map(({ label }) => label)).toEqual(["10–19", "20–29", "100–109"]);
  expect(segmentsByAttribute(segments, "agent").map(({ label }) => label)).toEqual(["none: yet"]);
  expect(attributesOf([])).toEqual([]);
});
