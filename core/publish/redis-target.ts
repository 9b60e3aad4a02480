import { ReelbenchError, toReelbenchError } from "../contract/errors.ts";
import { connectionFailure } from "../production/connection-failure.ts";

export type RedisClient = Awaited<ReturnType<typeof openRedis>>;

/**
 * A connection that gives up instead of waiting: no reconnecting, no queue while away. Throws RB_TARGET_UNREACHABLE; its
 * message never holds the URL.
 */
export async function openRedis(url: string, signal: AbortSignal) {
  // A megabyte of program that only who publishes there needs.
  const { createClient } = await import("redis");
  if (signal.aborted) throw new ReelbenchError("RB_CANCELLED");
  const client = createClient({
    url,
    disableOfflineQueue: true,
    socket: { connectTimeout: 5_000, socketTimeout: 20_000, reconnectStrategy: false },
  });
  // Each command rejects with the same cause; without a listener the process would end.
  client.on("error", () => undefined);
  const onAbort = () => end(client);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await client.connect();
    return client;
  } catch (error) {
    if (signal.aborted) throw new ReelbenchError("RB_CANCELLED", undefined, { cause: error });
    throw redisError(error);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** Never throws: a connection that was lost has nothing left to be closed. */
export async function closeRedis(client: RedisClient): Promise<void> {
  await client.close().catch(() => end(client));
}

function end(client: { readonly isOpen: boolean; destroy(): void }): void {
  if (client.isOpen) client.destroy();
}

/** What a command of Redis threw, in words for people. */
export function redisError(error: unknown): ReelbenchError {
  if (error instanceof ReelbenchError) return error;
  const { message } = toReelbenchError(error);
  if (/^(NOAUTH|WRONGPASS|NOPERM)|invalid password|without any password/i.test(message))
    return new ReelbenchError("RB_TARGET_LOGIN", `Redis refused the login: ${message}.`, { cause: error });
  const away = error instanceof Error ? connectionFailure(error, "Redis") : null;
  return new ReelbenchError("RB_TARGET_UNREACHABLE", `Redis cannot be reached: ${away?.reason ?? message}.`, {
    cause: error,
    remedy: away?.remedy,
  });
}
