/** How a file of ratings is read, and what its first records look like. */
import { z } from "zod";
import { count, userId } from "./identifiers.ts";

export const ratingScale = z.object({
  minimum: z.number(),
  maximum: z.number(),
  /** Smallest difference between two ratings that occur; null when it could not be told. */
  step: z.number().positive().nullable(),
});
export type RatingScale = z.infer<typeof ratingScale>;

export const fileFormat = z.enum(["delimited", "jsonl", "parquet", "netflix", "matrix"]);
export const textEncoding = z.enum(["utf-8", "utf-16le", "utf-16be", "latin1", "windows-1252"]);
export const timeFormat = z.enum([
  "unix-seconds",
  "unix-milliseconds",
  "unix-microseconds",
  "iso-8601",
  "us-datetime",
  "eu-datetime",
  "excel-serial",
  "none",
]);

/** The part of a split that was decided before the import. */
export const predefinedPart = z.enum(["train", "validation", "test"]);
export type PredefinedPart = z.infer<typeof predefinedPart>;

/** How a file of ratings is to be read. Everything left out is detected. */
export const readOptions = z.object({
  format: fileFormat.optional(),
  encoding: textEncoding.optional(),
  delimiter: z.string().min(1).max(4).optional(),
  header: z.boolean().optional(),
  decimalComma: z.boolean().optional(),
  timeFormat: timeFormat.optional(),
  /** Column names (or `column0`… where there is no header). */
  userColumn: z.string().optional(),
  itemColumn: z.string().optional(),
  ratingColumn: z.string().optional(),
  timeColumn: z.string().nullable().optional(),
  /** For files of one person's ratings: the user id for every row. */
  singleUserId: userId.optional(),
  /** Values that mean "no rating" (wide matrices: 99). */
  missingValues: z.array(z.string()).optional(),
  scale: z.object({ minimum: z.number(), maximum: z.number() }).optional(),
  /** A column that says of every rating which part of a split it is, or the part that all of this file is. */
  partColumn: z.string().optional(),
  part: predefinedPart.optional(),
});
export type ReadOptions = z.infer<typeof readOptions>;

export const previewColumn = z.object({
  name: z.string(),
  role: z.enum(["user", "item", "rating", "time", "title", "genres", "year", "part", "ignored"]),
  samples: z.array(z.string()),
  /** What its cells are in the first records, and the first of them that does not fit the role. */
  cells: z.object({
    empty: count,
    whole: count,
    number: count,
    date: count,
    text: count,
    unfit: z.object({ count, line: z.int().positive(), value: z.string(), reason: z.string() }).nullable(),
  }),
});

export const filePreview = z.object({
  path: z.string(),
  bytes: count,
  compressed: z.boolean(),
  /** What the reader will do: the options given, completed by detection. */
  options: readOptions,
  /** Name of a known layout when it was recognised ("MovieLens 100K", "IMDb export", …). */
  layout: z.string().nullable(),
  columns: z.array(previewColumn),
  rows: z.array(z.array(z.string().nullable())),
  /** Records of the head that the cells were counted in, and those with another number of fields than most. */
  looked: count,
  ragged: z.object({ count, line: z.int().positive() }).nullable(),
  /** Records of the whole file, by the head's mean length; null where that says nothing (compressed, Parquet). */
  estimatedRecords: count.nullable(),
  scale: ratingScale.nullable(),
  /** A file of titles found beside it (u.item, movies.csv, movies.dat), offered as `itemsPath`. */
  itemsPath: z.string().nullable(),
  /** Files of users and of tags found beside it, offered as `usersPath` and `tagsPath`. */
  usersPath: z.string().nullable(),
  tagsPath: z.string().nullable(),
  /** What a person should know before importing (no times, damaged ids, …). */
  warnings: z.array(z.string()),
  /** Why it cannot be imported as it is; null when it can. */
  problem: z.object({ code: z.string(), message: z.string(), remedy: z.string() }).nullable(),
});
export type FilePreview = z.infer<typeof filePreview>;
