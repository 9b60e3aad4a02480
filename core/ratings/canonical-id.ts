import { createHash } from "node:crypto";
import type { Recipe } from "../contract/entities.ts";
import { canonicalJson } from "../files/json.ts";
import type { IdArena } from "./id-arena.ts";
import type { OrderedRatings } from "./order-ratings.ts";
import { unusedPart } from "./split-parts.ts";

const unitSeparator = 0x1f;
const recordSeparator = 0x1e;
const bufferBytes = 1024 * 1024;
/** The longest record: two ids of 512 characters, up to 4 bytes each, two numbers, a part and separators. */
const longestRecord = 2 * 512 * 4 + 2 * 32 + 8;

/**
 * The id of a snapshot (docs/reference/formats.md): a hash over recipe and rows, in the order of user and item ids as
 * bytes. A rating is written as ECMAScript writes a number (the shortest text that reads back the same), a time as its
 * Unix seconds, an unknown time as nothing. The ids hold no separator: the import refuses such ids. `users` and `items`
 * hold the ids by rank.
 */
export function canonicalId(recipe: Recipe, ratings: OrderedRatings, users: IdArena, items: IdArena): string {
  const hash = createHash("sha256").update(canonicalJson(recipe), "utf8");
  const { u, i, rating, time, part, userRanks, itemRanks } = ratings;
  const buffer = Buffer.alloc(bufferBytes);
  const textOf = texts();
  let used = 0;
  // Hot: some thirty bytes for each rating. What the loop changes is local, so that it stays in registers.
  for (let row = 0; row < u.length; row++) {
    if (used + longestRecord > bufferBytes) {
      hash.update(buffer.subarray(0, used));
      used = 0;
    }
    used = copied(buffer, used, users, userRanks[u[row]!]!);
    buffer[used++] = unitSeparator;
    used = copied(buffer, used, items, itemRanks[i[row]!]!);
    buffer[used++] = unitSeparator;
    const text = textOf(rating[row]!);
    for (let at = 0; at < text.length; at++) buffer[used++] = text[at]!;
    buffer[used++] = unitSeparator;
    const seconds = time[row]!;
    if (!Number.isNaN(seconds)) used = wholeNumber(buffer, used, seconds);
    if (part !== null && part[row] !== unusedPart) {
      buffer[used++] = unitSeparator;
      used = wholeNumber(buffer, used, part[row]!);
    }
    buffer[used++] = recordSeparator;
  }
  hash.update(buffer.subarray(0, used));
  return `s${hash.digest("hex").slice(0, 20)}`;
}

/** Copies an id to `used`; returns the place behind it. */
function copied(buffer: Buffer, used: number, { bytes, start }: IdArena, rank: number): number {
  const end = start[rank + 1]!;
  let to = used;
  for (let at = start[rank]!; at < end; at++) buffer[to++] = bytes[at]!;
  return to;
}

/** The texts of numbers, of which a scale has few. */
function texts(): (value: number) => Uint8Array {
  const known = new Map<number, Uint8Array>();
  const hundredths: (Uint8Array | undefined)[] = Array.from({ length: 2048 });
  const written = (value: number): Uint8Array => Buffer.from(String(value), "latin1");
  return (value) => {
    // Ratings of usual scales, found without a map.
    const place = Math.round(value * 100);
    if (place >= 0 && place < hundredths.length && place / 100 === value && !Object.is(value, -0))
      return (hundredths[place] ??= written(value));
    let text = known.get(value);
    if (text === undefined) {
      text = written(value);
      if (known.size < 100_000) known.set(value, text);
    }
    return text;
  };
}

function wholeNumber(buffer: Buffer, from: number, value: number): number {
  if (value < 0) return from + buffer.write(String(value), from, "latin1");
  let end = from + 1;
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) end++;
  let rest = value;
  for (let at = end - 1; at >= from; at--) {
    const tenth = Math.floor(rest / 10);
    buffer[at] = 48 + (rest - 10 * tenth);
    rest = tenth;
  }
  return end;
}
