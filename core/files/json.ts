import { readFile } from "node:fs/promises";
import { z } from "zod";
import { ReelbenchError } from "../contract/errors.ts";

/** Reads a JSON file that must match the schema. Throws RB_NOT_FOUND or RB_CORRUPT, naming the file. */
export async function readJson<S extends z.ZodType>(path: string, schema: S): Promise<z.output<S>> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new ReelbenchError("RB_NOT_FOUND", `${path} cannot be read.`, { cause: error });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ReelbenchError("RB_CORRUPT", `${path} is not JSON.`, { cause: error });
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new ReelbenchError("RB_CORRUPT", `${path}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** JSON with keys in a fixed order, so that equal values have equal text (for hashing). */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : inner,
  );
}
