import { z } from "zod";
import type { ReadOptions } from "../contract/entities.ts";
import { integer } from "./database.ts";
import type { Database } from "./database.ts";
import { isNoTime, secondsByFormat } from "./staged-values.ts";
import type { TimeFormat } from "./staged-values.ts";

export interface TimeReading {
  readonly format: TimeFormat;
  readonly warnings: readonly string[];
}

const statistics = z.object({
  filled: integer,
  numbers: integer,
  zeros: integer,
  rounded: integer,
  middle: z.number().nullable(),
  iso: integer,
  us: integer,
  eu: integer,
  slashes: integer,
});

const text = (format: TimeFormat) => `CASE WHEN number IS NULL THEN ${secondsByFormat[format]} END`;

/** Settles the format of the times by looking at every one of them. */
export async function detectTimeFormat(
  database: Database,
  given: ReadOptions["timeFormat"],
  hasColumn: boolean,
): Promise<TimeReading> {
  if (!hasColumn || given === "none") return { format: "none", warnings: [] };
  const found = await database.one(
    statistics,
    `WITH read AS (SELECT time, number, ${text("iso-8601")} AS iso, ${text("us-datetime")} AS us, ${text("eu-datetime")} AS eu FROM staged
       WHERE fault IS NULL AND (number IS NOT NULL OR NOT ${isNoTime}))
     SELECT count(*) AS filled,
       count(number) AS numbers,
       count(*) FILTER (number = 0) AS zeros,
       count(*) FILTER (number IS NOT NULL AND (contains(time, 'E') OR contains(time, 'e'))) AS rounded,
       approx_quantile(number, 0.5) FILTER (number > 0) AS middle,
       count(iso) AS iso, count(us) AS us, count(eu) AS eu,
       count(*) FILTER (number IS NULL AND contains(time, '/')) AS slashes
     FROM read`,
  );
  const warnings = found.rounded > 0 ? [spreadsheetWarning(found.rounded)] : [];
  if (given !== undefined) return { format: given, warnings };
  if (found.filled === 0) return { format: "none", warnings: ["The column of times is empty."] };
  if (found.zeros === found.filled)
    return { format: "none", warnings: ["Every time is 0: they are taken as unknown."] };
  if (found.numbers >= found.filled / 2) return { format: unitOf(found.middle ?? 0), warnings };
  return byName(found, warnings);
}

function byName(found: z.output<typeof statistics>, warnings: readonly string[]): TimeReading {
  const most = Math.max(found.iso, found.us, found.eu);
  if (most === 0)
    return {
      format: "none",
      warnings: [
        ...warnings,
        "No time could be read: the ratings are imported without times. Name the format of the times, or the right column.",
      ],
    };
  if (found.iso === most) return { format: "iso-8601", warnings };
  const ambiguous = found.us === found.eu ? ["Every date could be month first or day first; "] : [];
  const format = found.us > found.eu || (found.us === found.eu && found.slashes > 0) ? "us-datetime" : "eu-datetime";
  const read = format === "us-datetime" ? "they are read month first (as in the US)." : "they are read day first.";
  return {
    format,
    warnings: [...warnings, ...ambiguous.map((start) => `${start}${read} Name the format if that is wrong.`)],
  };
}

/** By size: days since 1900, seconds, milliseconds, or microseconds. */
function unitOf(middle: number): TimeFormat {
  if (middle > 1e14) return "unix-microseconds";
  if (middle > 1e11) return "unix-milliseconds";
  return middle >= 20_000 && middle < 80_000 ? "excel-serial" : "unix-seconds";
}

function spreadsheetWarning(rounded: number): string {
  return `${String(rounded)} times went through a spreadsheet and were rounded (like 1.36325E+09), and ids may have lost leading zeros there. Their order within hours is lost: export the file again without opening it in a spreadsheet.`;
}
