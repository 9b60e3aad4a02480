import { createClient } from "redis";
import { ReelbenchError, toReelbenchError } from "../contract/errors.ts";

export type RedisClient = Awaited<ReturnType<typeof openRedis>>;

/**
 * A connection that gives up instead of waiting: no reconnecting, no queue while away. Throws RB_TARGET_UNREACHABLE; its
 * message never holds the URL.
 */
export async function openRedis(url: string, signal: AbortSignal) {
  const client = createClient({
    url,
    disableOfflineQueue: true,
    socket: { connectTimeout: 5_000, socketTimeout: 20_000, reconnectStrategy: false },
  });
  // Each command rejects with the same cause; without a listener the process would end.
  client.on("error", () => undefined);
  const onAbort = () => client.destroy();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await client.connect();
    return client;
  } catch (error) {
    if (signal.aborted) throw new ReelbenchError("RB_CANCELLED", undefined, { cause: error });
    throw new ReelbenchError("RB_TARGET_UNREACHABLE", `Redis cannot be reached: ${toReelbenchError(error).message}.`, {
      cause: error,
    });
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

export async function closeRedis(client: RedisClient): Promise<void> {
  await client.close().catch(() => client.destroy());
}
