import { listenForNotices } from "../../core/production/notices.ts";
import type { Logger } from "../telemetry/logger.ts";

const firstPause = 500;
const longestPause = 10_000;

/** Listens for Postgres' notices for as long as the server runs; a lost connection is made again. The poll covers the gap. */
export function listenToPostgres(options: {
  readonly url: string;
  readonly channel: string;
  readonly onNotice: () => void;
  readonly logger: Logger;
}): { close(): Promise<void> } {
  let stop: (() => Promise<void>) | null = null;
  let timer: NodeJS.Timeout | undefined;
  let pause = firstPause;
  let closed = false;

  const again = () => {
    stop = null;
    if (closed) return;
    timer = setTimeout(() => void start(), pause);
    pause = Math.min(2 * pause, longestPause);
  };

  async function start(): Promise<void> {
    try {
      const listening = await listenForNotices(
        options.url,
        "reelbench-server notices",
        ({ channel, kind }) => {
          // The catalogue is every channel's.
          if (channel === options.channel || kind === "catalogue") options.onNotice();
        },
        again,
      );
      if (closed) await listening();
      else {
        stop = listening;
        pause = firstPause;
        // What was said while nobody listened.
        options.onNotice();
      }
    } catch (error) {
      options.logger.debug({ error: String(error) }, "cannot listen for notices");
      again();
    }
  }

  const started = start();
  return {
    async close() {
      closed = true;
      clearTimeout(timer);
      await started;
      await stop?.().catch(() => undefined);
    },
  };
}
