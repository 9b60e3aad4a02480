import { readFile, readdir } from "node:fs/promises";

export interface ProcessCost {
  /** Processor time so far, user and system, of all threads and of children that have ended. */
  readonly seconds: number;
  /** Memory, pages that processes share counted once between them (PSS). */
  readonly bytes: number;
}

/** What processes and all that descends from them have cost. From /proc, so on Linux only. */
export async function processCost(...roots: readonly number[]): Promise<ProcessCost> {
  const costs = await Promise.all((await withDescendants(roots)).map(costOf));
  return {
    seconds: costs.reduce((sum, { seconds }) => sum + seconds, 0),
    bytes: costs.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/** Of a process; 0 where there is none. */
export async function parentOf(pid: number): Promise<number> {
  return Number((await fieldsOf(pid))[1] ?? 0);
}

/** Processes and all that descends from them. */
export async function withDescendants(roots: readonly number[]): Promise<number[]> {
  const pids = (await readdir("/proc")).map(Number).filter((pid) => Number.isInteger(pid));
  const parents = new Map(await Promise.all(pids.map(async (pid) => [pid, await parentOf(pid)] as const)));
  const found = new Set(roots);
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid);
  }
  return [...found];
}

const ticksPerSecond = 100;

async function costOf(pid: number): Promise<ProcessCost> {
  const fields = await fieldsOf(pid);
  const memory = await readFile(`/proc/${String(pid)}/smaps_rollup`, "utf8").catch(() => "");
  return {
    seconds: fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / ticksPerSecond,
    bytes: 1024 * Number(/^Pss: +(\d+)/m.exec(memory)?.[1] ?? 0),
  };
}

/** /proc/PID/stat from its state on: the name before it may hold spaces and parentheses. */
async function fieldsOf(pid: number): Promise<string[]> {
  const text = await readFile(`/proc/${String(pid)}/stat`, "utf8").catch(() => "");
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
}
