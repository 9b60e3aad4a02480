import pino from "pino";
import type { ServerConfig } from "../config.ts";

export type Logger = pino.Logger;

export interface Log {
  readonly logger: Logger;
  /** Whole lines, to where the logger's go. */
  readonly write: (lines: string) => void;
}

/** Bytes that are written at once, and milliseconds after which fewer are. A line at a time would cost more than an answer. */
const batchBytes = 8_192;
const batchMs = 200;

/**
 * JSON lines on standard output, in batches; what is left goes out at exit. No transport: those need files of their own,
 * which a bundle does not have.
 */
export function createLog(config: Pick<ServerConfig, "logLevel" | "serverId" | "channel">): Log {
  const destination = pino.destination({ dest: 1, sync: false, minLength: batchBytes, periodicFlush: batchMs });
  const options = {
    level: config.logLevel,
    base: { server: config.serverId, channel: config.channel },
    timestamp: createTimestamp(),
    formatters: { level: (label) => ({ level: label }) },
    // Nothing logs headers or configuration whole; this is the second line of defence.
    redact: {
      paths: ["authorization", "*.authorization", "*['x-api-key']", "*.password", "*.apiKey"],
      censor: "[hidden]",
    },
  } satisfies pino.LoggerOptions;
  return { logger: pino(options, destination), write: (lines) => void destination.write(lines) };
}

/** ISO 8601, its seconds written once for all lines of a second. */
export function createTimestamp(): () => string {
  let second = Number.NaN;
  let prefix = "";
  return () => {
    const now = Date.now();
    const at = Math.floor(now / 1000);
    if (at !== second) {
      second = at;
      prefix = `,"time":"${new Date(1000 * at).toISOString().slice(0, 19)}.`;
    }
    return `${prefix}${String(now - 1000 * at).padStart(3, "0")}Z"`;
  };
}
