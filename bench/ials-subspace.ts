/**
 * Seconds until iALS comes within a thousandth of the loss that the exact solver reaches in some epochs:
 *   node bench/ials-subspace.ts [--shape ml-20m|ml-20m-tenth|ml-1m] [--factors 512] [--epochs 8] [--threads 2]
 *     [--solvers subspace:32,subspace:64,conjugate-gradient:3] [--json FILE]
 * `solver:n` is the size of the subspace, or the number of conjugate gradient steps. A fit is stopped when it is there.
 * Interleaved with nothing: one exact fit alone takes long enough to average what else the machine does. Processor time, too.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { ials } from "../core/models/ials.ts";
import { parseHyperparameters } from "../core/models/registry.ts";
import { generatePositives } from "./positives.ts";

const { values } = parseArgs({
  options: {
    shape: { type: "string", default: "ml-20m" },
    factors: { type: "string", default: "512" },
    epochs: { type: "string", default: "8" },
    threads: { type: "string", default: "2" },
    solvers: { type: "string", default: "subspace:32,subspace:64,conjugate-gradient:3" },
    json: { type: "string" },
  },
});
const data = generatePositives(values.shape);
console.log(`${values.shape}: ${data.item.length} positives, k=${values.factors}`);
const exact = await run({ solver: "exact", epochs: Number(values.epochs) }, -Infinity);
report("exact", exact, exact);
const results = [{ solver: "exact", ...exact, ratio: 1 }];
for (const named of values.solvers.split(",")) {
  const [solver = "", size = ""] = named.split(":");
  const given = { solver, [solver === "subspace" ? "blockSize" : "conjugateSteps"]: Number(size), epochs: 100 };
  const reached = await run(given, exact.loss * 1.001);
  report(named, reached, exact);
  results.push({ solver: named, ...reached, ratio: reached.seconds / exact.seconds });
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ ...values, results }, null, 2)}\n`);

interface Reached {
  readonly epochs: number;
  readonly seconds: number;
  readonly processorSeconds: number;
  readonly loss: number;
}

/** Fits until `enough` or the last epoch. */
async function run(given: Record<string, unknown>, enough: number): Promise<Reached> {
  const controller = new AbortController();
  let reached: Reached = { epochs: 0, seconds: 0, processorSeconds: 0, loss: Infinity };
  const processor = (): number => (process.cpuUsage().user + process.cpuUsage().system) / 1e6;
  const [started, startedProcessor] = [performance.now(), processor()];
  const settings = { factors: Number(values.factors), unobservedWeight: 0.1, regularization: 0.003, ...given };
  await ials
    .fit(data, parseHyperparameters(ials, settings), {
      seed: 1,
      threads: Number(values.threads),
      signal: controller.signal,
      onProgress: () => {
        if (reached.loss <= enough) controller.abort();
      },
      onEpoch: ({ epoch, values: { "train-loss": loss = NaN } }) => {
        const [now, used] = [performance.now(), processor()];
        reached = { epochs: epoch, seconds: (now - started) / 1000, processorSeconds: used - startedProcessor, loss };
      },
      resumeFrom: null,
      saveCheckpoint: () => Promise.resolve(),
    })
    .catch((error: unknown) => {
      if (!controller.signal.aborted) throw error;
    });
  return reached;
}

function report(name: string, reached: Reached, reference: Reached): void {
  console.log(
    `${name.padEnd(22)} ${reached.epochs} epochs, ${reached.seconds.toFixed(1)} s (${reached.processorSeconds.toFixed(1)} s of processor time), loss ${reached.loss.toFixed(6)}` +
      `  ratio ${(reached.seconds / reference.seconds).toFixed(3)} (processor time ${(reached.processorSeconds / reference.processorSeconds).toFixed(3)})`,
  );
}
