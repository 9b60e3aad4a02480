import { describe, expect, it } from "vitest";
import type { AlgorithmInfo } from "../../../../core/contract/entities.ts";
import { searchRequest } from "../../../../core/contract/searches.ts";
import type { SearchDimension } from "../../../../core/contract/searches.ts";
import { firstSearchDraft, searchInputOf, searchProblems } from "./search-draft.ts";
import type { DraftDimension, SearchDraft } from "./search-draft.ts";

const info = {
  id: "toy",
  name: "Toy",
  predictsRatings: true,
  hyperparameters: [
    { name: "factors", label: "Factors", description: "", kind: "integer", default: 32, minimum: 1, maximum: 500 },
    { name: "rate", label: "Rate", description: "", kind: "real", default: 0.01, minimum: 0, maximum: 1 },
    { name: "epochs", label: "Epochs", description: "", kind: "integer", default: 45, minimum: 1, maximum: 999 },
    { name: "centred", label: "Centred", description: "", kind: "boolean", default: true },
    { name: "note", label: "Note", description: "", kind: "text", default: "x" },
  ],
} as unknown as AlgorithmInfo;
const rate: SearchDimension = {
  kind: "real",
  name: "rate",
  minimum: 0.000333,
  maximum: 0.3,
  logarithmic: true,
  when: null,
};
const fields: SearchDimension[] = [
  { kind: "integer", name: "factors", minimum: 1, maximum: 500, logarithmic: false, when: null },
  { ...rate, minimum: 0, maximum: 1, logarithmic: false },
  { kind: "choice", name: "centred", choices: [false, true], when: null },
];
const draft = firstSearchDraft(info, [rate], fields);
const inputOf = (changed: Partial<SearchDraft>) => searchInputOf({ ...draft, ...changed }, fields, info, "s1");

describe("a search being put together", () => {
  it("begins as the engine would do it unasked, without problems", () => {
    expect(searchProblems(draft, fields, info)).toEqual({});
    expect(inputOf({})).toMatchObject({
      splitId: "s1",
      algorithm: "toy",
      metric: "rmse",
      space: [{ kind: "real", name: "rate", minimum: 0.000333, maximum: 0.3, logarithmic: true }],
      fixed: {},
      schedule: { schedule: "full" },
      trials: 30,
    });
  });
  it("is what the engine takes, whatever the schedule", () => {
    for (const schedule of ["full", "asha", "hyperband", "median", "doubling"] as const)
      expect(searchRequest.safeParse(inputOf({ schedule })).success).toBe(true);
    expect(searchRequest.safeParse(inputOf({ purpose: "data", least: 0.1 })).success).toBe(true);
  });
  it("sends what is held and differs, and flags as flags", () => {
    const centred = { searched: true, minimum: "", maximum: "", logarithmic: false, choices: ["true"] } as const;
    const input = inputOf({
      fixed: { ...draft.fixed, factors: 64 },
      dimensions: { ...draft.dimensions, centred },
    });
    expect(input.fixed).toEqual({ factors: 64 });
    expect(input.space).toContainEqual({ kind: "choice", name: "centred", choices: [true] });
  });
  it("varies nothing but the data for a curve over the data, at the values that are set", () => {
    const input = inputOf({ purpose: "data", least: 0.25, fixed: { ...draft.fixed, factors: 64, rate: 0.02 } });
    expect(input).toMatchObject({
      space: [{ kind: "choice", name: "factors", choices: [64] }],
      fixed: { rate: 0.02 },
      schedule: { schedule: "median", resource: "users", minimum: 0.25, maximum: 1, reduction: 2 },
      trials: 1,
    });
  });
  it("names what cannot be", () => {
    const wrong = (changed: Partial<SearchDraft>) =>
      Object.keys(searchProblems({ ...draft, ...changed }, fields, info));
    const rateDraft: DraftDimension = {
      searched: true,
      minimum: 0.001,
      maximum: 0.1,
      logarithmic: true,
      choices: [],
    };
    const rateAs = (part: Partial<DraftDimension>): Partial<SearchDraft> => ({
      dimensions: { ...draft.dimensions, rate: { ...rateDraft, ...part } },
    });
    expect(wrong({ trials: 0 })).toEqual(["trials"]);
    expect(wrong(rateAs({ minimum: 0.5, maximum: 0.1 }))).toEqual(["rate"]);
    expect(wrong(rateAs({ minimum: 0 }))).toEqual(["rate"]);
    expect(wrong(rateAs({ maximum: 3 }))).toEqual(["rate"]);
    expect(wrong(rateAs({ searched: false }))).toEqual(["space"]);
    expect(wrong({ schedule: "asha", resource: "users", least: 0.5, most: 0.2 })).toEqual(["most"]);
    expect(wrong({ purpose: "data", least: 2 })).toEqual(["least"]);
    expect(wrong({ fixed: { ...draft.fixed, factors: 0 } })).toEqual(["factors"]);
  });
});
