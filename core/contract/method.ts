import type { z } from "zod";

export type MethodKind = "query" | "command" | "job";
export interface MethodDefinition {
  readonly kind: MethodKind;
  readonly input: z.ZodType;
  readonly output: z.ZodType;
}

/** One thing the engine can be asked; `methods.ts` holds the map of all. */
export const method = <K extends MethodKind, I extends z.ZodType, O extends z.ZodType>(
  kind: K,
  input: I,
  output: O,
) => ({
  kind,
  input,
  output,
});
