import type { AlgorithmInfo, Hyperparameters } from "../../../../core/contract/entities.ts";
import type { MethodInput } from "../../../../core/contract/methods.ts";
import type { SearchDimension } from "../../../../core/contract/searches.ts";
import { defaultValues, problemsOf } from "./hyperparameter-form.ts";
import type { FormValues } from "./hyperparameter-form.ts";

type Typed = number | string;
type SearchInput = MethodInput<"searches.start">;
export type ScheduleName = NonNullable<SearchInput["schedule"]>["schedule"];
export type SamplerName = NonNullable<SearchInput["sampler"]>["sampler"];

/** One dimension as it stands in the form. */
export interface DraftDimension {
  readonly searched: boolean;
  readonly minimum: Typed;
  readonly maximum: Typed;
  readonly logarithmic: boolean;
  /** Of a choice: the values that are tried, as text. */
  readonly choices: readonly string[];
}

/** A search being put together. */
export interface SearchDraft {
  /** Find settings, or see how accuracy grows with the data at settings that are fixed. */
  readonly purpose: "settings" | "data";
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, DraftDimension>>;
  /** Values of the fields that are not searched. */
  readonly fixed: FormValues;
  readonly sampler: SamplerName;
  readonly schedule: ScheduleName;
  readonly resource: "epochs" | "users";
  readonly least: Typed;
  readonly most: Typed;
  readonly reduction: Typed;
  /** Doubling: from and to so many factors. */
  readonly doubleFrom: Typed;
  readonly doubleTo: Typed;
  readonly following: Typed;
  readonly trials: Typed;
  readonly parallel: Typed;
  readonly seed: Typed;
}

/** As the engine would search the algorithm if nobody said anything. */
export function firstSearchDraft(
  info: AlgorithmInfo,
  space: readonly SearchDimension[],
  fields: readonly SearchDimension[],
): SearchDraft {
  const chosen = new Map(space.map((dimension) => [dimension.name, dimension]));
  const epochs = info.hyperparameters.find(({ name }) => name === "epochs");
  return {
    purpose: "settings",
    metric: info.predictsRatings ? "rmse" : "ndcg@10",
    dimensions: Object.fromEntries(
      fields.map((field) => [field.name, dimensionDraft(chosen.get(field.name) ?? field, chosen.has(field.name))]),
    ),
    fixed: defaultValues(info.hyperparameters),
    sampler: "tpe",
    schedule: "full",
    resource: epochs === undefined ? "users" : "epochs",
    least: epochs === undefined ? 0.1 : Math.max(1, Math.round(Number(epochs.default) / 9)),
    most: epochs === undefined ? 1 : Number(epochs.default),
    reduction: 3,
    doubleFrom: 8,
    doubleTo: 64,
    following: 10,
    trials: 30,
    parallel: 1,
    seed: 42,
  };
}

function dimensionDraft(dimension: SearchDimension, searched: boolean): DraftDimension {
  return dimension.kind === "choice"
    ? { searched, minimum: "", maximum: "", logarithmic: false, choices: dimension.choices.map(String) }
    : {
        searched,
        minimum: rounded(dimension.minimum),
        maximum: rounded(dimension.maximum),
        logarithmic: dimension.logarithmic,
        choices: [],
      };
}

/** Bounds that a person can read: they are suggestions. */
function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

type Problems = Readonly<Record<string, string>>;

const isCount = (value: Typed, least: number, most: number) =>
  typeof value === "number" && Number.isInteger(value) && value >= least && value <= most;

/** What is wrong, by field (`factors`, `trials`, …). */
export function searchProblems(draft: SearchDraft, fields: readonly SearchDimension[], info: AlgorithmInfo): Problems {
  const problems: Record<string, string> = {};
  if (!isCount(draft.seed, 0, 0xffff_ffff)) problems["seed"] = "A whole number from 0.";
  const fixedFields = info.hyperparameters.filter(
    ({ name }) => draft.purpose === "data" || draft.dimensions[name]?.searched !== true,
  );
  Object.assign(problems, problemsOf(fixedFields, draft.fixed));
  if (draft.purpose === "data") {
    if (!(Number(draft.least) > 0 && Number(draft.least) < 1)) problems["least"] = "A share between 0 and 1.";
    return problems;
  }
  if (!isCount(draft.trials, 1, 10_000)) problems["trials"] = "A whole number from 1 to 10,000.";
  if (!isCount(draft.parallel, 1, 64)) problems["parallel"] = "A whole number from 1 to 64.";
  Object.assign(problems, scheduleProblems(draft));
  const searched = fields.filter(({ name }) => draft.dimensions[name]?.searched === true);
  if (searched.length === 0) problems["space"] = "Choose at least one setting to search.";
  for (const field of searched) {
    const problem = dimensionProblem(field, draft.dimensions[field.name]);
    if (problem !== null) problems[field.name] = problem;
  }
  return problems;
}

function scheduleProblems({
  schedule,
  resource,
  least,
  most,
  reduction,
  doubleFrom,
  doubleTo,
  following,
}: SearchDraft) {
  const problems: Record<string, string> = {};
  if (schedule === "full") return problems;
  if (schedule === "doubling") {
    if (!isCount(doubleFrom, 1, 100_000)) problems["doubleFrom"] = "A whole number from 1.";
    if (!isCount(doubleTo, 1, 100_000) || Number(doubleTo) < Number(doubleFrom))
      problems["doubleTo"] = "Not below the first.";
    if (!isCount(following, 1, 1000)) problems["following"] = "A whole number from 1 to 1,000.";
    return problems;
  }
  if (!isCount(reduction, 2, 10)) problems["reduction"] = "A whole number from 2 to 10.";
  if (resource === "epochs") {
    if (!isCount(least, 1, 1e6)) problems["least"] = "A whole number from 1.";
    if (!isCount(most, 1, 1e6) || Number(most) < Number(least))
      problems["most"] = "A whole number, not below the least.";
  } else {
    if (!(Number(least) > 0 && Number(least) < 1)) problems["least"] = "A share between 0 and 1.";
    if (!(Number(most) > Number(least) && Number(most) <= 1)) problems["most"] = "A share above the least, at most 1.";
  }
  return problems;
}

function dimensionProblem(field: SearchDimension, draft: DraftDimension | undefined): string | null {
  if (draft === undefined) return "Unknown.";
  if (field.kind === "choice") return draft.choices.length > 0 ? null : "Choose at least one value.";
  const { minimum, maximum, logarithmic } = draft;
  if (typeof minimum !== "number" || typeof maximum !== "number") return "Both ends are needed.";
  if (field.kind === "integer" && !(Number.isInteger(minimum) && Number.isInteger(maximum))) return "Whole numbers.";
  if (minimum > maximum) return "The range is empty.";
  if (minimum < field.minimum || maximum > field.maximum)
    return `Within ${String(field.minimum)} to ${String(field.maximum)}.`;
  return logarithmic && minimum <= 0 ? "A logarithmic range begins above 0." : null;
}

/** What is sent. Only for a draft without problems. */
export function searchInputOf(
  draft: SearchDraft,
  fields: readonly SearchDimension[],
  info: AlgorithmInfo,
  splitId: string,
): SearchInput {
  const isData = draft.purpose === "data";
  const searched = isData ? [] : fields.filter(({ name }) => draft.dimensions[name]?.searched === true);
  const names = new Set(searched.map(({ name }) => name));
  const doubled = !isData && draft.schedule === "doubling" ? "factors" : null;
  // A search has at least one dimension; one with a single value varies nothing.
  const held = isData ? info.hyperparameters.find(({ kind }) => kind !== "text") : undefined;
  const fixed: Hyperparameters = Object.fromEntries(
    info.hyperparameters.flatMap((field): [string, Hyperparameters[string]][] => {
      const value = draft.fixed[field.name];
      const isFixed = !names.has(field.name) && field.name !== doubled && field.name !== held?.name;
      return isFixed && value !== undefined && value !== field.default ? [[field.name, value]] : [];
    }),
  );
  const constant =
    held === undefined
      ? []
      : [{ kind: "choice" as const, name: held.name, choices: [draft.fixed[held.name] ?? held.default] }];
  return {
    splitId,
    algorithm: info.id,
    metric: draft.metric,
    space: [
      ...constant,
      ...searched.filter(({ name }) => name !== doubled).map((field) => dimensionOf(field, draft, info)),
    ],
    fixed,
    sampler: isData ? { sampler: "random" } : { sampler: draft.sampler },
    schedule: isData
      ? { schedule: "median", resource: "users", minimum: Number(draft.least), maximum: 1, reduction: 2, warmUp: 1000 }
      : scheduleOf(draft),
    trials: isData ? 1 : Number(draft.trials),
    parallel: isData ? 1 : Number(draft.parallel),
    seed: Number(draft.seed),
  };
}

function dimensionOf(
  field: SearchDimension,
  draft: SearchDraft,
  info: AlgorithmInfo,
): NonNullable<SearchInput["space"]>[number] {
  const { minimum, maximum, logarithmic, choices } = draft.dimensions[field.name] ?? dimensionDraft(field, true);
  if (field.kind !== "choice")
    return { kind: field.kind, name: field.name, minimum: Number(minimum), maximum: Number(maximum), logarithmic };
  const isFlag = info.hyperparameters.find(({ name }) => name === field.name)?.kind === "boolean";
  return { kind: "choice", name: field.name, choices: choices.map((text) => (isFlag ? text === "true" : text)) };
}

function scheduleOf(draft: SearchDraft): NonNullable<SearchInput["schedule"]> {
  const ladder = {
    resource: draft.resource,
    minimum: Number(draft.least),
    maximum: Number(draft.most),
    reduction: Number(draft.reduction),
  };
  switch (draft.schedule) {
    case "full":
      return { schedule: "full" };
    case "asha":
    case "hyperband":
    case "median":
      return { schedule: draft.schedule, ...ladder };
    case "doubling":
      return {
        schedule: "doubling",
        from: Number(draft.doubleFrom),
        to: Number(draft.doubleTo),
        following: Number(draft.following),
      };
  }
}
