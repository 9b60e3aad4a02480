import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { ReelbenchError } from "../contract/errors.ts";
import type { Bundle } from "../models/bundle.ts";
import type { History } from "../production/histories.ts";
import type { ProbeRequest, StoredProbeAnswer } from "../production/probes.ts";
import { createRecommender } from "../recommend/recommender.ts";
import type { HistoryOf } from "../recommend/recommender.ts";

/** A question and the workbench's own answer. */
export interface Probe {
  readonly request: ProbeRequest;
  readonly itemIds: readonly string[];
  readonly scores: readonly number[];
}

const listLength = 20;
/** Of ratings folded in for somebody new. */
const foldInRatings = 50;
export const tolerance = 1e-6;

/**
 * The users to ask about: the `count` with the smallest SHA-256 of (seed, id), so that the same publication asks the same
 * ones and nobody can be left out by choice. `histories` is read once.
 */
export async function sampleHistories(
  histories: AsyncIterable<History> | Iterable<History>,
  count: number,
  seed: string,
): Promise<History[]> {
  let sample: { readonly rank: string; readonly history: History }[] = [];
  const order = (a: { rank: string }, b: { rank: string }) => (a.rank < b.rank ? -1 : 1);
  for await (const history of histories) {
    sample.push({ rank: createHash("sha256").update(`${seed}\0${history.userId}`).digest("hex"), history });
    if (sample.length >= 4 * count + 1000) sample = sample.sort(order).slice(0, count);
  }
  return sample
    .sort(order)
    .slice(0, count)
    .map(({ history }) => history);
}

/**
 * Two of three are asked as the users they are; every third as somebody new who gives that person's ratings (fold-in).
 * Every fifth with what they have seen left in, so that factors and seen filters are both compared. The answers come from
 * the bundle on this side, through the same `core/recommend` that evaluated it.
 */
export async function planProbes(
  bundle: Bundle,
  sample: readonly History[],
  hidden: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Probe[]> {
  const { model, userIds, itemIds } = bundle;
  const itemIndex = new Map(itemIds.map((itemId, i) => [itemId, i]));
  const userIndex = new Map(userIds.map((userId, u) => [userId, u]));
  const recommender = createRecommender(model, historyOfSample(bundle, sample, itemIndex));
  const hiddenItems = itemIds.flatMap((itemId, i) => (hidden.has(itemId) ? [i] : []));
  const planned: Probe[] = [];
  for (const [n, history] of sample.entries()) {
    // One list is milliseconds; hundreds must not hold up everything else in this process.
    await setImmediate();
    signal.throwIfAborted();
    planned.push(planOne(history, n));
  }
  return planned;

  function planOne(history: History, n: number): Probe {
    const rated = ratingsOf(history, itemIndex, model.scale);
    const u = userIndex.get(history.userId);
    const excludeSeen = n % 5 !== 4;
    // To people who ask, a hidden item does not exist; nobody new can have rated it.
    const given = rated.filter(({ itemId }) => !hidden.has(itemId)).slice(0, foldInRatings);
    const asNew = n % 3 === 2 || u === undefined;
    const who = asNew ? recommender.foldIn(given) : u;
    const seen = excludeSeen ? (asNew ? given : rated).map(({ i }) => i) : [];
    const ranked = recommender.topN(who, listLength, { exclude: [...seen, ...hiddenItems] });
    return {
      request: asNew
        ? {
            kind: "fold-in",
            itemIds: given.map(({ itemId }) => itemId),
            ratings: given.map(({ rating }) => rating),
            listLength,
            excludeSeen,
          }
        : { kind: "known", userId: history.userId, listLength, excludeSeen },
      itemIds: ranked.map(({ i }) => itemIds[i] ?? ""),
      scores: ranked.map(({ score }) => score),
    };
  }
}

/** The histories of a sample as the bundle's model takes them: for models that answer known users from their ratings. */
export function historyOfSample(
  { model, userIds }: Bundle,
  sample: readonly History[],
  itemIndex: ReadonlyMap<string, number>,
): HistoryOf {
  const byUser = new Map(sample.map((history) => [history.userId, history]));
  return (u) => {
    const history = byUser.get(userIds[u] ?? "");
    return history === undefined ? [] : ratingsOf(history, itemIndex, model.scale);
  };
}

/** Ratings of items that the model has; rounding at the end of the scale must not make one an error. */
function ratingsOf(
  history: History,
  itemIndex: ReadonlyMap<string, number>,
  scale: Bundle["model"]["scale"],
): { i: number; itemId: string; rating: number }[] {
  return history.itemIds.flatMap((itemId, index) => {
    const i = itemIndex.get(itemId);
    const rating = Math.min(Math.max(history.ratings[index] ?? NaN, scale.minimum), scale.maximum);
    return i === undefined ? [] : [{ i, itemId, rating }];
  });
}

export interface AnswerComparison {
  readonly compared: number;
  readonly mismatches: number;
  readonly largestDifference: number;
  /** The first mismatch in words; null when there is none. */
  readonly example: string | null;
}

/** Same items in the same order, and every score within 1e-6 (PUB-8). An error, a gap or a missing answer is a mismatch. */
export function compareAnswers(
  probes: readonly Probe[],
  answers: readonly StoredProbeAnswer[],
  serverIds: readonly string[],
): AnswerComparison {
  const byKey = new Map(answers.map((answer) => [`${answer.serverId}\0${answer.n}`, answer]));
  let compared = 0;
  let mismatches = 0;
  let largestDifference = 0;
  let example: string | null = null;
  for (const serverId of serverIds) {
    for (const [n, probe] of probes.entries()) {
      const answer = byKey.get(`${serverId}\0${n}`);
      if (answer !== undefined && answer.error === null) compared++;
      const difference = answer === undefined ? { text: "no answer", largest: 0 } : differenceOf(probe, answer);
      largestDifference = Math.max(largestDifference, difference.largest);
      if (difference.text === null) continue;
      mismatches++;
      const who =
        probe.request.kind === "known"
          ? `user ${probe.request.userId}`
          : `a new user with ${probe.request.itemIds.length} ratings`;
      example ??= `server ${serverId}, ${who}: ${difference.text}`;
    }
  }
  return { compared, mismatches, largestDifference, example };
}

function differenceOf(
  probe: Probe,
  answer: StoredProbeAnswer,
): { readonly text: string | null; readonly largest: number } {
  if (answer.error !== null) return { text: answer.error, largest: 0 };
  const ours = new Map(probe.itemIds.map((itemId, at) => [itemId, probe.scores[at] ?? NaN]));
  let largest = 0;
  let text: string | null =
    answer.itemIds.length === probe.itemIds.length
      ? null
      : `${answer.itemIds.length} items instead of ${probe.itemIds.length}`;
  for (const [at, itemId] of answer.itemIds.entries()) {
    if (itemId !== probe.itemIds[at])
      text ??= `item ${itemId} instead of ${probe.itemIds[at] ?? "none"} at rank ${at + 1}`;
    const score = answer.scores[at] ?? NaN;
    const difference = Math.abs(score - (ours.get(itemId) ?? score));
    if (Number.isFinite(difference)) largest = Math.max(largest, difference);
    if (!(difference <= tolerance))
      text ??= `item ${itemId} scores ${score} instead of ${ours.get(itemId) ?? "nothing"}`;
  }
  return { text, largest };
}

/** Postgres text holds no NUL; neither may an id that goes there. Throws RB_INVALID_INPUT naming the first. */
export function checkStorable(ids: readonly string[]): void {
  const bad = ids.find((id) => id.includes("\0") || /\p{Surrogate}/u.test(id));
  if (bad !== undefined)
    throw new ReelbenchError(
      "RB_INVALID_INPUT",
      `The id ${JSON.stringify(bad)} cannot be stored in Postgres (a NUL or half a character).`,
    );
}
