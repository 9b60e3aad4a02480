import type { AlgorithmInfo, Hyperparameters } from "../../../../core/contract/entities.ts";

export type HyperparameterField = AlgorithmInfo["hyperparameters"][number];
type Value = Hyperparameters[string];

/** What stands in a form's fields: a number field may be empty or half typed. */
export type FormValues = Readonly<Record<string, Value>>;

export function defaultValues(fields: readonly HyperparameterField[]): FormValues {
  return Object.fromEntries(fields.map((field) => [field.name, field.default]));
}

/** Why a value will not do, for the person who typed it; null when it will. */
export function fieldProblem(field: HyperparameterField, value: Value | undefined): string | null {
  if (field.kind === "boolean") return typeof value === "boolean" ? null : "Choose yes or no.";
  if (field.kind === "text") return typeof value === "string" && value.trim() !== "" ? null : "Something is needed.";
  if (field.kind === "choice")
    return field.choices?.includes(String(value)) === true ? null : "Choose one of the list.";
  if (typeof value !== "number" || !Number.isFinite(value)) return "A number is needed.";
  if (field.kind === "integer" && !Number.isInteger(value)) return "A whole number is needed.";
  if (field.minimum !== undefined && value < field.minimum) return `At least ${String(field.minimum)}.`;
  if (field.maximum !== undefined && value > field.maximum) return `At most ${String(field.maximum)}.`;
  return null;
}

export function problemsOf(
  fields: readonly HyperparameterField[],
  values: FormValues,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    fields.flatMap((field) => {
      const problem = fieldProblem(field, values[field.name]);
      return problem === null ? [] : [[field.name, problem] as const];
    }),
  );
}

/** What is sent: only what differs from the default, so that a run's record shows what the person chose. */
export function chosenHyperparameters(fields: readonly HyperparameterField[], values: FormValues): Hyperparameters {
  return Object.fromEntries(
    fields.flatMap((field) => {
      const value = values[field.name];
      return value === undefined || value === field.default ? [] : [[field.name, value] as const];
    }),
  );
}

/** "1 to 500", "above 0": the range in words. */
export function rangeText({ kind, minimum, maximum, logarithmic }: HyperparameterField): string {
  if (kind === "boolean" || kind === "choice" || kind === "text") return "";
  const range =
    minimum !== undefined && maximum !== undefined
      ? `${String(minimum)} to ${String(maximum)}`
      : minimum !== undefined
        ? `at least ${String(minimum)}`
        : maximum !== undefined
          ? `at most ${String(maximum)}`
          : "any number";
  return logarithmic === true ? `${range}, try powers` : range;
}

/** How far one press of an arrow key goes. */
export function stepOf(field: HyperparameterField, value: Value | undefined): number {
  if (field.kind === "integer") return 1;
  const size = Math.abs(typeof value === "number" && value !== 0 ? value : Number(field.default) || 0.01);
  return 10 ** Math.floor(Math.log10(size));
}
