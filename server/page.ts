import { createHash } from "node:crypto";
import { rankingLength } from "../core/production/cache-keys.ts";
import { diversify, explore } from "../core/recommend/diversify.ts";
import type { Ranking } from "./cache/ranking.ts";
import { knownItems, toItemFilter } from "./live-model/answer.ts";
import { isAllowed } from "./live-model/score.ts";
import type { SharedCatalogue, SharedModel } from "./live-model/shared-model.ts";
import type { RequestedFilter } from "./live-model/answer.ts";
import type { Person } from "./person.ts";

/** What of a request decides which of a person's items it gets (the fields of `PersonRequest`). */
interface PageRequest {
  readonly person: Person;
  readonly n: number;
  readonly filter: RequestedFilter;
  readonly diversity: number;
  readonly explore: number;
}

/** A stretch of a ranking. */
export interface Page {
  readonly items: readonly number[];
  readonly scores: readonly number[];
  /** Items of the pages before. */
  readonly shown: number;
  /** In the ranking, after the last item. */
  readonly position: number;
  /** Something comes after it. */
  readonly more: boolean;
  readonly exploredRanks: readonly number[];
}

/** Candidates that a list is made diverse from, for each of its places. */
const candidatesPerPlace = 5;

/**
 * The next `n` of the ranking that pass the filter, made diverse or given in part to chance if that is asked for (then there is
 * one page). Null when there may be more of them beyond the ranking's end than there are in it.
 */
export function choosePage(
  shared: SharedModel,
  ranking: Ranking,
  request: PageRequest,
  from: { readonly position: number; readonly shown: number },
): Page | null {
  const { n, diversity } = request;
  const chance = ranking.basis === "popularity" ? request.explore : 0;
  const single = diversity > 0 || chance > 0;
  const wanted = diversity > 0 ? candidatesPerPlace * n : chance > 0 ? rankingLength : n;
  const found = pass(shared, ranking, request, from.position, wanted);
  const cutShort = ranking.items.length >= rankingLength && found.more === null;
  if (from.shown === 0 && found.items.length < n && cutShort) return null;
  const { shown } = from;
  const { items, scores } = found;
  const position = found.last + 1;
  if (!single) return { items, scores, shown, position, more: found.more !== null, exploredRanks: [] };
  const { positions, explored } =
    chance > 0
      ? explore(items.length, n, chance, randomOf(shared, request))
      : { positions: diversify(scores, likeness(shared.catalogue, items), n, diversity), explored: [] };
  return {
    items: positions.map((at) => items[at] ?? 0),
    scores: positions.map((at) => scores[at] ?? 0),
    shown,
    position,
    more: false,
    exploredRanks: explored.map((place) => place + 1),
  };
}

function pass(
  shared: SharedModel,
  ranking: Ranking,
  { filter }: PageRequest,
  start: number,
  wanted: number,
): { readonly items: number[]; readonly scores: number[]; readonly last: number; readonly more: number | null } {
  const itemFilter = toItemFilter(shared, filter);
  const excluded = new Set(knownItems(shared, filter.exclude));
  const items: number[] = [];
  const scores: number[] = [];
  let last = start - 1;
  for (let rank = start; rank < ranking.items.length; rank++) {
    const i = ranking.items[rank] ?? -1;
    if (excluded.has(i) || !isAllowed(shared.catalogue, i, itemFilter)) continue;
    if (items.length === wanted) return { items, scores, last, more: rank };
    items.push(i);
    scores.push(ranking.scores[rank] ?? 0);
    last = rank;
  }
  return { items, scores, last, more: null };
}

/** Of two items of the list, by position: the genres they share among those that either has (Jaccard). Nothing tells apart two without any. */
function likeness(
  { genreBits, genreWords }: SharedCatalogue,
  items: readonly number[],
): (a: number, b: number) => number {
  return (a, b) => {
    const first = (items[a] ?? 0) * genreWords;
    const second = (items[b] ?? 0) * genreWords;
    let both = 0;
    let either = 0;
    for (let word = 0; word < genreWords; word++) {
      const x = genreBits[first + word] ?? 0;
      const y = genreBits[second + word] ?? 0;
      both += bitCount(x & y);
      either += bitCount(x | y);
    }
    return either === 0 ? 1 : both / either;
  };
}

function bitCount(word: number): number {
  let left = word - ((word >>> 1) & 0x55555555);
  left = (left & 0x33333333) + ((left >>> 2) & 0x33333333);
  return Math.imul((left + (left >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** The day, in UTC: on one day a person meets the same chances, on the next others. */
export function explorationDay(now: Date = new Date()): string {
  return now.toISOString().slice(0, 10);
}

function randomOf({ version }: SharedModel, { person }: PageRequest): () => number {
  const seed = createHash("sha256")
    .update(JSON.stringify([version, person.user.namespace, person.user.userId, explorationDay()]))
    .digest();
  let state = seed.readUInt32LE(0);
  // mulberry32
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
