import { constants } from "node:fs";
import { mkdir, open, readFile, readdir, rename, stat, unlink } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { ReelbenchError, toReelbenchError } from "../../core/contract/errors.ts";
import type { Feedback } from "../../core/production/feedback.ts";
import type { Logger } from "../telemetry/logger.ts";
import { isRefusedForGood, readRecord, writeRecord } from "./feedback-record.ts";

/**
 * Feedback on this server's own disk, for when nothing else keeps it. A folder of segments, each a file of lines
 * `crc32 batch`; a batch is acknowledged when its line is on the disk (fdatasync, shared by all that wait). A line torn by
 * a crash was never acknowledged and is skipped. The folder must belong to one server at a time.
 */
export interface Spool {
  /** Resolves when the batch is on the disk. Throws RB_UNAVAILABLE when the spool is full or the disk refuses. */
  add(feedback: readonly Feedback[]): Promise<void>;
  /**
   * Hands over everything, oldest first, and forgets each segment once `keep` has kept all of it. Stops at the first
   * failure; what was handed over comes again then, under the same idempotency keys.
   */
  drain(keep: (feedback: readonly Feedback[]) => Promise<void>): Promise<number>;
  /** Bytes that wait. */
  bytes(): number;
  close(): Promise<void>;
}

const segmentBytes = 8 * 2 ** 20;
const segmentName = /^feedback-(\d{12})\.jsonl$/;

interface Waiting {
  readonly line: Buffer;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Opens the folder, with whatever an earlier process left in it. Throws RB_INVALID_INPUT when it cannot be written to. */
export async function openSpool(directory: string, limit: number, logger: Logger): Promise<Spool> {
  let next = 1;
  /** Finished segments by number, and their sizes. */
  const segments = new Map<number, number>();
  let current: { readonly number: number; readonly file: FileHandle; size: number } | null = null;
  let waiting: Waiting[] = [];
  let flushing: Promise<void> | null = null;
  let draining = false;
  /** What touches the current segment takes turns: a segment is not finished while a batch is written to it. */
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  };

  const pathOf = (number: number) => join(directory, `feedback-${String(number).padStart(12, "0")}.jsonl`);
  const total = () => [...segments.values()].reduce((sum, size) => sum + size, 0) + (current?.size ?? 0);

  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    for (const name of await readdir(directory)) {
      const number = Number(segmentName.exec(name)?.[1] ?? 0);
      if (number === 0) continue;
      segments.set(number, (await stat(join(directory, name))).size);
      next = Math.max(next, number + 1);
    }
  } catch (cause) {
    throw new ReelbenchError("RB_INVALID_INPUT", `The spool folder cannot be used: ${String(cause)}.`, { cause });
  }

  async function openSegment(): Promise<NonNullable<typeof current>> {
    if (current !== null && current.size < segmentBytes) return current;
    await finishSegment();
    const number = next++;
    // Exclusive: a second server on the same folder is found out instead of mixing its lines in.
    const file = await open(
      pathOf(number),
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_APPEND,
      0o600,
    );
    await syncFolder(directory);
    current = { number, file, size: 0 };
    return current;
  }

  async function finishSegment(): Promise<void> {
    if (current === null) return;
    const { number, file, size } = current;
    current = null;
    segments.set(number, size);
    await file.close();
  }

  async function flush(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      const bytes = Buffer.concat(batch.map(({ line }) => line));
      try {
        await inTurn(async () => {
          const segment = await openSegment();
          await segment.file.writeFile(bytes);
          await segment.file.datasync();
          segment.size += bytes.length;
        });
        for (const { resolve } of batch) resolve();
      } catch (cause) {
        // Half a line may stand at the end of this segment: nothing is written after it.
        await inTurn(finishSegment).catch(() => undefined);
        logger.error({ error: String(cause) }, "the spool could not be written");
        const refused = new ReelbenchError("RB_UNAVAILABLE", "The spool's disk refused.", { cause });
        for (const { reject } of batch) reject(refused);
      }
    }
    // Before anybody who was just answered can add more.
    flushing = null;
  }

  async function linesOf(number: number): Promise<Feedback[][]> {
    const batches: Feedback[][] = [];
    let skipped = 0;
    for (const line of (await readFile(pathOf(number), "utf8")).split("\n")) {
      if (line === "") continue;
      const [sum, text] = [line.slice(0, 8), line.slice(9)];
      const batch = sum === checksum(text) ? readRecord(text) : null;
      if (batch === null) skipped++;
      else batches.push(batch);
    }
    if (skipped > 0) logger.warn({ segment: number, skipped }, "lines of the spool were never finished");
    return batches;
  }

  return {
    add(feedback) {
      const text = writeRecord(feedback);
      const line = Buffer.from(`${checksum(text)} ${text}\n`, "utf8");
      if (total() + line.length > limit)
        return Promise.reject(
          new ReelbenchError("RB_UNAVAILABLE", "The spool is full.", { details: { retryAfter: 10 } }),
        );
      return new Promise((resolve, reject) => {
        waiting.push({ line, resolve, reject });
        flushing ??= flush();
      });
    },
    async drain(keep) {
      if (draining) return 0;
      draining = true;
      let moved = 0;
      try {
        await inTurn(finishSegment);
        for (const number of [...segments.keys()].sort((a, b) => a - b)) {
          const batches = await linesOf(number);
          for (const batch of batches) {
            await keepOrSetAside(batch, keep);
            moved += batch.length;
          }
          await unlink(pathOf(number));
          await syncFolder(directory);
          segments.delete(number);
        }
      } finally {
        draining = false;
      }
      return moved;
    },
    bytes: total,
    async close() {
      await flushing;
      await inTurn(finishSegment);
    },
  };

  /** A batch that Postgres will never take must not hold up those behind it: it is put aside, and said so. */
  async function keepOrSetAside(batch: readonly Feedback[], keep: Parameters<Spool["drain"]>[0]): Promise<void> {
    try {
      await keep(batch);
    } catch (error) {
      if (!isRefusedForGood(error)) throw error;
      logger.error(
        { error: toReelbenchError(error).toEnvelope() },
        "Postgres refuses a batch of feedback; it is set aside",
      );
      const aside = join(directory, "refused.jsonl");
      const file = await open(aside, "a", 0o600);
      await file.writeFile(`${writeRecord(batch)}\n`);
      await file.datasync();
      await file.close();
      const { size } = await stat(aside);
      if (size > segmentBytes) await rename(aside, join(directory, `refused-${Date.now()}.jsonl`));
    }
  }
}

function checksum(text: string): string {
  return crc32(Buffer.from(text, "utf8")).toString(16).padStart(8, "0");
}

/** That a file is there, or gone, is kept only when its folder is. */
async function syncFolder(directory: string): Promise<void> {
  const folder = await open(directory, "r");
  await folder.sync().catch(() => undefined);
  await folder.close();
}
