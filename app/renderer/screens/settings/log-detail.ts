/**
 * What the log noted beside a sentence, for reading: one line for each thing named, text as it is (a stack keeps its lines),
 * nothing for what is empty. Anything but a JSON object stays as it was written.
 */
export function readableDetail(detail: string): string {
  const known = parsed(detail);
  return isRecord(known) ? linesOf(known, "").join("\n") : detail;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function linesOf(record: Readonly<Record<string, unknown>>, prefix: string): readonly string[] {
  return Object.entries(record).flatMap(([name, value]): readonly string[] => {
    if (value === null || value === "" || (Array.isArray(value) && value.length === 0)) return [];
    if (isRecord(value)) return linesOf(value, `${prefix}${name}.`);
    return [`${prefix}${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`];
  });
}
