import { describe, expect, it } from "vitest";
import type { FilePreview } from "../../../../core/contract/entities.ts";
import { assignRole, cellKinds } from "./column-mapping.ts";

const cells = { empty: 0, whole: 3, number: 0, date: 0, text: 0, unfit: null };
const columns: FilePreview["columns"] = [
  { name: "a", role: "user", samples: [], cells },
  { name: "b", role: "item", samples: [], cells },
  { name: "c", role: "rating", samples: [], cells },
  { name: "d", role: "time", samples: [], cells },
  { name: "e", role: "ignored", samples: [], cells },
];

describe("saying which column is what", () => {
  it("gives a role to a column that had none", () => {
    expect(assignRole({}, columns, "e", "rating")).toEqual({ ratingColumn: "e" });
  });
  it("says that there are no times when the time column is taken away, so that detection does not bring it back", () => {
    expect(assignRole({}, columns, "d", "ignored")).toEqual({ timeColumn: null });
  });
  it("moves a column from one role to another", () => {
    expect(assignRole({ timeColumn: "d" }, columns, "d", "rating")).toEqual({ timeColumn: null, ratingColumn: "d" });
    expect(assignRole({ userColumn: "a" }, columns, "a", "item")).toEqual({ itemColumn: "a" });
  });
  it("leaves the other options alone", () => {
    expect(assignRole({ delimiter: ";", header: true }, columns, "e", "user")).toEqual({
      delimiter: ";",
      header: true,
      userColumn: "e",
    });
  });
});

it("says what a column's cells are, most of them first", () => {
  expect(cellKinds({ empty: 1, whole: 40, number: 0, date: 0, text: 2, unfit: null })).toBe(
    "40 whole numbers, 2 texts, 1 empty",
  );
});
