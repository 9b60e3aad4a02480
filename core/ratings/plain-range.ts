import type { FileHandle } from "node:fs/promises";
import { createPlainScan } from "./plain-scan.ts";
import type { PlainBlock, PlainLayout } from "./plain-scan.ts";
import { throwIfAborted } from "./database.ts";

/** What one range of a plain file holds. Users and items are numbered within the range. */
export interface PlainRange {
  readonly blocks: PlainBlock[];
  readonly users: string[];
  readonly items: string[];
  readonly values: ReadonlyMap<number, number>;
  readonly rows: number;
  readonly lines: number;
  readonly earliest: number;
  readonly latest: number;
}

const chunkBytes = 512 * 1024;

/** Reads the bytes from `start` to `end`, which begin and end with whole lines. Null when they are not plain. */
export async function scanRange(
  handle: FileHandle,
  layout: PlainLayout,
  { start, end }: { readonly start: number; readonly end: number },
  signal?: AbortSignal,
): Promise<PlainRange | null> {
  const blocks: PlainBlock[] = [];
  const scan = createPlainScan(layout, (block) => blocks.push(block));
  const buffer = Buffer.alloc(chunkBytes);
  for (let at = start; at < end;) {
    throwIfAborted(signal);
    const { bytesRead } = await handle.read(buffer, 0, Math.min(chunkBytes, end - at), at);
    if (bytesRead === 0) break;
    at += bytesRead;
    if (!scan.push(buffer.subarray(0, bytesRead))) return null;
  }
  if (!scan.end()) return null;
  const { values, rows, lines, earliest, latest } = scan;
  return { blocks, users: scan.users.ids(), items: scan.items.ids(), values, rows, lines, earliest, latest };
}

/** Behind the line that holds the byte before `at`; −1 when that line has no end within a megabyte. */
export async function lineStart(handle: FileHandle, at: number): Promise<number> {
  if (at === 0) return 0;
  const buffer = Buffer.alloc(1024 * 1024);
  const { bytesRead } = await handle.read(buffer, 0, buffer.length, at - 1);
  const found = buffer.subarray(0, bytesRead).indexOf(10);
  return found === -1 ? -1 : at + found;
}
