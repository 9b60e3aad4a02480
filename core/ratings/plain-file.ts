import { open } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { ReelbenchError } from "../contract/errors.ts";
import { entryUrl } from "../runtime-paths.ts";
import { lineStart, scanRange } from "./plain-range.ts";
import type { PlainRange } from "./plain-range.ts";
import type { PlainLayout } from "./plain-scan.ts";
import type { PlainWorkerData } from "./plain-worker.ts";
import type { ReadPlan } from "./read-plan.ts";

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);
/** Less than this for a thread, and starting it takes longer than it saves. */
const bytesPerThread = 8 * 1024 * 1024;
/** About as many bytes as the file has are held in memory: larger ones go the exact way, which works on disk. */
const mostBytes = 2 * 1024 ** 3;

/** Where the columns are, when this plan's files can be plain at all; null when they cannot. */
export function plainLayout(plan: ReadPlan): PlainLayout | null {
  const { given, columns, delimiter } = plan;
  const isPlainKind = plan.format === "delimited" && plan.file.container === "text" && plan.encoding === "utf-8";
  const code = delimiter.charCodeAt(0);
  if (!isPlainKind || delimiter.length !== 1 || code > 126 || /[ "\d.+-]/.test(delimiter)) return null;
  if (given.missingValues !== undefined || plan.singleUserId !== null || plan.columns.part !== undefined) return null;
  if (columns.title !== undefined || columns.genres !== undefined || columns.year !== undefined) return null;
  if (
    given.timeFormat !== undefined &&
    !["unix-seconds", "unix-milliseconds", "unix-microseconds", "none"].includes(given.timeFormat)
  )
    return null;
  const { user = -1, item = -1, rating = -1, time = -1 } = columns;
  if (user === -1 || item === -1 || rating === -1) return null;
  return { delimiter: code, width: plan.names.length, user, item, rating, time, header: plan.header };
}

/**
 * Reads a plain file with up to `threads` threads, each a range of its bytes. Users and items are numbered in the order
 * of their first rating, lines from 1, as if one had read it all. Null when the file is not plain. Throws RB_CANCELLED,
 * RB_WORKER_DIED.
 */
export async function scanPlainFile(
  plan: ReadPlan,
  layout: PlainLayout,
  signal: AbortSignal,
  threads = Math.min(availableParallelism(), Math.ceil(plan.file.bytes / bytesPerThread)),
): Promise<PlainRange | null> {
  if (plan.file.bytes > mostBytes) return null;
  const handle = await open(plan.file.path);
  try {
    const before = await handle.stat();
    const { size } = before;
    const head = Buffer.alloc(3);
    await handle.read(head, 0, 3, 0);
    const first = head.equals(byteOrderMark) ? 3 : 0;
    const cuts = await Promise.all(
      Array.from({ length: threads - 1 }, (_, at) => lineStart(handle, Math.floor((size * (at + 1)) / threads))),
    );
    if (cuts.includes(-1)) return null;
    const edges = [first, ...cuts.map((cut) => Math.max(first, cut)), size];
    const ranges = edges.slice(1).map((end, at) => ({ start: edges[at] ?? 0, end }));
    const parts =
      ranges.length === 1
        ? [await scanRange(handle, layout, { start: first, end: size }, signal)]
        : await inThreads(plan.file.path, layout, ranges, signal);
    const after = await handle.stat();
    if (after.size !== size || after.mtimeMs !== before.mtimeMs)
      throw new ReelbenchError("RB_CONFLICT", `${plan.file.path} changed while it was being read. Import it again.`);
    const whole = parts.flatMap((part) => part ?? []);
    return whole.length < parts.length ? null : joined(whole);
  } finally {
    await handle.close();
  }
}

async function inThreads(
  path: string,
  layout: PlainLayout,
  ranges: readonly { readonly start: number; readonly end: number }[],
  signal: AbortSignal,
): Promise<(PlainRange | null)[]> {
  const workers = ranges.map((range, at) => {
    const data: PlainWorkerData = { path, layout: { ...layout, header: layout.header && at === 0 }, range };
    return new Worker(entryUrl("plain-worker"), { workerData: data });
  });
  let stopped = false;
  const stop = () => {
    stopped = true;
    for (const worker of workers) void worker.terminate();
  };
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.all(
      workers.map(
        (worker) =>
          new Promise<PlainRange | null>((resolve, reject) => {
            worker.once("message", (part: PlainRange | null) => {
              // One range that is not plain settles it for all.
              if (part === null) stop();
              resolve(part);
            });
            worker.once("error", (cause: Error) =>
              reject(new ReelbenchError("RB_WORKER_DIED", `A reading thread failed: ${cause.message}`, { cause })),
            );
            worker.once("exit", () => {
              if (signal.aborted) reject(new ReelbenchError("RB_CANCELLED"));
              else if (stopped) resolve(null);
              else reject(new ReelbenchError("RB_WORKER_DIED", "A reading thread ended."));
            });
          }),
      ),
    );
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
  }
}

/** One numbering and one count of lines for all ranges. */
function joined(parts: readonly PlainRange[]): PlainRange {
  const [first, ...others] = parts;
  if (first === undefined || others.length === 0) return first ?? emptyRange;
  const users = numbering(first.users);
  const items = numbering(first.items);
  const values = new Map(first.values);
  const blocks = [...first.blocks];
  let { rows, lines, earliest, latest } = first;
  for (const part of others) {
    const userNumbers = Int32Array.from(part.users, users.numberOf);
    const itemNumbers = Int32Array.from(part.items, items.numberOf);
    for (const block of part.blocks) {
      const { u, i, line } = block;
      for (let row = 0; row < block.rows; row++) {
        u[row] = userNumbers[u[row] ?? 0] ?? 0;
        i[row] = itemNumbers[i[row] ?? 0] ?? 0;
        line[row] = (line[row] ?? 0) + lines;
      }
      blocks.push(block);
    }
    for (const [value, n] of part.values) values.set(value, (values.get(value) ?? 0) + n);
    rows += part.rows;
    lines += part.lines;
    earliest = Math.min(earliest, part.earliest);
    latest = Math.max(latest, part.latest);
  }
  return { blocks, users: users.ids, items: items.ids, values, rows, lines, earliest, latest };
}

const emptyRange: PlainRange = {
  blocks: [],
  users: [],
  items: [],
  values: new Map(),
  rows: 0,
  lines: 0,
  earliest: Infinity,
  latest: -Infinity,
};

function numbering(known: readonly string[]): { ids: string[]; numberOf: (id: string) => number } {
  const ids = [...known];
  const numbers = new Map(ids.map((id, number) => [id, number]));
  return {
    ids,
    numberOf(id) {
      const found = numbers.get(id);
      if (found !== undefined) return found;
      numbers.set(id, ids.length);
      return ids.push(id) - 1;
    },
  };
}
