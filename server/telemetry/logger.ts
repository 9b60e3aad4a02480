import pino from "pino";
import type { ServerConfig } from "../config.ts";

export type Logger = pino.Logger;

/** JSON lines on standard output. No transport: those need files of their own, which a bundle does not have. */
export function createLogger(config: Pick<ServerConfig, "logLevel" | "serverId" | "channel">): Logger {
  return pino({
    level: config.logLevel,
    base: { server: config.serverId, channel: config.channel },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    // Nothing logs headers or configuration whole; this is the second line of defence.
    redact: {
      paths: ["authorization", "*.authorization", "*['x-api-key']", "*.password", "*.apiKey"],
      censor: "[hidden]",
    },
  });
}
