import { z } from "zod";
import { ReelbenchError } from "../contract/errors.ts";
import type { AlgorithmInfo, Hyperparameters } from "../contract/entities.ts";
import type { Algorithm } from "./algorithm.ts";

type Field = AlgorithmInfo["hyperparameters"][number];

/**
 * What was given, with the algorithm's defaults for the rest.
 * @throws ReelbenchError RB_INVALID_INPUT naming every field that is unknown, of the wrong kind or out of range.
 */
export function parseHyperparameters(algorithm: Algorithm, given: unknown): Hyperparameters {
  const { info } = algorithm;
  const shape = Object.fromEntries(
    info.hyperparameters.map((field) => [field.name, valueSchema(field).default(field.default)]),
  );
  const parsed = z.strictObject(shape).safeParse(given ?? {});
  if (parsed.success) return parsed.data;
  const reasons = parsed.error.issues.map((issue) =>
    issue.code === "unrecognized_keys"
      ? `${info.name} has no ${issue.keys.join(", ")} (it has: ${info.hyperparameters.map(({ name }) => name).join(", ") || "none"})`
      : `${issue.path.join(".")}: ${issue.message}`,
  );
  throw new ReelbenchError("RB_INVALID_INPUT", reasons.join("; "), {
    details: { algorithm: info.id, issues: reasons },
  });
}

function valueSchema(field: Field): z.ZodType<number | boolean | string> {
  switch (field.kind) {
    case "boolean":
      return z.boolean();
    case "text":
      return z.string().min(1).max(1000);
    case "choice":
      return z.enum(field.choices ?? []);
    case "integer":
    case "real": {
      const number = field.kind === "integer" ? z.int() : z.number();
      return number.min(field.minimum ?? -Number.MAX_VALUE).max(field.maximum ?? Number.MAX_VALUE);
    }
  }
}

/** A number among hyperparameters that `parseHyperparameters` has let through. */
export function numberOf(hyperparameters: Hyperparameters, name: string): number {
  const value = hyperparameters[name];
  if (typeof value !== "number") throw new ReelbenchError("RB_INVALID_INPUT", `${name}: a number is needed.`);
  return value;
}
