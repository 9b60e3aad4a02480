import { ReelbenchError } from "../contract/errors.ts";
import { attributesOfColumn } from "./attribute-values.ts";
import { normaliseName, rolesByName } from "./column-roles.ts";
import type { ReadContext } from "./input-file.ts";
import { readTable } from "./read-table.ts";
import type { TableFile, TableHead } from "./read-table.ts";

/** What a file says of users or items, as words that hold or do not hold of each. */
export interface AttributesFile {
  /** [id] such as `age: 20–29` and `occupation: writer`, or tags. */
  readonly attributes: ReadonlyMap<string, readonly string[]>;
  readonly file: TableFile;
  readonly warnings: readonly string[];
}

/** More than any set of ratings has; memory would go first. */
const mostCells = 40_000_000;
const mostDifferentTags = 1_000_000;
/** Columns beside the id that are looked at. */
const mostColumns = 64;
const longestId = 512;
const longestTag = 80;
/** A tag says something of what has it if others have it, too. */
const leastItems = 3;
const mostTags = 500;

/**
 * Reads a file of users: `u.user`, `users.dat`, or any delimited text with a header that names the column of ids. Every other
 * column becomes attributes (see `attributesOfColumn`). Throws RB_IMPORT_NO_USER_COLUMN where no id can be told.
 */
export async function readUserAttributes(path: string, context: ReadContext): Promise<AttributesFile> {
  const ids = new Map<string, number>();
  let columns: readonly { readonly name: string; readonly at: number; readonly values: string[] }[] = [];
  let skipped = 0;
  let tooMany = 0;
  let leftOut = 0;
  const file = await readTable(path, context, (head) => {
    const { id, names } = userColumns(path, head);
    leftOut = Math.max(0, names.size - mostColumns);
    columns = [...names].slice(0, mostColumns).map(([at, name]) => ({ name, at, values: [] }));
    return (fields) => {
      const user = fields?.[id]?.trim() ?? "";
      if (fields === null || user === "" || user.length > longestId || ids.has(user)) {
        skipped++;
        return;
      }
      if (ids.size * columns.length >= mostCells) {
        tooMany++;
        return;
      }
      ids.set(user, ids.size);
      for (const { at, values } of columns) values.push(fields[at]?.trim() ?? "");
    };
  });
  const warnings = [
    ...(skipped === 0 ? [] : [`${String(skipped)} lines of ${path} hold no id, or one that was there before.`]),
    ...(tooMany === 0 ? [] : [`${String(tooMany)} users in ${path} were left out: they are more than can be kept.`]),
    ...(leftOut === 0
      ? []
      : [`Only the first ${String(mostColumns)} columns of ${path} were read, ${String(leftOut)} were not.`]),
  ];
  const known = columns.flatMap(({ name, values }) => {
    const made = attributesOfColumn(name, values);
    if (typeof made !== "string") return [made];
    warnings.push(`${path}: ${made}`);
    return [];
  });
  const attributes = new Map<string, readonly string[]>();
  for (const [user, row] of ids) {
    const words = known.flatMap((column) => column[row] ?? []);
    if (words.length > 0) attributes.set(user, words);
  }
  return { attributes, file, warnings };
}

/** Which column is the id, and what the others are called. */
function userColumns(path: string, { names, records }: TableHead): { id: number; names: ReadonlyMap<number, string> } {
  const called = names ?? knownColumns(records);
  const id =
    called === null ? -1 : (rolesByName(called).user ?? called.findIndex((name) => normaliseName(name) === "id"));
  if (called === null || id === -1)
    throw new ReelbenchError("RB_IMPORT_NO_USER_COLUMN", `${path}: no column could be taken for the id of the users.`, {
      remedy: "Give the file a first line that names its columns, one of them userId.",
    });
  return { id, names: new Map([...called.entries()].filter(([at]) => at !== id)) };
}

/** MovieLens 100K's u.user and 1M's users.dat, which have no header. */
function knownColumns(records: readonly (readonly string[])[]): readonly string[] | null {
  const layouts = [
    ["user id", "age", "gender", "occupation", "zip code"],
    ["user id", "gender", "age", "occupation", "zip code"],
  ];
  const fits = (layout: readonly string[]) =>
    records.length > 0 &&
    records.every((fields) => fields.length === layout.length && /^[MF]$/.test(fields[layout.indexOf("gender")] ?? ""));
  return layouts.find(fits) ?? null;
}

/**
 * Reads a file of tags that people gave films: `tags.csv`, `tags.dat`, or any delimited text whose header names the film's id
 * and the tag. Case does not count. Kept are the tags of at least three films, the most frequent 500 of them.
 * Throws RB_IMPORT_NO_ITEM_COLUMN where id and tag cannot be told.
 */
export async function readTags(path: string, context: ReadContext): Promise<AttributesFile> {
  const itemsOf = new Map<string, Set<string>>();
  let skipped = 0;
  const file = await readTable(path, context, (head) => {
    const { item, tag } = tagColumns(path, head);
    return (fields) => {
      const id = fields?.[item]?.trim() ?? "";
      const word = (fields?.[tag] ?? "").trim().toLowerCase().replaceAll(/\s+/gu, " ");
      if (id === "" || id.length > longestId || word === "" || word.length > longestTag) {
        skipped++;
        return;
      }
      const items = itemsOf.get(word) ?? new Set();
      if (items.size > 0 || itemsOf.size < mostDifferentTags) itemsOf.set(word, items.add(id));
    };
  });
  const warnings = skipped === 0 ? [] : [`${String(skipped)} lines of ${path} hold no film and tag.`];
  const shared = [...itemsOf]
    .filter(([, items]) => items.size >= leastItems)
    .sort(([a, itemsOfA], [b, itemsOfB]) => itemsOfB.size - itemsOfA.size || (a < b ? -1 : 1));
  const kept = shared.slice(0, mostTags);
  if (kept.length < itemsOf.size)
    warnings.push(
      `Of ${String(itemsOf.size)} tags in ${path} those ${String(kept.length)} were kept that at least ${String(leastItems)} films have${shared.length > mostTags ? ", the most frequent ones" : ""}.`,
    );
  const attributes = new Map<string, string[]>();
  for (const [word, items] of kept)
    for (const id of items) {
      const words = attributes.get(id) ?? [];
      words.push(word);
      attributes.set(id, words);
    }
  for (const words of attributes.values()) words.sort();
  return { attributes, file, warnings };
}

function tagColumns(path: string, { names, records }: TableHead): { item: number; tag: number } {
  // tags.dat of MovieLens 10M: user, film, tag, time.
  if (names === null && records.length > 0 && records.every((fields) => fields.length === 4))
    return { item: 1, tag: 2 };
  const item = names === null ? undefined : rolesByName(names).item;
  const tag = names?.findIndex((name) => ["tag", "tags", "keyword"].includes(normaliseName(name))) ?? -1;
  if (item === undefined || tag === -1)
    throw new ReelbenchError(
      "RB_IMPORT_NO_ITEM_COLUMN",
      `${path}: no columns could be taken for the film's id and the tag.`,
      {
        remedy: "Give the file a first line that names its columns, two of them movieId and tag.",
      },
    );
  return { item, tag };
}
