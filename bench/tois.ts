/**
 * The anchors of TOIS 2021, table 79, on MovieLens 1M: ours, published, difference. Hyperparameters are searched on the
 * validation part only; the protocol, the settings tried and those chosen are in core/evaluation/anchors/tois-ml1m.ts:
 *   node bench/tois.ts FILE [--algorithms ease,slim,ials,puresvd,user-knn,popularity] [--seed 1] [--preset] [--threads 2] [--trials] [--json FILE]
 * `--preset`: no search, the settings that it once chose (seed 1). Several seeds (`--seed 1,2`): the parts are drawn anew with
 * each, and the means follow at the end.
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
    preset: { type: "boolean", default: false },
    trials: { type: "boolean", default: false },
    json: { type: "string" },
  },
});
const [file] = positionals;
if (file === undefined) throw new Error("Which file of ratings? (MovieLens 1M's ratings.dat, with or without times)");

const ratings = readRatingsFile(file);
const seeds = values.seed.split(",").map(Number);
const results: (ToisResult & { readonly seed: number })[] = [];
for (const seed of seeds) {
  const parts = toisParts(ratings, seed);
  console.log(
    `seed ${seed}: ${parts.train.item.length} ratings to train, ${parts.validation.item.length} to validate, ${parts.test.item.length} to test`,
  );
  for await (const result of runTois(parts, {
    seed,
    threads: Number(values.threads),
    signal: new AbortController().signal,
    algorithms: values.algorithms.split(","),
    preset: values.preset,
    ...(values.trials && {
      onTrial: (algorithm, given, ndcg) => console.log(`  ${algorithm} ${JSON.stringify(given)} ${ndcg.toFixed(4)}`),
    }),
  })) {
    results.push({ seed, ...result });
    print(result);
  }
}
if (seeds.length > 1) {
  console.log(`means over seeds ${seeds.join(", ")}`);
  for (const row of new Set(results.map(({ algorithm }) => algorithm))) {
    const own = results.filter(({ algorithm }) => algorithm === row);
    const mean = (of: (test: ToisResult["test"]) => number): number =>
      own.reduce((sum, { test }) => sum + of(test), 0) / own.length;
    const published = own[0]?.published;
    console.log(
      `${row.padEnd(15)} NDCG@10 ${against(
        mean(({ ndcg }) => ndcg),
        published?.ndcg,
      )}  Recall@10 ${against(
        mean(({ recall }) => recall),
        published?.recall,
      )}`,
    );
  }
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);

function print({ algorithm, published, test, trials, seconds, hyperparameters }: ToisResult): void {
  console.log(
    `${algorithm.padEnd(15)} NDCG@10 ${against(test.ndcg, published?.ndcg)}  Recall@10 ${against(test.recall, published?.recall)}` +
      `  truncated NDCG@10 ${test.ndcgTruncated.toFixed(4)}  ${String(trials)} settings, ${seconds.toFixed(0)} s  ${JSON.stringify(hyperparameters)}`,
  );
}

function against(ours: number, theirs: number | undefined): string {
  return theirs === undefined
    ? `${ours.toFixed(4)} (–)`
    : `${ours.toFixed(4)} (${theirs.toFixed(4)}, ${ours >= theirs ? "+" : ""}${(ours - theirs).toFixed(4)})`;
}
