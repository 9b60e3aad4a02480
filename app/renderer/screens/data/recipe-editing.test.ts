import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { recipe } from "../../../../core/contract/entities.ts";
import { editRecipe, beginWith, newStep, stepNames } from "./recipe-editing.ts";
import type { RecipeChange, RecipeHistory, StepKind } from "./recipe-editing.ts";

const kinds = Object.keys(stepNames) as StepKind[];
const after = (changes: readonly RecipeChange[], from: RecipeHistory = beginWith([])) =>
  changes.reduce(editRecipe, from);

const change: fc.Arbitrary<RecipeChange> = fc.oneof(
  fc.constantFrom(...kinds).map((kind): RecipeChange => ({ type: "add", kind })),
  fc.nat(3).map((index): RecipeChange => ({ type: "remove", index })),
  fc
    .tuple(fc.nat(3), fc.constantFrom(-1 as const, 1 as const))
    .map(([index, by]): RecipeChange => ({ type: "move", index, by })),
);

describe("a recipe being written", () => {
  it("starts each step as something the contract accepts", () => {
    expect(recipe.safeParse(kinds.map(newStep)).success).toBe(true);
  });
  it("comes back to nothing when everything is undone, and to the same when all is redone", () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
        const written = after(changes);
        const undone = after(
          written.past.map(() => ({ type: "undo" })),
          written,
        );
        expect(undone.present).toEqual([]);
        expect(
          after(
            undone.future.map(() => ({ type: "redo" })),
            undone,
          ).present,
        ).toEqual(written.present);
      }),
    );
  });
  it("takes typing on in one step for one change", () => {
    const typed = after([
      { type: "add", kind: "k-core" },
      { type: "change", index: 0, step: { step: "k-core", k: 1 } },
      { type: "change", index: 0, step: { step: "k-core", k: 12 } },
    ]);
    expect(editRecipe(typed, { type: "undo" }).present).toEqual([newStep("k-core")]);
  });
  it("forgets what was undone once something else is done", () => {
    const branched = after([{ type: "add", kind: "dedupe" }, { type: "undo" }, { type: "add", kind: "k-core" }]);
    expect(branched.future).toEqual([]);
    expect(editRecipe(branched, { type: "redo" })).toEqual(branched);
  });
  it("moves a step past its neighbour and not past the ends", () => {
    const two = after([
      { type: "add", kind: "dedupe" },
      { type: "add", kind: "k-core" },
    ]);
    expect(editRecipe(two, { type: "move", index: 0, by: 1 }).present.map(({ step }) => step)).toEqual([
      "k-core",
      "dedupe",
    ]);
    expect(editRecipe(two, { type: "move", index: 0, by: -1 })).toBe(two);
  });
});
