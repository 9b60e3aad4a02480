import type { EntityFilter, RowFilter } from "../../../../core/contract/snapshot-tables.ts";

interface Range {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

const accountWords = {
  constant: "of users who always give the same rating",
  burst: "of users who gave nearly all within an hour",
  everything: "of users who rated most of the catalogue",
} as const;

/** "3", "3 to 5", "3 or more", "at most 5". */
function rangeWords({ from, to }: Range): string {
  if (from === undefined) return `at most ${String(to ?? "any")}`;
  if (to === undefined) return `${String(from)} or more`;
  return from === to ? String(from) : `${String(from)} to ${String(to)}`;
}

/** Each thing a filter asks for in words, under its name. */
export function describeRowFilter(
  filter: RowFilter,
): readonly { readonly key: keyof RowFilter; readonly text: string }[] {
  const { userId, itemId, rating, time, timed, userRatings, itemRatings, account, titled, genre } = filter;
  const said: { key: keyof RowFilter; text: string }[] = [];
  if (userId !== undefined) said.push({ key: "userId", text: `of user ${userId}` });
  if (itemId !== undefined) said.push({ key: "itemId", text: `of film ${itemId}` });
  if (rating !== undefined) said.push({ key: "rating", text: `rating ${rangeWords(rating)}` });
  if (time !== undefined) said.push({ key: "time", text: timeWords(time) });
  if (timed !== undefined) said.push({ key: "timed", text: timed ? "with a time" : "without a time" });
  if (userRatings !== undefined)
    said.push({ key: "userRatings", text: `of users with ${rangeWords(userRatings)} ratings` });
  if (itemRatings !== undefined)
    said.push({ key: "itemRatings", text: `of films with ${rangeWords(itemRatings)} ratings` });
  if (account !== undefined) said.push({ key: "account", text: accountWords[account] });
  if (titled !== undefined) said.push({ key: "titled", text: `of films ${titled ? "with" : "without"} a title` });
  if (genre !== undefined) said.push({ key: "genre", text: `of the genre ${genre}` });
  return said;
}

function timeWords({ from, to }: NonNullable<RowFilter["time"]>): string {
  const day = (iso: string) => iso.slice(0, 10);
  if (from === undefined) return to === undefined ? "any time" : `before ${day(to)}`;
  return to === undefined ? `from ${day(from)}` : `from ${day(from)} until before ${day(to)}`;
}

export function describeEntityFilter(
  filter: EntityFilter,
): readonly { readonly key: keyof EntityFilter; readonly text: string }[] {
  const { ratings, mean, levels, account, titled, genre, sameTitle } = filter;
  const said: { key: keyof EntityFilter; text: string }[] = [];
  if (ratings !== undefined) said.push({ key: "ratings", text: `${rangeWords(ratings)} ratings` });
  if (mean !== undefined) said.push({ key: "mean", text: `mean ${rangeWords(mean)}` });
  if (levels !== undefined) said.push({ key: "levels", text: `${rangeWords(levels)} different ratings` });
  if (account !== undefined) said.push({ key: "account", text: accountWords[account].replace("of users ", "") });
  if (titled !== undefined) said.push({ key: "titled", text: titled ? "with a title" : "without a title" });
  if (genre !== undefined) said.push({ key: "genre", text: `genre ${genre}` });
  if (sameTitle === true) said.push({ key: "sameTitle", text: "share title and year with another" });
  return said;
}
