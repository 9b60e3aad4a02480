/**
 * One fit in a process of its own, for its time and its memory: started by bench/scaling.ts and bench/memory.ts with one
 * JSON argument, answers with one line of JSON.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { spawn } from "node:child_process";
import { z } from "zod";
import { hyperparameters as hyperparameterSchema } from "../core/contract/entities.ts";
import { toReelbenchError } from "../core/contract/errors.ts";
import type { TrainingSet } from "../core/models/algorithm.ts";
import { trainingSetBytes } from "../core/models/training-limits.ts";
import { algorithmById, parseHyperparameters } from "../core/models/registry.ts";
import { generatedSet } from "./generated-set.ts";

const request = z.object({
  algorithm: z.string(),
  hyperparameters: hyperparameterSchema,
  shape: z.object({ users: z.int(), items: z.int(), ratings: z.int() }),
  threads: z.int(),
});
const answer = z.object({
  seconds: z.number(),
  /** Of the processor, over all threads: what else the machine does is not in it. */
  processorSeconds: z.number(),
  /** Ratings that were in fact generated. */
  ratings: z.int(),
  estimatedBytes: z.number(),
  flops: z.number(),
  /** Of the fit at its peak, the training set included, what the process needs without it not. */
  peakBytes: z.number(),
  /** Of the whole process at that moment. */
  processBytes: z.number(),
  error: z.string().nullable(),
});
export type FitRequest = z.infer<typeof request>;
export type FitAnswer = z.infer<typeof answer>;

/** Runs it in a child that is killed after `limit` seconds; null then. */
export function fitInProcess(what: FitRequest, limit: number): Promise<FitAnswer | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [fileURLToPath(import.meta.url), JSON.stringify(what)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let text = "";
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, limit * 1000);
    child.stdout.on("data", (bytes: Buffer) => (text += bytes.toString()));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (late) resolve(null);
      else if (text === "") reject(new Error(`The fit of ${what.algorithm} ended with ${String(code ?? signal)}.`));
      else resolve(answer.parse(JSON.parse(text)));
    });
  });
}

/** Bytes of this process: now, and the most there have been (Linux; elsewhere what Node knows). */
function residentBytes(): { readonly now: number; readonly peak: number } {
  try {
    const status = readFileSync("/proc/self/status", "utf8");
    const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? NaN);
    return { now: kilobytes("VmRSS") * 1024, peak: kilobytes("VmHWM") * 1024 };
  } catch {
    return { now: process.memoryUsage.rss(), peak: process.resourceUsage().maxRSS * 1024 };
  }
}

/** Linux: the highest mark begins anew at what is resident now. */
function forgetPeak(): void {
  try {
    writeFileSync("/proc/self/clear_refs", "5");
  } catch {
    // Elsewhere the peak is that of the whole process, generating the ratings included.
  }
}

async function measure(what: FitRequest): Promise<FitAnswer> {
  const algorithm = algorithmById(what.algorithm);
  const hyperparameters = parseHyperparameters(algorithm, what.hyperparameters);
  const fit = (data: TrainingSet) =>
    algorithm.fit(data, hyperparameters, {
      seed: 1,
      threads: what.threads,
      signal: new AbortController().signal,
      onProgress: () => undefined,
      onEpoch: () => undefined,
      resumeFrom: null,
      saveCheckpoint: () => Promise.resolve(),
    });
  // Modules, threads and compiled kernels once, so that neither their time nor their memory counts.
  await fit(generatedSet({ users: 50, items: 40, ratings: 600 }));
  const data = generatedSet(what.shape);
  const shape = { users: data.users, items: data.items, ratings: data.item.length };
  forgetPeak();
  const before = residentBytes().now - trainingSetBytes(shape);
  const cost = algorithm.estimateCost(shape, hyperparameters);
  const started = performance.now();
  const used = process.cpuUsage();
  let error: string | null = null;
  let model: unknown = null;
  try {
    model = await fit(data);
  } catch (thrown) {
    const { code, message } = toReelbenchError(thrown);
    error = `${code}: ${message}`;
  }
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(used);
  const { peak } = residentBytes();
  if (model === null && error === null) error = "no model";
  return {
    seconds,
    processorSeconds: (user + system) / 1e6,
    ratings: shape.ratings,
    estimatedBytes: cost.bytes,
    flops: cost.flops,
    peakBytes: peak - before,
    processBytes: peak,
    error,
  };
}

const [given] = process.argv.slice(2);
if (process.argv[1] === fileURLToPath(import.meta.url) && given !== undefined)
  console.log(JSON.stringify(await measure(request.parse(JSON.parse(given)))));
