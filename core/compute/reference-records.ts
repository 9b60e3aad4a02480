/** The kernels of assembly/plain-records.ts, and `surveyRows`, in plain TypeScript, as their words read: see reference.ts. */

export interface PlainRecordLayout {
  readonly delimiter: string;
  readonly quotes: boolean;
  /** What each field of a line is; null: nothing that is kept. */
  readonly fields: readonly ("user" | "item" | "rating" | "time" | null)[];
}

export interface PlainRecord {
  readonly line: number;
  readonly user: string;
  readonly item: string;
  readonly rating: number;
  readonly time: number;
}

const longestId = 512;
const longestLine = 65_536;

/** The records of whole lines, the first of which has number `line`; null where one is not plain. Empty lines are none. */
export function readPlainRecords(text: string, line: number, layout: PlainRecordLayout): PlainRecord[] | null {
  const records = text
    .split("\n")
    .slice(0, -1)
    .map((each, at) => ({
      text: each.endsWith("\r") ? each.slice(0, -1) : each,
      line: line + at,
      bytes: each.length + 1,
    }))
    .filter((each) => each.text !== "")
    .map((each) => (each.bytes > longestLine ? null : recordOf(each.text, each.line, layout)));
  return records.every((record) => record !== null) ? records : null;
}

function recordOf(text: string, line: number, { delimiter, quotes, fields }: PlainRecordLayout): PlainRecord | null {
  const given = text.split(delimiter).map((field) => textOf(field, quotes));
  if (given.length !== fields.length || given.some((field) => field === null)) return null;
  const of = (role: PlainRecordLayout["fields"][number]) => {
    const at = fields.indexOf(role);
    return at === -1 ? null : (given[at] ?? "");
  };
  const [user, item, rating, time] = [of("user") ?? "", of("item") ?? "", decimal(of("rating")), decimal(of("time"))];
  const areIds = [user, item].every((id) => id.length > 0 && id.length <= longestId);
  return areIds && rating !== null && time !== null ? { line, user, item, rating, time } : null;
}

/** What a field says: visible ASCII but `"` and `+`. */
function textOf(field: string, quotes: boolean): string | null {
  const text = quotes && /^"[^"]*"$/.test(field) ? field.slice(1, -1) : field;
  return /^[!#-*,-~]*$/.test(text) ? text : null;
}

/** Of numbers, those that are exact. No column: 0. */
function decimal(text: string | null): number | null {
  if (text === null) return 0;
  if (!/^-?\d+(?:\.\d+)?$/.test(text)) return null;
  const [value, digits] = [Number(text), text.replaceAll(/\D/g, "").length];
  const isExact = digits <= 15 || (digits === 16 && !text.includes(".") && Math.abs(value) <= Number.MAX_SAFE_INTEGER);
  return isExact && !Object.is(value, -0) ? value : null;
}

/** Numbers in the order in which texts first appear, beginning with those that are known. */
export function numbered<T>(values: readonly T[], known: readonly T[] = []): { all: T[]; numbers: number[] } {
  const all = [...new Set([...known, ...values])];
  return { all, numbers: values.map((value) => all.indexOf(value)) };
}

/** Each number replaced by what the map has for it; null: nothing. */
export function renumber(
  numbers: readonly number[],
  map: readonly number[] | null,
  from: number,
  to: number,
): number[] {
  return numbers.map((number, row) => (map === null || row < from || row >= to ? number : (map[number] ?? NaN)));
}

/** Which ratings rows have, and the least and greatest of the times that are known. */
export function surveyRows(
  rows: readonly number[],
  codes: Uint16Array,
  times: Float64Array,
): { readonly used: ReadonlySet<number>; readonly range: readonly [number, number] } {
  const known = rows.map((row) => times[row] ?? NaN).filter((time) => !Number.isNaN(time));
  return { used: new Set(rows.map((row) => codes[row] ?? NaN)), range: [Math.min(...known), Math.max(...known)] };
}
