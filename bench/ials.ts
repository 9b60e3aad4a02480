/**
 * Milliseconds for an epoch of iALS, exact and by conjugate gradients, processor time (of all threads; steadier than the clock on
 * a machine that does other things), and the loss after the last epoch:
 *   node bench/ials.ts [--shape ml-20m|ml-20m-tenth|ml-1m] [--factors 64,128] [--solvers exact,conjugate-gradient] [--epochs 4] [--threads 2]
 * On generated positives of the shape of MovieLens 20M's ratings of four and more (136,677 × 20,108, 9.6 million; the default)
 * or of MovieLens 1M (6,040 × 3,706, 1,000,209), both long-tailed. The first epoch, in which V8 still compiles, is left out.
 */
import { parseArgs } from "node:util";
import { ials } from "../core/models/ials.ts";
import { parseHyperparameters } from "../core/models/registry.ts";
import { generatePositives } from "./positives.ts";

const { values } = parseArgs({
  options: {
    shape: { type: "string", default: "ml-20m" },
    factors: { type: "string", default: "64,128" },
    solvers: { type: "string", default: "exact,conjugate-gradient" },
    epochs: { type: "string", default: "4" },
    threads: { type: "string", default: "2" },
  },
});
// The first one begins with what is done once.
if (!(Number(values.epochs) >= 2))
  throw new Error("Of an epoch only the time since the one before is known: --epochs 2 or more.");
const data = generatePositives(values.shape);
console.log(`${values.shape}: ${data.item.length} positives, ${data.users} users, ${data.items} items`);

for (const factors of values.factors.split(",").map(Number)) {
  for (const solver of values.solvers.split(",")) {
    const hyperparameters = parseHyperparameters(ials, { factors, solver, epochs: Number(values.epochs) });
    const ends: number[] = [];
    const processor: number[] = [];
    let loss = NaN;
    await ials.fit(data, hyperparameters, {
      seed: 1,
      threads: Number(values.threads),
      signal: new AbortController().signal,
      onProgress: () => undefined,
      onEpoch: (point) => {
        ends.push(point.seconds);
        const { user, system } = process.cpuUsage();
        processor.push((user + system) / 1000);
        loss = point.values["train-loss"] ?? NaN;
      },
      resumeFrom: null,
      saveCheckpoint: () => Promise.resolve(),
    });
    const epochs = differences(ends).map((seconds) => 1000 * seconds);
    console.log(
      `k=${String(factors).padEnd(4)} ${solver.padEnd(18)} median ${median(epochs).toFixed(0)} ms an epoch  (${epochs.map((time) => time.toFixed(0)).join(" ")})` +
        `  ${median(differences(processor)).toFixed(0)} ms of processor time  loss ${loss.toFixed(6)}`,
    );
  }
}

function differences(numbers: readonly number[]): number[] {
  return numbers.slice(1).map((number, n) => number - (numbers[n] ?? NaN));
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;
}
