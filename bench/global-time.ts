/**
 * Every algorithm on a predefined division in time, as a Markdown table with bootstrap intervals over users:
 *   node bench/global-time.ts DIRECTORY [--algorithms ease,ials,…] [--tune TRIALS] [--threads 2] [--seed 1] [--output FILE.md]
 * DIRECTORY holds train, val and test files of ratings (train.dat.gz, val.dat.gz, test.dat.gz: user::item::rating::time, times may be
 * missing). Models learn from train and val together and are judged by test; relevant is every test rating, candidates are all items that
 * the user has not rated before. Times are not given to the models: which training rows have one may depend on the rating.
 * `--tune`: so many settings are searched first (the defaults among them, then TPE), fitted on train and judged by val's NDCG@10.
 */
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import type { MetricValue } from "../core/contract/entities.ts";
import { summarize } from "../core/evaluation/summarize.ts";
import type { Algorithm, TrainingSet } from "../core/models/algorithm.ts";
import { algorithms, parseHyperparameters } from "../core/models/registry.ts";
import { evaluateInThreads } from "../core/training/evaluate-in-threads.ts";
import { suggest } from "../core/tuning/sampler.ts";
import type { Observation } from "../core/tuning/sampler.ts";
import { defaultSpace } from "../core/tuning/space.ts";
import { readRatingsFile, trainingSet } from "./ratings-file.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    algorithms: { type: "string" },
    tune: { type: "string", default: "0" },
    threads: { type: "string", default: "2" },
    seed: { type: "string", default: "1" },
    output: { type: "string" },
  },
});
const [directory = "../shared/data/ml-1m/split-global-time"] = positionals;
const threads = Number(values.threads);
const seed = Number(values.seed);
const trials = Number(values.tune);
/** Made of others, or told apart by times that this division does not tell. */
const leftOut: ReadonlySet<string> = new Set(["stacking", "timesvdpp"]);
const chosen = algorithms.filter(({ info }) =>
  values.algorithms === undefined ? !leftOut.has(info.id) : values.algorithms.split(",").includes(info.id),
);

const parts = ["train", "val", "test"].map((name) => {
  const found = [`${name}.dat.gz`, `${name}.dat`, `${name}.csv`].map((file) => join(directory, file)).find(existsSync);
  if (found === undefined) throw new Error(`${directory} holds no ${name} part.`);
  return found;
});
const [trainCount = 0, validationCount = 0] = parts.map((file) => readRatingsFile(file).rating.length);
const ratings = readTogether(parts);
const partOf = (index: number) => (index < trainCount ? 0 : index < trainCount + validationCount ? 1 : 2);
const set = (keep: (part: number) => boolean): TrainingSet => ({
  ...trainingSet(ratings, (index) => keep(partOf(index))),
  time: null,
});
const [train, validation, both, test] = [
  set((part) => part === 0),
  set((part) => part === 1),
  set((part) => part < 2),
  set((part) => part === 2),
];
console.log(
  `${directory}: ${train.item.length} + ${validation.item.length} ratings to learn from, ${test.item.length} to predict`,
);

const shown = ["ndcg@10", "recall@10", "hit-rate@10", "coverage@10", "rmse"];
const rows: string[] = [];
for (const algorithm of chosen) rows.push(await row(algorithm));
const table = [
  `| model | ${shown.join(" | ")} | settings | fit, s |`,
  `| --- | ${shown.map(() => "---").join(" | ")} | --- | --- |`,
  ...rows,
].join("\n");
console.log(table);
if (values.output !== undefined) writeFileSync(values.output, `${table}\n`);

/** One file after the other, so that the same ids get the same indices. */
function readTogether(files: readonly string[]): ReturnType<typeof readRatingsFile> {
  const folder = mkdtempSync(join(tmpdir(), "reelbench-global-time-"));
  try {
    const whole = join(folder, "ratings.dat");
    for (const file of files) {
      const bytes = readFileSync(file);
      appendFileSync(whole, file.endsWith(".gz") ? gunzipSync(bytes) : bytes);
    }
    return readRatingsFile(whole);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function row(algorithm: Algorithm): Promise<string> {
  const settings = await bestSettings(algorithm);
  const { metrics, seconds } = await measure(algorithm, settings.given, both, test);
  const cells = shown.map((metric) => cell(metrics.find((found) => found.metric === metric)));
  const line = `| ${algorithm.info.name} | ${cells.join(" | ")} | ${settings.text} | ${seconds.toFixed(1)} |`;
  console.log(line);
  return line;
}

function cell(found: MetricValue | undefined): string {
  if (found === undefined) return "–";
  const { value, interval } = found;
  return interval === null
    ? value.toFixed(4)
    : `${value.toFixed(4)} [${interval.low.toFixed(4)}, ${interval.high.toFixed(4)}]`;
}

/** Chosen by the validation part; the defaults where nothing is searched. */
async function bestSettings(algorithm: Algorithm): Promise<{ given: Record<string, unknown>; text: string }> {
  const space = defaultSpace(algorithm.info);
  if (trials === 0 || space.length === 0) return { given: {}, text: "defaults" };
  const metric = "ndcg@10";
  const observations: Observation[] = [];
  for (let trial = 0; trial < trials; trial++) {
    // The defaults are the first to be tried.
    const sampler = { sampler: "tpe", startup: Math.ceil(trials / 2) } as const;
    const configuration = trial === 0 ? {} : suggest({ space, sampler, seed, trial, observations, pending: [] });
    const { metrics } = await measure(algorithm, configuration, train, validation);
    const complete = trial === 0 ? parseHyperparameters(algorithm, {}) : configuration;
    observations.push({
      configuration: complete,
      loss: -(metrics.find((found) => found.metric === metric)?.value ?? 0),
    });
  }
  const best = observations.reduce((least, one) => (one.loss < least.loss ? one : least));
  const text = space
    .map(({ name }) => `${name} ${String(Number(Number(best.configuration[name]).toPrecision(3)))}`)
    .join(", ");
  return {
    given: best.configuration,
    text: `${text} (validation ${(-best.loss).toFixed(4)}, ${String(trials)} tried)`,
  };
}

async function measure(algorithm: Algorithm, given: Record<string, unknown>, learnt: TrainingSet, told: TrainingSet) {
  const started = performance.now();
  const quiet = { signal: new AbortController().signal, onProgress: () => undefined };
  const model = await algorithm.fit(learnt, parseHyperparameters(algorithm, given), {
    ...quiet,
    seed,
    threads,
    onEpoch: () => undefined,
    resumeFrom: null,
    saveCheckpoint: () => Promise.resolve(),
  });
  const seconds = (performance.now() - started) / 1000;
  const cutoffs = [10];
  const { perUser, whole, definitions } = await evaluateInThreads(
    { model, train: learnt, test: told, cutoffs, threads },
    quiet,
  );
  return { metrics: summarize(perUser, { cutoffs, whole, definitions, seed }), seconds };
}
