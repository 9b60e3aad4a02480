import { z } from "zod";
import { ask } from "./ask.ts";
import { bigCount, parseRows } from "./database.ts";
import type { Database } from "./database.ts";

/** Seconds between a server's heartbeats, and without one after which it no longer counts as live. */
export const heartbeatSeconds = 2;
export const liveSeconds = 10;
/** Seconds after which two heartbeats are missing. */
const missedSeconds = 2.5 * heartbeatSeconds;
/** Seconds for which a server that fell silent is still told of. */
const rememberedSeconds = 300;

export interface Heartbeat {
  /** Of this process, not of this machine: a restarted server is another one. */
  readonly id: string;
  readonly channel: string;
  /** Where it listens, as it knows itself; null when that would mean nothing to others. */
  readonly url: string | null;
  /** Name and version of the software. */
  readonly software: string;
  readonly servingVersion: string | null;
  readonly servingEpoch: number | null;
  /** The candidate loaded beside the serving version for a probe. */
  readonly candidateVersion: string | null;
  /** Why the active version or a candidate could not be loaded. */
  readonly failure: string | null;
}

const serverRow = z
  .object({
    id: z.string(),
    channel: z.string(),
    url: z.string().nullable(),
    software: z.string(),
    serving_version: z.string().nullable(),
    serving_epoch: bigCount.nullable(),
    candidate_version: z.string().nullable(),
    failure: z.string().nullable(),
    seen_at: z.date(),
  })
  .transform((row) => ({
    id: row.id,
    channel: row.channel,
    url: row.url,
    software: row.software,
    servingVersion: row.serving_version,
    servingEpoch: row.serving_epoch,
    candidateVersion: row.candidate_version,
    failure: row.failure,
    seenAt: row.seen_at,
  }));
export type LiveServer = z.output<typeof serverRow>;

/** Times are the database's: clocks of servers differ. */
export async function recordHeartbeat(database: Database, beat: Heartbeat): Promise<void> {
  await ask(
    database,
    `insert into reelbench.servers (id, channel, url, software, serving_version, serving_epoch, candidate_version, failure) values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (id) do update set channel = $2, url = $3, software = $4, serving_version = $5, serving_epoch = $6, candidate_version = $7, failure = $8, seen_at = now()`,
    [
      beat.id,
      beat.channel,
      beat.url,
      beat.software,
      beat.servingVersion,
      beat.servingEpoch,
      beat.candidateVersion,
      beat.failure?.slice(0, 1000) ?? null,
    ],
  );
}

/** A server that stops in good order says so. Also clears away those not seen for a day. */
export async function removeServer(database: Database, id: string): Promise<void> {
  await ask(database, "delete from reelbench.servers where id = $1 or seen_at < now() - interval '1 day'", [id]);
}

/** Servers of a channel with a heartbeat in the last `liveSeconds`. */
export async function liveServers(database: Database, channel: string): Promise<LiveServer[]> {
  const result = await ask(
    database,
    `select id, channel, url, software, serving_version, serving_epoch, candidate_version, failure, seen_at from reelbench.servers
     where channel = $1 and seen_at > now() - make_interval(secs => $2) order by id`,
    [channel, liveSeconds],
  );
  return parseRows(serverRow, result);
}

export interface SeenServer {
  readonly id: string;
  readonly url: string | null;
  readonly servingVersion: string | null;
  /** Seconds since its last heartbeat. */
  readonly silentFor: number;
  /** False: two heartbeats are missing. It was killed, hangs or cannot reach this database. */
  readonly reporting: boolean;
}

const seenRow = z.object({
  id: z.string(),
  url: z.string().nullable(),
  serving_version: z.string().nullable(),
  silent_for: z.number(),
});

/**
 * Servers of a channel, those that have fallen silent in the last minutes among them: for people. A silent one is left out where
 * another reports from its address, which was started in its place.
 */
export async function seenServers(database: Database, channel: string): Promise<readonly SeenServer[]> {
  const result = await ask(
    database,
    `select id, url, serving_version, greatest(0, extract(epoch from now() - seen_at))::float8 as silent_for from reelbench.servers
     where channel = $1 and seen_at > now() - make_interval(secs => $2) order by id`,
    [channel, rememberedSeconds],
  );
  const seen = parseRows(seenRow, result).map((row) => ({
    id: row.id,
    url: row.url,
    servingVersion: row.serving_version,
    silentFor: row.silent_for,
    reporting: row.silent_for <= missedSeconds,
  }));
  const taken = new Set(seen.flatMap(({ reporting, url }) => (reporting && url !== null ? [url] : [])));
  return seen.filter(({ reporting, url }) => reporting || url === null || !taken.has(url));
}
