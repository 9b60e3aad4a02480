import pg from "pg";
import { z } from "zod";
import { ask } from "./ask.ts";
import { keepAliveAfter } from "./database.ts";
import type { Database } from "./database.ts";

/** Something to look at again, said over NOTIFY and Redis. Notices get lost; everyone polls, too. */
export const notice = z.object({
  /** deployment: the pointer moved. probe: a round was opened. catalogue: items changed. */
  kind: z.enum(["deployment", "probe", "catalogue"]),
  channel: z.string(),
});
export type Notice = z.infer<typeof notice>;

export const noticesTopic = "reelbench";

/** Inside a transaction it is delivered when that commits, and never when it does not. */
export async function notify(database: Database, message: Notice): Promise<void> {
  await ask(database, "select pg_notify($1, $2)", [noticesTopic, JSON.stringify(message)]);
}

/**
 * Listens on a connection of its own. `onLost` is called once when that connection ends by itself; the caller decides
 * whether to listen again. Returns the way to stop. What is not a notice is ignored: anyone with a login can send one.
 */
export async function listenForNotices(
  url: string,
  applicationName: string,
  onNotice: (message: Notice) => void,
  onLost: (error: Error | null) => void,
): Promise<() => Promise<void>> {
  const client = new pg.Client({
    connectionString: url,
    application_name: applicationName,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveAfter,
  });
  let over = false;
  const lost = (error: Error | null) => {
    if (over) return;
    over = true;
    onLost(error);
    // Its socket may be half open; nothing more is expected of it.
    client.end().catch(() => undefined);
  };
  client.on("error", lost);
  client.on("end", () => lost(null));
  client.on("notification", ({ payload }) => {
    const parsed = notice.safeParse(parseJson(payload));
    if (parsed.success) onNotice(parsed.data);
  });
  try {
    await client.connect();
    await ask(client, `listen ${noticesTopic}`);
  } catch (error) {
    over = true;
    await client.end().catch(() => undefined);
    throw error;
  }
  return async () => {
    over = true;
    await client.end();
  };
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}
