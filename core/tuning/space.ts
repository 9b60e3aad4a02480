import type { AlgorithmInfo, Hyperparameters } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";
import type { SearchDimension } from "../contract/searches.ts";

/** Settings that are being searched: a value for each dimension that takes part. */
export type Configuration = Hyperparameters;
export type Value = Hyperparameters[string];

type Field = AlgorithmInfo["hyperparameters"][number];

/** Budgets are not searched: a longer fit is not a better setting, and schedules deal them out. */
const budgets: ReadonlySet<string> = new Set(["epochs", "iterations", "sweeps", "samples", "burnIn"]);
/** Either side of a default, where a field does not say what is worth searching. */
const realSpread = 30;
const integerSpread = 4;

/**
 * What is searched when nobody says: the fields that name a range worth searching (`search`), and by rule those that step
 * multiplicatively (rates, numbers of factors) or are penalties, from 1/30 to 30 times their default (integers 1/4 to 4), within
 * what the algorithm allows. Budgets, choices and fields with a plain scale stay as they are unless asked for.
 */
export function defaultSpace(info: AlgorithmInfo): SearchDimension[] {
  return info.hyperparameters.flatMap((field) => {
    if (budgets.has(field.name) || !isScale(field) || typeof field.default !== "number") return [];
    const spread = field.kind === "integer" ? integerSpread : realSpread;
    if (field.default <= 0) return [];
    return [rangeOf(field, field.default / spread, field.default * spread)];
  });
}

/** What is a matter of ratios: fields that say so, and penalties, which may also be 0. */
function isScale({ name, kind, logarithmic }: Field): boolean {
  return logarithmic === true || (kind === "real" && /regularization|shrinkage|penalty/i.test(name));
}

/** A dimension for a field, over all that the algorithm allows or over what is given of it. */
export function dimensionOf(
  info: AlgorithmInfo,
  name: string,
  given: { readonly minimum?: number; readonly maximum?: number; readonly choices?: readonly Value[] } = {},
): SearchDimension {
  const field = fieldOf(info, name);
  if (given.choices !== undefined) return { kind: "choice", name, choices: [...given.choices], when: null };
  switch (field.kind) {
    case "boolean":
      return { kind: "choice", name, choices: [false, true], when: null };
    case "choice":
      return { kind: "choice", name, choices: [...(field.choices ?? [])], when: null };
    case "integer":
    case "real":
      return rangeOf(field, given.minimum ?? -Infinity, given.maximum ?? Infinity);
    case "text":
      throw new ReelbenchError("RB_INVALID_INPUT", `${field.name} is a text: give the choices to try.`);
  }
}

function rangeOf(field: Field, low: number, high: number): SearchDimension {
  const minimum = Math.max(low, field.minimum ?? -Infinity);
  const maximum = Math.min(high, field.maximum ?? Infinity);
  if (!Number.isFinite(minimum) || !Number.isFinite(maximum))
    throw new ReelbenchError("RB_INVALID_INPUT", `${field.name} has no bounds of its own: give a range.`);
  const logarithmic = isScale(field) && minimum > 0;
  return field.kind === "integer"
    ? {
        kind: "integer",
        name: field.name,
        minimum: Math.ceil(minimum),
        maximum: Math.floor(maximum),
        logarithmic,
        when: null,
      }
    : { kind: "real", name: field.name, minimum, maximum, logarithmic, when: null };
}

/**
 * Refuses a space that the algorithm could not be given.
 * @throws ReelbenchError RB_INVALID_INPUT naming every dimension that is wrong, and why.
 */
export function checkSpace(info: AlgorithmInfo, space: readonly SearchDimension[], fixed: Hyperparameters): void {
  const names = new Set<string>();
  const wrong = space.flatMap((dimension) => {
    const field = fieldOf(info, dimension.name);
    const reasons = [...rangeFaults(field, dimension), ...conditionFaults(info, dimension)];
    if (names.has(dimension.name)) reasons.push("it is named twice");
    if (Object.hasOwn(fixed, dimension.name)) reasons.push("it is fixed as well");
    names.add(dimension.name);
    return reasons.map((reason) => `${dimension.name}: ${reason}`);
  });
  if (wrong.length > 0) throw new ReelbenchError("RB_INVALID_INPUT", wrong.join("; "), { details: { issues: wrong } });
  dependencyOrder(space);
}

function rangeFaults(field: Field, dimension: SearchDimension): string[] {
  if (dimension.kind === "choice") {
    const outside = dimension.choices.filter((value) => !allows(field, value));
    return outside.map((value) => `${String(value)} is not a value it can have`);
  }
  const faults: string[] = [];
  if (field.kind !== dimension.kind) faults.push(`it is a ${field.kind} field, not ${dimension.kind}`);
  if (dimension.minimum > dimension.maximum) faults.push("its range is empty");
  if (dimension.logarithmic && dimension.minimum <= 0) faults.push("a logarithmic range begins above 0");
  for (const bound of [dimension.minimum, dimension.maximum])
    if (field.kind === dimension.kind && !allows(field, bound))
      faults.push(`${String(bound)} is outside ${String(field.minimum)} … ${String(field.maximum)}`);
  return faults;
}

function allows(field: Field, value: Value): boolean {
  switch (field.kind) {
    case "boolean":
      return typeof value === "boolean";
    case "text":
      return typeof value === "string";
    case "choice":
      return typeof value === "string" && (field.choices ?? []).includes(value);
    case "integer":
    case "real":
      return (
        typeof value === "number" &&
        value >= (field.minimum ?? -Infinity) &&
        value <= (field.maximum ?? Infinity) &&
        (field.kind === "real" || Number.isInteger(value))
      );
  }
}

function conditionFaults(info: AlgorithmInfo, { name, when }: SearchDimension): string[] {
  if (when === null) return [];
  if (when.name === name) return ["it depends on itself"];
  return info.hyperparameters.some((field) => field.name === when.name)
    ? []
    : [`there is no ${when.name} to depend on`];
}

function fieldOf(info: AlgorithmInfo, name: string): Field {
  const field = info.hyperparameters.find((candidate) => candidate.name === name);
  if (field !== undefined) return field;
  const known = info.hyperparameters.map((candidate) => candidate.name).join(", ") || "none";
  throw new ReelbenchError("RB_INVALID_INPUT", `${info.name} has no ${name} (it has: ${known}).`);
}

/** Whether a dimension takes part beside these values. One that depends on something absent does not. */
export function isActive({ when }: SearchDimension, values: Hyperparameters): boolean {
  if (when === null) return true;
  const value = values[when.name];
  return value !== undefined && when.is.includes(value);
}

/**
 * Dimensions in groups that take part together, each after what it depends on: first those without a condition, then one
 * group for each condition. Throws RB_INVALID_INPUT where conditions go in a circle.
 */
export function dependencyOrder(space: readonly SearchDimension[]): SearchDimension[][] {
  const groups = new Map<string, SearchDimension[]>();
  for (const dimension of space) {
    const key = dimension.when === null ? "" : JSON.stringify(dimension.when);
    groups.set(key, [...(groups.get(key) ?? []), dimension]);
  }
  const waiting = [...groups.values()];
  const placed = new Set<string>();
  const inSpace = new Set(space.map(({ name }) => name));
  const ordered: SearchDimension[][] = [];
  while (waiting.length > 0) {
    const at = waiting.findIndex((group) => {
      const on = group[0]?.when?.name;
      return on === undefined || !inSpace.has(on) || placed.has(on);
    });
    if (at < 0) throw new ReelbenchError("RB_INVALID_INPUT", "The conditions of the search space go in a circle.");
    const [group = []] = waiting.splice(at, 1);
    for (const { name } of group) placed.add(name);
    ordered.push(group);
  }
  return ordered;
}

/**
 * Where a number of [0, 1) falls in a dimension: logarithmic ranges by ratio, integers in equal (or, logarithmic, equally
 * proportioned) cells, choices in equal shares.
 */
export function valueAt(dimension: SearchDimension, unit: number): Value {
  if (dimension.kind === "choice")
    return dimension.choices[Math.min(dimension.choices.length - 1, Math.floor(unit * dimension.choices.length))] ?? 0;
  const { low, high } = coordinateRange(dimension);
  return valueOfCoordinate(dimension, low + unit * (high - low));
}

/** The line on which a range is searched: the logarithm where it is logarithmic; integers own half a step either side. */
export function coordinateRange(dimension: Exclude<SearchDimension, { kind: "choice" }>): {
  low: number;
  high: number;
} {
  const half = dimension.kind === "integer" ? 0.5 : 0;
  const low = dimension.minimum - half;
  const high = dimension.maximum + half;
  return dimension.logarithmic ? { low: Math.log(low), high: Math.log(high) } : { low, high };
}

export function valueOfCoordinate(dimension: Exclude<SearchDimension, { kind: "choice" }>, coordinate: number): number {
  const plain = dimension.logarithmic ? Math.exp(coordinate) : coordinate;
  const value = dimension.kind === "integer" ? Math.round(plain) : plain;
  return Math.min(dimension.maximum, Math.max(dimension.minimum, value));
}
