import { describe, expect, it } from "vitest";
import type { FilePreview } from "../../../../core/contract/entities.ts";
import { assignRole } from "./column-mapping.ts";

const columns: FilePreview["columns"] = [
  { name: "a", role: "user", samples: [] },
  { name: "b", role: "item", samples: [] },
  { name: "c", role: "rating", samples: [] },
  { name: "d", role: "time", samples: [] },
  { name: "e", role: "ignored", samples: [] },
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
