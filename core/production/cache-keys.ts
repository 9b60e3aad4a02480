import { z } from "zod";

/**
 * Redis keys of what depends on a model. Every one carries the channel and the version, so that a switch never serves an
 * answer of the model before, and nothing needs to be searched for and deleted. The braces make one hash slot of all the
 * keys of a user (Redis Cluster), so that the epoch and the list are read in one round trip.
 */

export type Namespace = "data" | "account";

export interface CacheUser {
  readonly namespace: Namespace;
  readonly userId: string;
}

/** Repeats the count of the user's feedback in Postgres (`feedbackEpochs`). Missing means nothing: whoever needs it counts. */
export function feedbackEpochKey(channel: string, user: CacheUser): string {
  return `reelbench:${channel}:epoch:{${userTag(user)}}`;
}

/**
 * The user's ranking under a version: the first `rankingLength` items, those the user's history holds left out, before
 * any per-request filter. Value: `cachedRanking` as JSON.
 */
export function rankingKey(channel: string, version: string, user: CacheUser, epoch: number): string {
  return `reelbench:${channel}:v:${version}:ranking:${epoch}:{${userTag(user)}}`;
}

/** What the user is predicted to rate items under a version: as many items as anybody asked about. */
export function predictionsKey(channel: string, version: string, user: CacheUser, epoch: number): string {
  return `reelbench:${channel}:v:${version}:predictions:${epoch}:{${userTag(user)}}`;
}

interface Whose {
  readonly version?: string;
  readonly userId?: string;
}

/** For SCAN: the rankings of a channel, of one version or one user of the data if named. */
export function rankingPattern(channel: string, whose: Whose): string {
  return keptPattern(channel, "ranking", whose);
}

/** For SCAN: the same of predictions. */
export function predictionsPattern(channel: string, whose: Whose): string {
  return keptPattern(channel, "predictions", whose);
}

function keptPattern(channel: string, what: "ranking" | "predictions", { version, userId }: Whose): string {
  const literal = (text: string) => text.replaceAll(/[\\*?[\]]/g, "\\$&");
  const tag = userId === undefined ? "*" : literal(userTag({ namespace: "data", userId }));
  return `reelbench:${literal(channel)}:v:${version === undefined ? "*" : literal(version)}:${what}:*:{${tag}}`;
}

/** Pub/sub channel on which servers tell each other what to forget. */
export function cacheNoticeChannel(channel: string): string {
  return `reelbench:${channel}:cache`;
}

/** Items kept in a cached ranking: enough for the longest list after ordinary filters. */
export const rankingLength = 200;

/** Seconds after which an unread ranking goes. */
export const rankingLifetime = 24 * 60 * 60;

export const cachedRanking = z.object({
  items: z.array(z.string().min(1).max(512)).max(rankingLength),
  scores: z.array(z.number()).max(rankingLength),
});
export type CachedRanking = z.infer<typeof cachedRanking>;

/** How many requests of a key or an address were let through. Belongs to no version. */
export function rateLimitKey(channel: string, what: "key" | "address", who: string): string {
  return `reelbench:${channel}:limit:${what}:{${encodeURIComponent(who)}}`;
}

/** Pub/sub channel that repeats Postgres' notices for those who listen on Redis. */
export function noticeChannel(channel: string): string {
  return `reelbench:${channel}:notices`;
}

/** Ids are the data's own and may hold anything, braces too. */
function userTag({ namespace, userId }: CacheUser): string {
  return `${namespace}:${encodeURIComponent(userId)}`;
}
