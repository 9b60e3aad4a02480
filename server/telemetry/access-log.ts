import { basename, dirname, resolve } from "node:path";
import { createStream } from "rotating-file-stream";
import type { ServerConfig } from "../config.ts";
import type { Logger } from "./logger.ts";

/** Lines that wait for the disk, in bytes; beyond this a disk that hangs would take the server's memory. */
const longestQueue = 16 * 2 ** 20;

export interface AccessLog {
  /** Whole lines and their number. Never throws. */
  readonly write: (lines: string, count: number) => void;
  /** Lines that were not written: the disk was full, or too slow. */
  lost(): number;
  close(): Promise<void>;
}

/**
 * One JSON line a request in a file of its own, which is replaced when it is full or a day old and then compressed; the oldest
 * go. Losing lines never costs a request.
 */
export function openAccessLog(
  { file, bytes, files }: NonNullable<ServerConfig["accessLog"]>,
  logger: Logger,
): AccessLog {
  const path = resolve(file);
  let lost = 0;
  let failed = false;
  const stream = createStream(basename(path), {
    path: dirname(path),
    size: `${bytes}B`,
    interval: "1d",
    compress: "gzip",
    maxFiles: files,
  });
  stream.on("error", (error) => {
    if (!failed) logger.error({ error: String(error) }, "the access log cannot be written any more");
    failed = true;
  });
  stream.on("warning", (error) => logger.warn({ error: String(error) }, "the access log was not rotated"));
  return {
    write(lines, count) {
      if (failed || stream.writableLength > longestQueue) lost += count;
      else stream.write(lines);
    },
    lost: () => lost,
    close: () => new Promise((done) => (failed ? done() : stream.end(() => done()))),
  };
}
