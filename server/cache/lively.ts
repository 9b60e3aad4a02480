import type { Logger } from "../telemetry/logger.ts";

/** What is needed of a client of Redis to tell whether it still reaches anybody. */
interface Connection {
  readonly isReady: boolean;
  ping(): Promise<unknown>;
  destroy(): void;
}

/** A connection that is replaced when it goes dead. */
export interface Lively<C> {
  /** The connection of now: ask for it each time. */
  now(): C;
  close(): void;
}

/** Milliseconds. */
const lookEvery = 1000;
const longestSilence = 5000;

/**
 * Opens a connection, and another one in its place whenever Redis has not answered a ping for `longestSilence`. A
 * connection whose other end vanished without a word is never reported lost: what is written to it is taken by the kernel,
 * and a read would wait for ever. What waits on the one that is given up is rejected.
 */
export function keepLively<C extends Connection>(
  open: () => C,
  { logger, onReplaced = () => undefined }: { readonly logger: Logger; readonly onReplaced?: () => void },
): Lively<C> {
  let connection = open();
  let heardAt = performance.now();

  const look = () => {
    const asked = connection;
    if (asked.isReady)
      asked.ping().then(
        () => {
          if (asked === connection) heardAt = performance.now();
        },
        () => undefined, // Silence is what counts.
      );
    if (performance.now() - heardAt < longestSilence) return;
    logger.debug("redis said nothing for a while; connecting anew");
    connection = open();
    heardAt = performance.now();
    asked.destroy();
    onReplaced();
  };
  const timer = setInterval(look, lookEvery).unref();
  return {
    now: () => connection,
    close() {
      clearInterval(timer);
      connection.destroy();
    },
  };
}
