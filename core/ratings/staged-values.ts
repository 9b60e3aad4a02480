import type { ReadOptions } from "../contract/entities.ts";

/** SQL over the staged texts (`stage-writer.ts`). Every expression is fixed; what comes from outside is bound. */

/** A finite number. DuckDB alone would also take `1_000`, `nan` and `inf`. */
const numeric = (column: string) =>
  `CASE WHEN NOT contains(${column}, '_') AND isfinite(TRY_CAST(${column} AS DOUBLE)) THEN TRY_CAST(${column} AS DOUBLE) END`;

const commaPattern = "[+-]?[0-9]*,[0-9]+";

/** A rating: with a decimal comma, too, unless the options say that there is none. */
const ratingValue = (decimalComma: boolean) =>
  decimalComma
    ? `CASE WHEN contains(rating, ',') THEN (CASE WHEN regexp_full_match(rating, '${commaPattern}') THEN TRY_CAST(replace(rating, ',', '.') AS DOUBLE) END) ELSE ${numeric("rating")} END`
    : numeric("rating");

/** The columns worked out once, when a part is staged: `value` of the rating and `number`, the time as a number. */
export const workedOut = (decimalComma: boolean) =>
  `${ratingValue(decimalComma)} AS value, ${numeric('"time"')} AS number`;

/** What programs write where they have no value. */
export const isNothing = (column: string) =>
  `(${column} IS NULL OR lower(${column}) IN ('', 'na', 'n/a', 'null', 'none', '\\n', 'nat', '-', '?'))`;

/** `NaN` is nothing for a time; for a rating it is a broken number. */
export const isNoTime = `(${isNothing("time")} OR lower(time) = 'nan')`;

export type TimeFormat = NonNullable<ReadOptions["timeFormat"]>;

const clock = ["", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", "T%H:%M:%S"];
const dated = (dates: readonly string[]) =>
  `[${dates.flatMap((date) => clock.map((time) => `'${date}${time}'`)).join(", ")}]`;
// Years of two digits first: `%Y` would take 13 for the year 13. POSIX reads 69 to 99 as 1969 to 1999.
const usFormats = dated(["%m/%d/%y", "%m-%d-%y", "%m/%d/%Y", "%m-%d-%Y"]);
const euFormats = dated(["%d.%m.%y", "%d/%m/%y", "%d-%m-%y", "%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y"]);

/** Text → Unix seconds (DOUBLE), NULL where it does not fit the format. Dates without zone are UTC. */
export const secondsByFormat: Record<TimeFormat, string> = {
  "unix-seconds": "number",
  "unix-milliseconds": "number / 1000",
  "unix-microseconds": "number / 1000000",
  "iso-8601": `CASE WHEN regexp_matches(time, '^[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}') THEN epoch(TRY_CAST(time AS TIMESTAMPTZ)) END`,
  "us-datetime": `CASE WHEN regexp_matches(time, '^[0-9]{1,2}[/-]') THEN epoch(try_strptime(time, ${usFormats})) END`,
  "eu-datetime": `CASE WHEN regexp_matches(time, '^[0-9]{1,2}[./-]') THEN epoch(try_strptime(time, ${euFormats})) END`,
  // Days since 1899-12-30, as Excel counts them.
  "excel-serial": "(number - 25569) * 86400",
  none: "NULL::DOUBLE",
};

/** 1970-01-01T00:00:01Z … 2099-12-31: outside lies no rating, only a zero, a sentinel or another unit. */
export const earliestSeconds = 1;
export const latestSeconds = 4_102_444_799;
