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

/**
 * One publication at a time on a channel (PUB-7). The lock belongs to a connection of its own, so that it ends with the
 * process however that ends; keepalives end it within half a minute for a machine that is gone. Waits a moment for the
 * lock of a process that was just killed; otherwise throws RB_CONFLICT.
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
  const onLost = () => {
    if (!released)
      lost.abort(
        new ReelbenchError("RB_TARGET_UNREACHABLE", "The connection that holds the publisher's lock was lost."),
      );
  };
  client.on("error", onLost);
  client.on("end", onLost);
  const release = async () => {
    released = true;
    await client.end().catch(() => undefined);
  };
  const take = async (name: string, patience: number) => {
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
  } catch (error) {
    await release();
    throw productionError(error);
  }
  return { lost: lost.signal, also: (name) => take(name, 3_000), release };
}
