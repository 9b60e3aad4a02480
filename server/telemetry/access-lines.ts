import type { ServerConfig } from "../config.ts";
import { createTimestamp } from "./logger.ts";

/** One request and how it ended. */
export interface AccessEntry {
  readonly level: "debug" | "info" | "warn";
  readonly requestId: string;
  /** Of a request that is traced. */
  readonly traceId: string | null;
  readonly method: string;
  /** The route's pattern, never the path with its ids. */
  readonly route: string;
  readonly status: string;
  readonly milliseconds: number;
}

export interface AccessLines {
  /** Takes a line for the next batch. */
  write(entry: AccessEntry): void;
  /** Hands over what waits. */
  flush(): void;
}

/** Characters that are handed over at once, and milliseconds after which fewer are. */
const batchLength = 16_384;
const batchMs = 100;
/** Routes, methods and statuses are few; whoever makes up methods must not fill the memory. */
const mostRemembered = 2000;

/**
 * JSON lines as the logger writes them, put together by hand and handed over many at a time: each goes out with every
 * request, and what differs between two is three values.
 */
export function createAccessLines(
  { serverId, channel, logLevel }: Pick<ServerConfig, "serverId" | "channel" | "logLevel">,
  write: (lines: string, count: number) => void,
): AccessLines {
  const timestamp = createTimestamp();
  const base = `,"server":${JSON.stringify(serverId)},"channel":${JSON.stringify(channel)},"requestId":"`;
  const order = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];
  const lowest = order.indexOf(logLevel);
  const wanted = {
    debug: order.indexOf("debug") >= lowest,
    info: order.indexOf("info") >= lowest,
    warn: order.indexOf("warn") >= lowest,
  };
  const ends = new Map<string, string>();
  let pending = "";
  let count = 0;
  let timer: NodeJS.Timeout | null = null;

  function endOf(method: string, route: string, status: string): string {
    const key = `${status} ${method} ${route}`;
    let end = ends.get(key);
    if (end === undefined) {
      end = `","method":${JSON.stringify(method)},"route":${JSON.stringify(route)},"status":"${status}","milliseconds":`;
      if (ends.size < mostRemembered) ends.set(key, end);
    }
    return end;
  }

  function flush(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (count === 0) return;
    const [lines, many] = [pending, count];
    pending = "";
    count = 0;
    write(lines, many);
  }

  return {
    flush,
    write({ level, requestId, traceId, method, route, status, milliseconds }) {
      if (!wanted[level]) return;
      const trace = traceId === null ? "" : `","traceId":"${traceId}`;
      pending += `{"level":"${level}"${timestamp()}${base}${requestId}${trace}${endOf(method, route, status)}${milliseconds},"msg":"request"}\n`;
      count++;
      if (pending.length >= batchLength) flush();
      else timer ??= setTimeout(flush, batchMs).unref();
    },
  };
}
