/**
 * Cost against size: each algorithm fitted to generated ratings from 0.1 M to 25 M, and the exponent with which its time (of the
 * processor, over all threads) and its memory grow:
 *   node bench/scaling.ts [--sizes 100000,300000,1000000,3000000,10000000,25000000] [--algorithms a,b] [--threads 2]
 *                         [--passes 3] [--factors 32] [--limit 120] [--write docs/benchmarks] [--resume [--seconds 240]]
 * Fits run in processes of their own, with the algorithm's defaults but so many passes and factors. One that takes longer
 * than `limit` seconds is ended, and larger sizes of that algorithm are not begun; the table says so. `--write` leaves
 * scaling.json, scaling.svg and scaling.md in a folder; `--from FILE` draws them from an earlier scaling.json. `--resume`:
 * fits that the folder's scaling.json has are not made again, and no fit begins after so many `--seconds`; the last line says what is
 * left, so that the whole can be measured in pieces.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { algorithmById, algorithms } from "../core/models/registry.ts";
import { fitInProcess } from "./fit-in-process.ts";
import { shapeOfSize } from "./generated-set.ts";
import { describeScaling, exponentsOf, scalingResult } from "./scaling/describe.ts";
import type { ScalingResult } from "./scaling/describe.ts";
import { drawScaling } from "./scaling/draw.ts";
import { shortened } from "./shortened.ts";

const { values } = parseArgs({
  options: {
    sizes: { type: "string", default: "100000,300000,1000000,3000000,10000000,25000000" },
    algorithms: { type: "string" },
    threads: { type: "string", default: "2" },
    passes: { type: "string", default: "3" },
    factors: { type: "string", default: "32" },
    limit: { type: "string", default: "120" },
    write: { type: "string" },
    from: { type: "string" },
    resume: { type: "boolean", default: false },
    seconds: { type: "string", default: "Infinity" },
  },
});
const settings = {
  threads: Number(values.threads),
  passes: Number(values.passes),
  factors: Number(values.factors),
  limitSeconds: Number(values.limit),
};
const started = performance.now();
let left = 0;
const result = values.from === undefined ? await measure() : read(values.from);
console.log(describeScaling(result));
write(result);
if (left > 0) console.log(`${left} fits are left: the same again with --resume goes on.`);

function read(path: string): ScalingResult {
  return scalingResult.parse(JSON.parse(readFileSync(path, "utf8")));
}

function write(measured: ScalingResult): void {
  if (values.write === undefined) return;
  mkdirSync(values.write, { recursive: true });
  writeFileSync(join(values.write, "scaling.json"), `${JSON.stringify(measured, null, 2)}\n`);
  writeFileSync(join(values.write, "scaling.svg"), drawScaling(measured));
  writeFileSync(join(values.write, "scaling.md"), describeScaling(measured));
}

/** What an earlier sitting measured with the same settings. */
function earlier(): ScalingResult["curves"] {
  const path = join(values.write ?? "", "scaling.json");
  if (!values.resume || values.write === undefined || !existsSync(path)) return [];
  const found = read(path);
  if (JSON.stringify(found.settings) !== JSON.stringify(settings))
    throw new Error(`${path} was measured with other settings: ${JSON.stringify(found.settings)}.`);
  return found.curves;
}

async function measure(): Promise<ScalingResult> {
  const wanted = values.algorithms?.split(",");
  const known = earlier();
  const curves = known.filter(({ algorithm }) => algorithms.every(({ info }) => info.id !== algorithm));
  const whole = (): ScalingResult => ({
    measuredOn: `${cpus()[0]?.model.trim() ?? "unknown"}, ${availableParallelism()} cores, Node ${process.versions.node}`,
    settings,
    curves,
  });
  for (const { info } of algorithms) {
    const before = known.find((curve) => curve.algorithm === info.id);
    if (before === undefined && wanted?.includes(info.id) === false) continue;
    curves.push(before ?? { algorithm: info.id, name: info.name, points: [], ...exponentsOf([]), leftOut: null });
  }
  // Small sizes of all first: a picture that is cut off has every algorithm.
  for (const size of values.sizes.split(",").map(Number)) {
    for (const [at, curve] of curves.entries()) {
      if (wanted?.includes(curve.algorithm) === false || curve.leftOut !== null) continue;
      if (curve.points.some(({ asked }) => asked === size)) continue;
      if ((performance.now() - started) / 1000 > Number(values.seconds)) {
        left++;
        continue;
      }
      curves[at] = await measureOne(curve, size);
      write(whole());
    }
  }
  return whole();
}

async function measureOne(curve: ScalingResult["curves"][number], size: number): Promise<typeof curve> {
  const algorithm = algorithmById(curve.algorithm);
  const shape = shapeOfSize(size);
  const hyperparameters = shortened(algorithm, settings.passes, settings.factors);
  const fit = await fitInProcess(
    { algorithm: curve.algorithm, hyperparameters, shape, threads: settings.threads },
    settings.limitSeconds,
  );
  if (fit === null || fit.error !== null) {
    const leftOut = `from ${(size / 1e6).toLocaleString("en")} M on: ${fit?.error ?? `longer than ${settings.limitSeconds} s`}`;
    console.error(`${curve.algorithm}: ${leftOut}`);
    return { ...curve, leftOut };
  }
  const { processorSeconds: seconds, ratings, peakBytes } = fit;
  console.error(
    `${curve.algorithm}: ${ratings} ratings ${seconds.toFixed(2)} processor seconds (${fit.seconds.toFixed(2)} s) ${(peakBytes / 2 ** 20).toFixed(0)} MiB`,
  );
  const points = [...curve.points, { ...shape, asked: size, ratings, seconds, bytes: peakBytes }];
  return { ...curve, points, ...exponentsOf(points) };
}
