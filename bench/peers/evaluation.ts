/**
 * Full-ranking evaluation of all test users at seven cut-offs, here and by numpy (scores, seen items out, partition, sort) with
 * ranx's metrics, over the same factors:
 *   node bench/peers/evaluation.ts [FILE] [--factors 64] [--python PYTHON] [--pairs 5]
 * FILE: ratings (MovieLens 1M's); left out: invented positives of its shape. Every fifth rating is held out; factors come from iALS.
 * The peer's metrics are NDCG, recall, precision, MAP, hit rate and MRR. Ours are these and what else costs little (exponential NDCG,
 * novelty, serendipity, segments …), then also AUC and diversity, and all of it with threads that are started for it. No
 * intervals. The means of both are compared.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { createRandom } from "../../core/random.ts";
import { metricValues } from "../../core/evaluation/summarize.ts";
import type { TrainingSet } from "../../core/models/algorithm.ts";
import { ials } from "../../core/models/ials.ts";
import { parseHyperparameters } from "../../core/models/registry.ts";
import { evaluateInThreads } from "../../core/training/evaluate-in-threads.ts";
import type { EvaluationResult } from "../../core/training/evaluate-in-threads.ts";
import { openEvaluationThreads } from "../../core/training/evaluation-threads.ts";
import { finish, pairedOptions, runPairs, seconds, startPeer } from "../paired.ts";
import { generatePositives } from "../positives.ts";
import { readRatingsFile, trainingSet } from "../ratings-file.ts";

// Threads start from compiled code, as those of the built product do, instead of having their types stripped each time.
process.env["NODE_COMPILE_CACHE"] ??= join(tmpdir(), "reelbench-compile-cache");

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    ...pairedOptions,
    factors: { type: "string", default: "64" },
    shape: { type: "string", default: "ml-1m" },
  },
});
const cutoffs = [1, 3, 5, 10, 20, 50, 100];
const threads = Number(values.threads);
const [path] = positionals;
const all = path === undefined ? generatePositives(values.shape) : trainingSet(readRatingsFile(path), () => true);
const { train, test } = holdOut(all);
const context = { signal: new AbortController().signal, onProgress: () => undefined };
const model = await ials.fit(
  train,
  parseHyperparameters(ials, { factors: Number(values.factors), epochs: 5, solver: "conjugate-gradient" }),
  { ...context, seed: 1, threads, onEpoch: () => undefined, resumeFrom: null, saveCheckpoint: () => Promise.resolve() },
);
console.log(
  `${path ?? values.shape}: ${String(train.users)} users × ${String(train.items)} items, ${String(train.item.length)} + ${String(test.item.length)} ratings, k=${values.factors}, lists of ${cutoffs.join(", ")}`,
);

const folder = mkdtempSync(join(tmpdir(), "reelbench-evaluation-"));
try {
  const file = join(folder, "model.bin");
  const header = Int32Array.of(train.users, train.items, train.item.length, test.item.length, model.factors);
  const parts = [header, train.userStart, train.item, test.userStart, test.item, model.userFactors, model.itemFactors];
  writeFileSync(
    file,
    Buffer.concat(parts.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength))),
  );
  const peer = await startPeer({
    python: values.python,
    script: new URL("evaluation_rank.py", import.meta.url),
    arguments: [file],
  });
  const answer = z.object({ seconds: z.number(), metrics: z.record(z.string(), z.number()) });
  let ours: EvaluationResult | undefined;
  let theirs: Readonly<Record<string, number>> = {};
  const workers = openEvaluationThreads(threads);
  const results = [];
  for (const [name, choice] of [
    ["the peer's metrics", { workers, options: { thorough: false } }],
    ["all metrics", { workers }],
    ["all, threads started", {}],
  ] as const) {
    const result = await runPairs({
      name,
      pairs: Number(values.pairs),
      ours: () =>
        seconds(async () => {
          ours = await evaluateInThreads({ model, train, test, cutoffs, threads, ...choice }, context);
        }),
      peer: async () => {
        const given = await peer.request({ do: "evaluate", cutoffs }, answer);
        theirs = given.metrics;
        return given.seconds;
      },
    });
    results.push(result);
  }
  await workers.close();
  await peer.close();
  if (ours !== undefined) compareMeans(metricValues(ours.perUser, cutoffs), theirs);
  console.log(`peak memory of this process: ${String(Math.round(process.resourceUsage().maxRSS / 1024))} MB`);
  finish(results, values.json);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function compareMeans(ours: ReadonlyMap<string, number>, theirs: Readonly<Record<string, number>>): void {
  const differences = Object.entries(theirs).map(([name, value]) =>
    Math.abs((ours.get(name.replace("hit_rate", "hit-rate")) ?? NaN) - value),
  );
  console.log(
    `${String(differences.length)} means compared, largest difference ${Math.max(...differences).toExponential(1)}; NDCG@10 ${(ours.get("ndcg@10") ?? NaN).toFixed(6)}`,
  );
}

/** Every fifth rating, drawn with a fixed seed. */
function holdOut(data: TrainingSet): { train: TrainingSet; test: TrainingSet } {
  const random = createRandom(11);
  const held = Uint8Array.from(data.item, () => (random.below(5) === 0 ? 1 : 0));
  const part = (wanted: number): TrainingSet => {
    const kept = [...held.keys()].filter((at) => held[at] === wanted);
    const userStart = new Int32Array(data.users + 1);
    let before = 0;
    for (let u = 0; u < data.users; u++) {
      for (let at = data.userStart[u] ?? 0; at < (data.userStart[u + 1] ?? 0); at++) if (held[at] === wanted) before++;
      userStart[u + 1] = before;
    }
    return {
      users: data.users,
      items: data.items,
      userStart,
      item: Int32Array.from(kept, (at) => data.item[at] ?? 0),
      rating: Float32Array.from(kept, (at) => data.rating[at] ?? 0),
      time: null,
      scale: data.scale,
    };
  };
  return { train: part(0), test: part(1) };
}
