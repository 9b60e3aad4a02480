/**
 * Epochs of iALS here and in implicit (Python, C++, OpenBLAS), on the same generated positives and the same objective, in pairs;
 * the loss of both after equally many epochs by one function; the peak memory of a process that does nothing but fit:
 *   node bench/peers/implicit.ts [--shape ml-20m|ml-20m-tenth|ml-1m] [--factors 64,128] [--solvers conjugate-gradient,exact]
 *     [--epochs 3] [--loss-epochs 8] [--loss-seeds 1,2,3] [--loss-solvers conjugate-gradient] [--memory] [--python PYTHON] [--pairs 5] [--threads 2] [--json FILE]
 *
 * implicit minimises Σ_rated c (1 − x·y)² + Σ_others (x·y)² + λ' (Σ‖x‖² + Σ‖y‖²). With c = (1 + α₀)/α₀, λ' = λ (1 + α₀)/α₀ and
 * its factors divided by √(1 + α₀), that is our objective at ν = 0, up to a factor and a constant.
 *
 * An epoch is one half for the users and one for the items on both sides, a conjugate gradient epoch three steps from the last epoch's
 * rows (ours solves rows of up to 32 ratings exactly: it is cheaper). The order of the halves and the random start are each one's own
 * choice: implicit takes the users first, from uniform numbers in [0, 0.01); we take the items first, from nearly normal ones about a
 * mean of two deviations. Losses are compared seed by seed and reported as the median of the ratios.
 *
 * Peak memory is the highest resident size of a process that reads the positives from a file, gives each the value 1 in float32, fits
 * two epochs and holds the model beside the data: the interpreter and its libraries count on both sides.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { z } from "zod";
import type { Hyperparameters } from "../../core/contract/entities.ts";
import type { TrainingSet } from "../../core/models/algorithm.ts";
import { ials } from "../../core/models/ials.ts";
import { parseHyperparameters } from "../../core/models/registry.ts";
import type { FactorModel } from "../../core/models/servable.ts";
import { finish, median, paired, pairedOptions, runPairs, startPeer } from "../paired.ts";
import type { PairedResult, Peer } from "../paired.ts";
import { generatePositives } from "../positives.ts";
import type { MemoryTask } from "./ials-memory.ts";

const unobservedWeight = 0.1;
const regularization = 5;
const confidence = (1 + unobservedWeight) / unobservedWeight;

const { values } = parseArgs({
  options: {
    ...pairedOptions,
    shape: { type: "string", default: "ml-20m" },
    factors: { type: "string", default: "64,128" },
    solvers: { type: "string", default: "conjugate-gradient,exact" },
    epochs: { type: "string", default: "3" },
    "loss-epochs": { type: "string", default: "8" },
    "loss-seeds": { type: "string", default: "1,2,3" },
    "loss-solvers": { type: "string", default: "conjugate-gradient" },
    memory: { type: "boolean", default: false },
  },
});
const threads = Number(values.threads);

const fitAnswer = z.object({ seconds: z.array(z.number()), processor: z.array(z.number()) });
const memoryAnswer = z.object({ peakBytes: z.number() });

await measure();

async function measure(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "reelbench-peer-"));
  try {
    const data = generatePositives(values.shape);
    console.log(`${values.shape}: ${data.item.length} positives, ${data.users} users, ${data.items} items`);
    const file = join(folder, "positives.i32");
    writePositives(file, data);
    const open = (): Promise<Peer> =>
      startPeer({
        python: values.python,
        script: new URL("implicit_fit.py", import.meta.url),
        arguments: [file],
        env: { OPENBLAS_NUM_THREADS: "1", MKL_NUM_THREADS: "1" },
      });
    const results = [];
    for (const factors of values.factors.split(",").map(Number)) {
      if (values.memory) {
        const [ours, peer] = [oursPeak(file, factors), await peerPeak(open, factors)];
        results.push(paired(`peak memory k=${factors}`, "MB", [ours / 1e6], [peer / 1e6]));
        continue;
      }
      const peer = await open();
      for (const solver of values.solvers.split(",")) {
        results.push(...(await epochs(data, peer, factors, solver)));
        if (values["loss-solvers"].split(",").includes(solver))
          results.push(await losses(data, peer, factors, solver, folder));
      }
      await peer.close();
    }
    finish(results, values.json);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function request(factors: number, solver: string, epochCount: number): Record<string, unknown> {
  return {
    do: "fit",
    factors,
    regularization: regularization * confidence,
    alpha: confidence,
    useCg: solver !== "exact",
    epochs: epochCount,
    threads,
  };
}

/**
 * The median epoch of a fit of some epochs, here and there: by the clock, and in processor time of all threads, which is
 * steadier on a machine that does other things. The first of ours, in which V8 compiles, and of theirs are left out.
 */
async function epochs(data: TrainingSet, peer: Peer, factors: number, solver: string): Promise<PairedResult[]> {
  const count = Number(values.epochs) + 1;
  const name = `epoch k=${factors} ${solver}`;
  const processor: [number[], number[]] = [[], []];
  const clock = await runPairs({
    name,
    pairs: Number(values.pairs),
    warmUp: 0,
    ours: async () => {
      const fitted = await fit(data, factors, solver, count);
      processor[0].push(median(fitted.processor.slice(1)));
      return median(fitted.seconds.slice(1));
    },
    peer: async () => {
      const fitted = await peer.request(request(factors, solver, count), fitAnswer);
      processor[1].push(median(fitted.processor.slice(1)));
      return median(fitted.seconds.slice(1));
    },
  });
  return [clock, paired("  processor time", "s", ...processor)];
}

async function losses(data: TrainingSet, peer: Peer, factors: number, solver: string, folder: string) {
  const count = Number(values["loss-epochs"]);
  const factorsTo = join(folder, "factors.f32");
  const split = data.users * factors;
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (const seed of values["loss-seeds"].split(",").map(Number)) {
    const { model } = await fit(data, factors, solver, count, seed);
    ours.push(lossOf(data, model.userFactors, model.itemFactors, factors));
    await peer.request({ ...request(factors, solver, count), seed, factorsTo }, fitAnswer);
    const found = new Float32Array(readFileSync(factorsTo).buffer).map((x) => x / Math.sqrt(1 + unobservedWeight));
    theirs.push(lossOf(data, found.subarray(0, split), found.subarray(split), factors));
  }
  return paired(`loss k=${factors} ${solver}, ${count} epochs`, "a rating", ours, theirs);
}

function settings(factors: number, solver: string, epochCount: number): Hyperparameters {
  const given = { factors, solver, epochs: epochCount, unobservedWeight, regularization, frequencyExponent: 0 };
  return parseHyperparameters(ials, given);
}

async function fit(
  data: TrainingSet,
  factors: number,
  solver: string,
  count: number,
  seed = 1,
): Promise<{ model: FactorModel; seconds: number[]; processor: number[] }> {
  const ends: number[] = [];
  const used: number[] = [];
  const model = await ials.fit(data, settings(factors, solver, count), {
    seed,
    threads,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onEpoch: (point) => {
      ends.push(point.seconds);
      const { user, system } = process.cpuUsage();
      used.push((user + system) / 1e6);
    },
    resumeFrom: null,
    saveCheckpoint: () => Promise.resolve(),
  });
  const differences = (from: number[]): number[] => from.map((end, n) => end - (from[n - 1] ?? 0));
  return { model, seconds: differences(ends), processor: differences(used) };
}

/** Σ_rated (1 − x·y)² + α₀ Σ_all (x·y)² + λ (Σ‖x‖² + Σ‖y‖²), a rating. */
function lossOf(data: TrainingSet, x: Float32Array, y: Float32Array, factors: number): number {
  let loss = 0;
  for (let u = 0; u < data.users; u++) {
    for (let n = data.userStart[u] ?? 0; n < (data.userStart[u + 1] ?? 0); n++) {
      const i = (data.item[n] ?? 0) * factors;
      let dot = 0;
      for (let f = 0; f < factors; f++) dot += (x[u * factors + f] ?? 0) * (y[i + f] ?? 0);
      loss += (1 - dot) ** 2;
    }
  }
  const [xx, yy] = [gramian(x, factors), gramian(y, factors)];
  xx.forEach((value, at) => {
    loss += unobservedWeight * value * (yy[at] ?? 0);
    if (at % (factors + 1) === 0) loss += regularization * (value + (yy[at] ?? 0));
  });
  return loss / data.item.length;
}

function gramian(x: Float32Array, factors: number): Float64Array {
  const out = new Float64Array(factors * factors);
  for (let row = 0; row < x.length; row += factors) {
    for (let a = 0; a < factors; a++) {
      const left = x[row + a] ?? 0;
      for (let b = 0; b < factors; b++) out[a * factors + b] = (out[a * factors + b] ?? 0) + left * (x[row + b] ?? 0);
    }
  }
  return out;
}

function writePositives(file: string, data: TrainingSet): void {
  const numbers = new Int32Array(3 + data.users + 1 + data.item.length);
  numbers.set([data.users, data.items, data.item.length]);
  numbers.set(data.userStart, 3);
  numbers.set(data.item, 3 + data.users + 1);
  writeFileSync(file, new Uint8Array(numbers.buffer));
}

function oursPeak(file: string, factors: number): number {
  const task: MemoryTask = { file, hyperparameters: settings(factors, "conjugate-gradient", 2), threads };
  const script = fileURLToPath(new URL("ials-memory.ts", import.meta.url));
  return Number(execFileSync(process.execPath, [script, JSON.stringify(task)], { encoding: "utf8" }));
}

async function peerPeak(open: () => Promise<Peer>, factors: number): Promise<number> {
  const peer = await open();
  const asked = { ...request(factors, "conjugate-gradient", 2), do: "memory" };
  const { peakBytes } = await peer.request(asked, memoryAnswer);
  await peer.close();
  return peakBytes;
}
