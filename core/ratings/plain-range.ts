import type { FileHandle } from "node:fs/promises";
import { instantiateKernels, kernelModule } from "../compute/kernels.ts";
import { createPlainScan, largestChunk } from "./plain-scan.ts";
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

/**
 * Reads the bytes from `start` to `end`, which begin and end with whole lines. Null when they are not plain, or hold more
 * ids than fit into two gigabytes.
 */
export async function scanRange(
  handle: FileHandle,
  layout: PlainLayout,
  range: { readonly start: number; readonly end: number },
  signal?: AbortSignal,
): Promise<PlainRange | null> {
  try {
    return await scan(handle, layout, range, signal);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

async function scan(
  handle: FileHandle,
  layout: PlainLayout,
  { start, end }: { readonly start: number; readonly end: number },
  signal?: AbortSignal,
): Promise<PlainRange | null> {
  const blocks: PlainBlock[] = [];
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 32_768, shared: true });
  const kernels = instantiateKernels(await kernelModule(), memory);
  const records = createPlainScan(layout, { kernels, memory }, (block) => blocks.push(block));
  const buffer = Buffer.alloc(largestChunk);
  for (let at = start; at < end;) {
    throwIfAborted(signal);
    const { bytesRead } = await handle.read(buffer, 0, Math.min(largestChunk, end - at), at);
    if (bytesRead === 0) break;
    at += bytesRead;
    if (!records.push(buffer.subarray(0, bytesRead))) return null;
  }
  if (!records.end()) return null;
  const { values, rows, lines, earliest, latest } = records;
  return { blocks, users: records.users.ids(), items: records.items.ids(), values, rows, lines, earliest, latest };
}

/** Behind the line that holds the byte before `at`; −1 when that line has no end within a megabyte. */
export async function lineStart(handle: FileHandle, at: number): Promise<number> {
  if (at === 0) return 0;
  const buffer = Buffer.alloc(1024 * 1024);
  const { bytesRead } = await handle.read(buffer, 0, buffer.length, at - 1);
  const found = buffer.subarray(0, bytesRead).indexOf(10);
  return found === -1 ? -1 : at + found;
}
