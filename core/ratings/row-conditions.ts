import type { RowFilter } from "../contract/snapshot-tables.ts";
import { sqlPath } from "./database.ts";
import type { FeatureFiles } from "./snapshot-features.ts";

type Value = string | number;

interface Range {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

export interface Conditions {
  /** A condition, told the parameter that stands for its value. */
  add(sql: (parameter: string) => string, value?: Value): void;
  range(column: string, range: Range | undefined): void;
  /** Rows whose number is among those of a file that fulfil all that `ask` adds; nothing where it adds nothing. */
  among(number: "u" | "i", file: string, ask: (inner: Conditions) => void): void;
  /** `a AND b`; empty where there is none. */
  text(): string;
  readonly values: Value[];
}

/** Conditions that must all hold; their parameters are numbered from `first`. */
export function conditions(first = 1, values: Value[] = []): Conditions {
  const parts: string[] = [];
  const add: Conditions["add"] = (sql, value) => {
    if (value !== undefined) values.push(value);
    parts.push(sql(`$${String(first - 1 + values.length)}`));
  };
  return {
    add,
    range(column, range) {
      if (range?.from !== undefined) add((at) => `${column} >= ${at}`, range.from);
      if (range?.to !== undefined) add((at) => `${column} <= ${at}`, range.to);
    },
    among(number, file, ask) {
      const inner = conditions(first, values);
      ask(inner);
      if (inner.text() !== "")
        add(() => `${number} IN (SELECT ${number} FROM read_parquet(${sqlPath(file)}) WHERE ${inner.text()})`);
    },
    text: () => parts.join(" AND "),
    values,
  };
}

/** Whether the filter asks anything of users or items, which the feature files know. */
export function needsFeatures({ rating: _rating, time: _time, timed: _timed, ...asked }: RowFilter): boolean {
  return Object.values(asked).some((value) => value !== undefined);
}

/** Adds what a filter asks of the ratings (u, i, rating, time) of a snapshot. */
export function addRowFilter(where: Conditions, filter: RowFilter, files: FeatureFiles | null): void {
  const { rating, time, timed, userId, itemId, userRatings, itemRatings, account, titled, genre } = filter;
  const seconds = (iso: string) => Date.parse(iso) / 1000;
  where.range("rating", rating);
  if (time?.from !== undefined) where.add((at) => `"time" >= ${at}`, seconds(time.from));
  if (time?.to !== undefined) where.add((at) => `"time" < ${at}`, seconds(time.to));
  if (timed !== undefined) where.add(() => `"time" IS ${timed ? "NOT " : ""}NULL`);
  if (files === null) return;
  where.among("u", files.users, (inner) => {
    if (userId !== undefined) inner.add((at) => `user_id = ${at}`, userId);
    inner.range("n", userRatings);
    if (account !== undefined) inner.add(() => `"${account}"`);
  });
  where.among("i", files.items, (inner) => {
    if (itemId !== undefined) inner.add((at) => `item_id = ${at}`, itemId);
    inner.range("n", itemRatings);
    if (titled !== undefined) inner.add(() => `title IS ${titled ? "NOT " : ""}NULL`);
    if (genre !== undefined) inner.add((at) => `list_contains(genres, ${at})`, genre);
  });
}
