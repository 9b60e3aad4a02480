import type { ReelbenchError } from "../../../../core/contract/errors.ts";

/** The text a person pastes into a message to somebody who can help. */
export function errorReport(error: ReelbenchError): string {
  const lines = [`${error.code}: ${error.message}`, `What to do: ${error.remedy}`];
  if (error.details !== undefined) lines.push(JSON.stringify(error.details, null, 2));
  return lines.join("\n");
}
