/**
 * The estimate of a fit's memory against what the fit took at its peak, for every algorithm:
 *   node bench/memory.ts [--ratings 1000000] [--algorithms a,b] [--threads 2] [--limit 120] [--json FILE]
 * Each fit runs in a process of its own on generated data, with the algorithm's defaults but at most two epochs (memory does
 * not depend on how many). `estimate / measured` should be near 1 and not below it: too low an estimate lets a training
 * begin that cannot end. The fit's own figures leave out what any process with its threads takes (some 40 MiB here); the
 * right half has it: what `training.plan` says against the whole process.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { planTraining } from "../core/models/plan-training.ts";
import { algorithms, parseHyperparameters } from "../core/models/registry.ts";
import { fitInProcess } from "./fit-in-process.ts";
import { shapeOfSize } from "./generated-set.ts";
import { shortened } from "./shortened.ts";

const { values } = parseArgs({
  options: {
    ratings: { type: "string", default: "1000000" },
    algorithms: { type: "string" },
    threads: { type: "string", default: "2" },
    limit: { type: "string", default: "120" },
    json: { type: "string" },
  },
});
const wanted = values.algorithms?.split(",");
const shape = shapeOfSize(Number(values.ratings));
const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(0).padStart(6);
console.log(`${shape.ratings} ratings, ${shape.users} users, ${shape.items} items, ${values.threads} threads`);
console.log("algorithm            estimate MiB  measured MiB  ratio |  planned MiB  process MiB  ratio");
const rows = [];
for (const algorithm of algorithms.filter(({ info }) => wanted?.includes(info.id) ?? true)) {
  const { id } = algorithm.info;
  const fit = await fitInProcess(
    { algorithm: id, hyperparameters: shortened(algorithm, 2), shape, threads: Number(values.threads) },
    Number(values.limit),
  );
  if (fit === null || fit.error !== null) {
    console.log(`${id.padEnd(20)} ${fit === null ? `left out: over ${values.limit} s` : fit.error}`);
    rows.push({ algorithm: id, estimate: fit?.estimatedBytes ?? null, measured: null, ratio: null });
    continue;
  }
  const plan = planTraining(
    algorithm,
    { ...shape, ratings: fit.ratings },
    parseHyperparameters(algorithm, {}),
    2 ** 40,
  );
  const ratio = fit.estimatedBytes / fit.peakBytes;
  console.log(
    `${id.padEnd(20)} ${mebibytes(fit.estimatedBytes).padStart(12)}  ${mebibytes(fit.peakBytes).padStart(12)}  ${ratio.toFixed(2)}  | ${mebibytes(plan.bytes).padStart(11)}  ${mebibytes(fit.processBytes).padStart(11)}   ${(plan.bytes / fit.processBytes).toFixed(2)}`,
  );
  rows.push({
    algorithm: id,
    estimate: fit.estimatedBytes,
    measured: fit.peakBytes,
    ratio,
    planned: plan.bytes,
    process: fit.processBytes,
  });
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ shape, rows }, null, 2)}\n`);
