/**
 * Cost against size: each algorithm fitted to generated ratings from 0.1 M to 25 M, and the exponent with which its time and
 * its memory grow:
 *   node bench/scaling.ts [--sizes 100000,300000,1000000,3000000,10000000,25000000] [--algorithms a,b] [--threads 2]
 *                         [--passes 3] [--factors 32] [--limit 120] [--write docs/benchmarks]
 * Fits run in processes of their own, with the algorithm's defaults but so many passes and factors. One that takes longer
 * than `limit` seconds is ended, and larger sizes of that algorithm are not begun; the table says so. `--write` leaves
 * scaling.json, scaling.svg and scaling.md in a folder; `--from FILE` draws them from an earlier scaling.json.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { algorithms } from "../core/models/registry.ts";
import { fitInProcess } from "./fit-in-process.ts";
import { shapeOfSize } from "./generated-set.ts";
import { describeScaling, exponentsOf, scalingResult } from "./scaling/describe.ts";
import type { ScalingPoint, ScalingResult } from "./scaling/describe.ts";
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
  },
});
const result =
  values.from === undefined ? await measure() : scalingResult.parse(JSON.parse(readFileSync(values.from, "utf8")));
console.log(describeScaling(result));
if (values.write !== undefined) {
  mkdirSync(values.write, { recursive: true });
  writeFileSync(join(values.write, "scaling.json"), `${JSON.stringify(result, null, 2)}\n`);
  writeFileSync(join(values.write, "scaling.svg"), drawScaling(result));
  writeFileSync(join(values.write, "scaling.md"), describeScaling(result));
}

async function measure(): Promise<ScalingResult> {
  const wanted = values.algorithms?.split(",");
  const [threads, limit] = [Number(values.threads), Number(values.limit)];
  const curves = [];
  for (const algorithm of algorithms.filter(({ info }) => wanted?.includes(info.id) ?? true)) {
    const { id } = algorithm.info;
    const points: ScalingPoint[] = [];
    let leftOut: string | null = null;
    for (const size of values.sizes.split(",").map(Number)) {
      const shape = shapeOfSize(size);
      const hyperparameters = shortened(algorithm, Number(values.passes), Number(values.factors));
      const fit = await fitInProcess({ algorithm: id, hyperparameters, shape, threads }, limit);
      if (fit === null || fit.error !== null) {
        leftOut = `from ${(size / 1e6).toLocaleString("en")} M on: ${fit?.error ?? `longer than ${limit} s`}`;
        console.error(`${id}: ${leftOut}`);
        break;
      }
      const { seconds, ratings, peakBytes } = fit;
      points.push({ ...shape, ratings, seconds, bytes: peakBytes });
      console.error(`${id}: ${ratings} ratings ${seconds.toFixed(2)} s ${(peakBytes / 2 ** 20).toFixed(0)} MiB`);
    }
    curves.push({ algorithm: id, name: algorithm.info.name, points, ...exponentsOf(points), leftOut });
  }
  return {
    measuredOn: `${cpus()[0]?.model.trim() ?? "unknown"}, ${availableParallelism()} cores, Node ${process.versions.node}`,
    settings: { threads, passes: Number(values.passes), factors: Number(values.factors), limitSeconds: limit },
    curves,
  };
}
