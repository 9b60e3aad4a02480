import { z } from "zod";
import type { ReadOptions } from "../contract/entities.ts";
import { integer } from "./database.ts";
import type { Database } from "./database.ts";
import type { ReadPlan } from "./read-plan.ts";
import { detectScale } from "./scale-detection.ts";
import { rawIsRebuildable } from "./stage-records.ts";
import { partCode, testPart, trainPart, validationPart } from "./split-parts.ts";
import { earliestSeconds, isNothing, isNoTime, latestSeconds, secondsByFormat } from "./staged-values.ts";
import { detectTimeFormat } from "./time-detection.ts";

export interface Judgement {
  readonly range: { readonly minimum: number; readonly maximum: number };
  /** The options given, completed by what was found in all of the file. */
  readonly options: ReadOptions;
  readonly warnings: readonly string[];
  /** Whether the missing value of a matrix was found to mean "no rating". */
  readonly missingInUse: boolean;
}

/**
 * Makes the view `verdicts` (line, user_id, item_id, value, seconds, raw, title, year, genres, verdict) over `staged`.
 * `verdict` is NULL for an accepted record, `missing` for an empty cell of a matrix, else the reason of the refusal.
 */
export async function judgeRecords(database: Database, plan: ReadPlan): Promise<Judgement> {
  const { given } = plan;
  const missing = await missingValues(database, plan);
  // Variables, not text put into the SQL: views take no bound parameters.
  await database.run("SET VARIABLE missing_values = string_split($1, chr(31))", [missing.join("\u001f")]);
  await database.run("SET VARIABLE single_user = $1", [plan.singleUserId ?? ""]);
  await database.run("SET VARIABLE delimiter = $1", [plan.delimiter]);
  const time = await detectTimeFormat(database, given.timeFormat, plan.columns.time !== undefined);
  const missingHere = `(list_contains(getvariable('missing_values'), rating) OR coalesce(list_contains(list_transform(getvariable('missing_values'), lambda text: TRY_CAST(text AS DOUBLE)), value), false))`;
  await database.run(`CREATE TEMP VIEW valued AS SELECT * REPLACE (${plan.singleUserId === null ? "user_id" : "getvariable('single_user')"} AS user_id),
    CAST(floor(${secondsByFormat[time.format]}) AS DOUBLE) AS found, ${missing.length === 0 ? "false" : missingHere} AS is_missing FROM staged`);
  await database.run(
    `CREATE TEMP VIEW judged AS SELECT *, ${reasonBeforeScale(plan.format === "matrix")} AS reason FROM valued`,
  );
  const scale = await detectScale(database, given.scale, plan.layout);
  await database.run("SET VARIABLE minimum = $1", [scale.range.minimum]);
  await database.run("SET VARIABLE maximum = $1", [scale.range.maximum]);
  await database.run(`CREATE TEMP VIEW verdicts AS SELECT line, user_id, item_id, value,
      TRY_CAST(found AS BIGINT) AS seconds, ${predefinedPartOf(plan)} AS part, title, "year", genres, ${rawText(plan)} AS raw,
      CASE WHEN reason IS NOT NULL THEN reason
        WHEN value < getvariable('minimum') OR value > getvariable('maximum') THEN 'rating-off-scale'
        ${
          time.format === "none"
            ? ""
            : `WHEN found IS NULL THEN (CASE WHEN NOT ${isNoTime} THEN 'bad-time' END)
        WHEN found < ${String(earliestSeconds)} OR found > ${String(latestSeconds)} THEN 'bad-time'`
        }
      END AS verdict FROM judged`);
  return {
    range: scale.range,
    options: completedOptions(plan, { timeFormat: time.format, missing }),
    warnings: [...time.warnings, ...scale.warnings],
    missingInUse: missing.length > 0,
  };
}

function reasonBeforeScale(isMatrix: boolean): string {
  return `CASE WHEN ${isMatrix ? "is_missing" : "false"} THEN 'missing'
    WHEN fault IS NOT NULL THEN fault
    WHEN user_id IS NULL OR user_id = '' THEN 'missing-user'
    WHEN item_id IS NULL OR item_id = '' THEN 'missing-item'
    WHEN is_missing THEN 'missing-rating'
    WHEN value IS NULL THEN (CASE WHEN ${isNothing("rating")} THEN 'missing-rating' ELSE 'rating-not-a-number' END) END`;
}

const namesOfParts: readonly (readonly [code: number, names: readonly string[]])[] = [
  [trainPart, ["train", "training", "tr"]],
  [testPart, ["test", "testing", "te"]],
  [validationPart, ["validation", "valid", "val", "vad", "dev"]],
];

/** Whether a file's word for a part of a split is understood. */
export function isNamedPart(text: string): boolean {
  return namesOfParts.some(([, names]) => names.includes(text.toLowerCase()));
}

/** The part of a split (`split-parts.ts`) that the file says a record is; NULL where it says none. */
function predefinedPartOf({ given, columns }: ReadPlan): string {
  if (given.part !== undefined) return `${String(partCode(given.part))}::UTINYINT`;
  if (columns.part === undefined) return "NULL::UTINYINT";
  const cases = namesOfParts.map(
    ([code, names]) => `WHEN lower(part) IN (${names.map((name) => `'${name}'`).join(", ")}) THEN ${String(code)}`,
  );
  return `(CASE ${cases.join(" ")} END)::UTINYINT`;
}

/** The raw text, put together again where it is nothing but the fields (`rawIsRebuildable`). */
function rawText(plan: ReadPlan): string {
  if (!rawIsRebuildable(plan)) return "coalesce(raw, '')";
  const staged = {
    user: "user_id",
    item: "item_id",
    rating: "rating",
    time: '"time"',
    title: "title",
    genres: "genres",
    year: '"year"',
    part: "part",
  } as const;
  const inOrder = Object.entries(plan.columns)
    .sort(([, a], [, b]) => a - b)
    .map(([role]) => staged[role as keyof typeof staged]);
  return `coalesce(raw, concat_ws(getvariable('delimiter'), ${inOrder.join(", ")}))`;
}

const cells = z.object({ nines: integer, largest: z.number().nullable() });

/** In a matrix, 99 where no other value comes near it is no rating (Jester). */
async function missingValues(database: Database, plan: ReadPlan): Promise<readonly string[]> {
  if (plan.given.missingValues !== undefined) return plan.given.missingValues;
  if (plan.format !== "matrix") return [];
  const { nines, largest } = await database.one(
    cells,
    `SELECT count(*) FILTER (value = 99) AS nines, max(abs(value)) FILTER (value <> 99) AS largest FROM staged WHERE fault IS NULL`,
  );
  return nines > 0 && (largest ?? 0) <= 20 ? ["99"] : [];
}

/** What was done, so that the same options read the same file the same way. */
export function completedOptions(
  plan: ReadPlan,
  found: {
    readonly timeFormat?: ReadOptions["timeFormat"];
    readonly missing?: readonly string[];
    readonly decimalComma?: boolean;
  },
): ReadOptions {
  const name = (role: keyof ReadPlan["columns"]) => plan.names[plan.columns[role] ?? -1];
  const columns = { userColumn: name("user"), itemColumn: name("item"), ratingColumn: name("rating") };
  const named =
    plan.format === "netflix" || plan.format === "matrix"
      ? {}
      : Object.fromEntries(Object.entries(columns).filter(([, column]) => column !== undefined));
  const isText = plan.format === "delimited" || plan.format === "matrix";
  return {
    ...plan.given,
    format: plan.format,
    encoding: plan.encoding,
    ...(isText ? { delimiter: plan.delimiter, header: plan.header } : {}),
    ...named,
    ...(plan.format === "delimited" || plan.format === "jsonl" || plan.format === "parquet"
      ? { timeColumn: name("time") ?? null }
      : {}),
    ...(plan.singleUserId === null ? {} : { singleUserId: plan.singleUserId }),
    ...(found.timeFormat === undefined ? {} : { timeFormat: found.timeFormat }),
    ...(found.decimalComma === undefined ? {} : { decimalComma: found.decimalComma }),
    ...(found.missing === undefined || found.missing.length === 0 ? {} : { missingValues: [...found.missing] }),
  };
}
