/** Reads one range of a plain file (`plain-file.ts`, which alone starts this file). */
import { open } from "node:fs/promises";
import { parentPort, workerData } from "node:worker_threads";
import { scanRange } from "./plain-range.ts";
import type { PlainLayout } from "./plain-scan.ts";

export interface PlainWorkerData {
  readonly path: string;
  readonly layout: PlainLayout;
  readonly range: { readonly start: number; readonly end: number };
}

const { path, layout, range } = workerData as PlainWorkerData;
const handle = await open(path);
try {
  parentPort?.postMessage(await scanRange(handle, layout, range));
} finally {
  await handle.close();
}
