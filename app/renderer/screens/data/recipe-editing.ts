import type { Recipe } from "../../../../core/contract/entities.ts";
import type { RecipePreview } from "../../../../core/contract/snapshot-tables.ts";
import { formatQuantity } from "../../components/format/numbers.ts";

export type RecipeStep = Recipe[number];
export type StepKind = RecipeStep["step"];

/** A recipe being written, with every state it has been in. */
export interface RecipeHistory {
  readonly past: readonly Recipe[];
  readonly present: Recipe;
  readonly future: readonly Recipe[];
  /** The step the last change was to: typing on in it is one change, not one for each key. */
  readonly editing: number | null;
}

export type RecipeChange =
  | { readonly type: "add"; readonly kind: StepKind }
  | { readonly type: "change"; readonly index: number; readonly step: RecipeStep }
  | { readonly type: "remove"; readonly index: number }
  | { readonly type: "move"; readonly index: number; readonly by: -1 | 1 }
  | { readonly type: "undo" }
  | { readonly type: "redo" };

/** A recipe as it is before anybody changed it. */
export function beginWith(recipe: Recipe): RecipeHistory {
  return { past: [], present: recipe, future: [], editing: null };
}

export type DuplicatePolicy = Extract<RecipeStep, { step: "dedupe" }>["keep"];

export const duplicatePolicies: { readonly value: DuplicatePolicy; readonly label: string }[] = [
  { value: "last", label: "Keep the last" },
  { value: "first", label: "Keep the first" },
  { value: "highest", label: "Keep the highest" },
  { value: "mean", label: "Keep the mean" },
];

export function editRecipe(history: RecipeHistory, change: RecipeChange): RecipeHistory {
  const { present } = history;
  switch (change.type) {
    case "add":
      return commit(history, [...present, newStep(change.kind)], null);
    case "change":
      return commit(history, present.with(change.index, change.step), change.index);
    case "remove":
      return commit(
        history,
        present.filter((_, index) => index !== change.index),
        null,
      );
    case "move":
      return move(history, change.index, change.index + change.by);
    case "undo":
      return undo(history);
    case "redo":
      return redo(history);
  }
}

function commit(history: RecipeHistory, present: Recipe, editing: number | null): RecipeHistory {
  const continued = editing !== null && history.editing === editing;
  return { past: continued ? history.past : [...history.past, history.present], present, future: [], editing };
}

function move(history: RecipeHistory, from: number, to: number): RecipeHistory {
  const step = history.present[from];
  if (step === undefined || to < 0 || to >= history.present.length) return history;
  const rest = history.present.filter((_, index) => index !== from);
  return commit(history, rest.toSpliced(to, 0, step), null);
}

function undo(history: RecipeHistory): RecipeHistory {
  const before = history.past.at(-1);
  if (before === undefined) return history;
  return {
    past: history.past.slice(0, -1),
    present: before,
    future: [history.present, ...history.future],
    editing: null,
  };
}

function redo(history: RecipeHistory): RecipeHistory {
  const [next, ...future] = history.future;
  if (next === undefined) return history;
  return { past: [...history.past, history.present], present: next, future, editing: null };
}

/** A step as it is first put in: the mildest that does something. */
export function newStep(kind: StepKind): RecipeStep {
  switch (kind) {
    case "dedupe":
      return { step: "dedupe", keep: "last" };
    case "time-window":
      return { step: "time-window", from: null, to: null };
    case "k-core":
      return { step: "k-core", k: 5 };
    case "minimum-ratings":
      return { step: "minimum-ratings", perUser: 5, perItem: 5 };
    case "exclude-users":
      return { step: "exclude-users", users: [] };
    case "exclude-items":
      return { step: "exclude-items", items: [] };
    case "rating-threshold":
      return { step: "rating-threshold", minimum: 4, binarise: false };
  }
}

export const stepNames: Readonly<Record<StepKind, string>> = {
  dedupe: "Settle duplicates",
  "time-window": "Time window",
  "k-core": "k-core",
  "minimum-ratings": "Minimum ratings",
  "exclude-users": "Leave out users",
  "exclude-items": "Leave out films",
  "rating-threshold": "Only likes",
};

export const stepMeanings: Readonly<Record<StepKind, string>> = {
  dedupe: "Where a user rated a film more than once, keep one rating.",
  "time-window": "Keep ratings given between two dates.",
  "k-core":
    "Drop users and films with fewer than k ratings, again and again until none is left: every user and film that stays has at least k.",
  "minimum-ratings": "Drop users, then films, with fewer ratings than this, once.",
  "exclude-users": "Drop all ratings of these users.",
  "exclude-items": "Drop all ratings of these films.",
  "rating-threshold":
    "Keep ratings of at least this many points. Made equal, each becomes 1: a model then learns who liked what, not how much.",
};

const keepWords = {
  last: "the last rating",
  first: "the first rating",
  highest: "the highest rating",
  mean: "their mean",
} as const;

/** A step in words, for lists of what was done. */
export function describeStep(step: RecipeStep): string {
  switch (step.step) {
    case "dedupe":
      return `Settle duplicates: keep ${keepWords[step.keep]}`;
    case "time-window":
      return `Time window: ${step.from?.slice(0, 10) ?? "the beginning"} to ${step.to?.slice(0, 10) ?? "the end"}`;
    case "k-core":
      return `${String(step.k)}-core`;
    case "minimum-ratings":
      return `At least ${String(step.perUser)} ratings per user and ${String(step.perItem)} per film`;
    case "exclude-users":
      return `Leave out ${formatQuantity(step.users.length, "user")}`;
    case "exclude-items":
      return `Leave out ${formatQuantity(step.items.length, "film")}`;
    case "rating-threshold":
      return `Only ratings of ${String(step.minimum)} or more${step.binarise ? ", each made 1" : ""}`;
  }
}

export type CountsOfStep = RecipePreview["steps"][number];

/**
 * What was counted for a step of the recipe as it stands; undefined where that was counted for another step. The recipe carried out
 * settles duplicates first where no step does.
 */
export function countsOfStep(
  preview: RecipePreview | undefined,
  steps: Recipe,
  index: number,
): CountsOfStep | undefined {
  if (preview === undefined) return undefined;
  const counted = preview.steps[index + impliedSteps(steps)];
  return counted?.step.step === steps[index]?.step ? counted : undefined;
}

/** How many steps are carried out before the first of the recipe. */
export function impliedSteps(steps: Recipe): 0 | 1 {
  return steps.some(({ step }) => step === "dedupe") ? 0 : 1;
}
