/**
 * The anchors of TOIS 2021, table 79, on MovieLens 1M: ours, published, difference. Hyperparameters are searched on the
 * validation part only; the protocol and the settings tried are in core/evaluation/anchors/tois-ml1m.ts:
 *   node bench/tois.ts FILE [--algorithms ease,slim,ials,puresvd,user-knn,popularity] [--seed 1] [--threads 2] [--trials] [--json FILE]
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { runTois, toisParts, toisSearch } from "../core/evaluation/anchors/tois-ml1m.ts";
import type { ToisResult } from "../core/evaluation/anchors/tois-ml1m.ts";
import { readRatingsFile } from "./ratings-file.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    algorithms: { type: "string", default: Object.keys(toisSearch).join(",") },
    seed: { type: "string", default: "1" },
    threads: { type: "string", default: "2" },
    trials: { type: "boolean", default: false },
    json: { type: "string" },
  },
});
const [file] = positionals;
if (file === undefined) throw new Error("Which file of ratings? (MovieLens 1M's ratings.dat, with or without times)");

const parts = toisParts(readRatingsFile(file), Number(values.seed));
console.log(
  `${parts.train.item.length} ratings to train, ${parts.validation.item.length} to validate, ${parts.test.item.length} to test`,
);
const results: ToisResult[] = [];
for await (const result of runTois(parts, {
  seed: Number(values.seed),
  threads: Number(values.threads),
  signal: new AbortController().signal,
  algorithms: values.algorithms.split(","),
  ...(values.trials && {
    onTrial: (algorithm, given, ndcg) => console.log(`  ${algorithm} ${JSON.stringify(given)} ${ndcg.toFixed(4)}`),
  }),
})) {
  results.push(result);
  print(result);
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);

function print({ algorithm, published, test, trials, seconds, hyperparameters }: ToisResult): void {
  const against = (ours: number, theirs: number | undefined): string =>
    theirs === undefined
      ? `${ours.toFixed(4)} (–)`
      : `${ours.toFixed(4)} (${theirs.toFixed(4)}, ${ours >= theirs ? "+" : ""}${(ours - theirs).toFixed(4)})`;
  console.log(
    `${algorithm.padEnd(11)} NDCG@10 ${against(test.ndcg, published?.ndcg)}  Recall@10 ${against(test.recall, published?.recall)}` +
      `  truncated NDCG@10 ${test.ndcgTruncated.toFixed(4)}  ${String(trials)} settings, ${seconds.toFixed(0)} s  ${JSON.stringify(hyperparameters)}`,
  );
}
