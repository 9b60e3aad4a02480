import pg from "pg";
import { z } from "zod";
import { ReelbenchError } from "../contract/errors.ts";
import { ask } from "./ask.ts";
import { keepAliveAfter, parseRow, productionError } from "./database.ts";

export interface PublisherLock {
  /** Aborted when the connection that holds the lock is lost: somebody else may hold it from then on. */
  readonly lost: AbortSignal;
  /** One more name under the same connection. Throws RB_CONFLICT when somebody else holds it. */
  also(name: string): Promise<void>;
  release(): Promise<void>;
}

/** Milliseconds from one sign of life to the next: a Postgres that hangs says nothing, and no kernel tells of that. */
const beatEvery = 5_000;

/**
 * One publication at a time on a channel (PUB-7). The lock belongs to a connection of its own, so that it ends with the
 * process however that ends; keepalives end it within half a minute for a machine that is gone, and a Postgres that hangs is
 * noticed within a quarter of one. Waits a moment for the lock of a process that was just killed; otherwise throws
 * RB_CONFLICT.
 */
export async function lockPublisher(url: string, channel: string, signal: AbortSignal): Promise<PublisherLock> {
  const client = new pg.Client({
    connectionString: url,
    application_name: "reelbench publish (lock)",
    connectionTimeoutMillis: 5_000,
    query_timeout: 10_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveAfter,
  });
  const lost = new AbortController();
  let released = false;
  let beat: NodeJS.Timeout | undefined;
  const onLost = (cause?: unknown) => {
    clearInterval(beat);
    if (released) return;
    const { message, remedy } = productionError(cause ?? new Error("Connection terminated"));
    lost.abort(
      new ReelbenchError(
        "RB_TARGET_UNREACHABLE",
        `${message} It was lost in the middle of the publication: what was serving still is, and publishing again goes on where it was.`,
        { cause, remedy },
      ),
    );
  };
  client.on("error", onLost);
  client.on("end", () => onLost());
  const release = async () => {
    released = true;
    clearInterval(beat);
    await client.end().catch(() => undefined);
  };
  // A connection answers one question at a time.
  let asked: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(question: () => Promise<T>): Promise<T> => {
    const answer = asked.then(question);
    asked = answer.catch(() => undefined);
    return answer;
  };
  const take = (name: string, patience: number) => inTurn(() => tryUntilTaken(name, patience));
  const tryUntilTaken = async (name: string, patience: number) => {
    for (const deadline = Date.now() + patience; ;) {
      const row = parseRow(
        z.object({ locked: z.boolean() }),
        await ask(client, "select pg_try_advisory_lock(hashtextextended($1, 0)) as locked", [
          `reelbench.publish:${name}`,
        ]),
      );
      if (row?.locked === true) return;
      if (Date.now() >= deadline || signal.aborted) {
        throw new ReelbenchError(
          "RB_CONFLICT",
          `Another publication is under way on this target (${name}). Wait for it, or cancel it where it was started.`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
  try {
    await client.connect();
    await ask(client, "set tcp_keepalives_idle = 10");
    await ask(client, "set tcp_keepalives_interval = 5");
    await ask(client, "set tcp_keepalives_count = 3");
    await take(`channel ${channel}`, 3_000);
    beat = setInterval(() => void inTurn(() => client.query("select 1")).catch(onLost), beatEvery);
    beat.unref();
  } catch (error) {
    await release();
    throw productionError(error);
  }
  return { lost: lost.signal, also: (name) => take(name, 3_000), release };
}
