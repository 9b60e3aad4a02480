/**
 * Our TPE against Optuna's TPESampler on the same spaces and functions at equal trials:
 *   node bench/peers/optuna.ts [--python PYTHON] [--seeds 20] [--first-seed 1] [--trials 100] [--only NAME] [--json FILE]
 * PYTHON must be able to `import optuna` (pip install optuna==5.0.0), which runs with its defaults, for conditional spaces with
 * `group=True` too, whichever is better. For each function: the regret of the best trial (mean over seeds), the difference of the mean log₁₀
 * regrets (negative: ours is smaller) with a bootstrap interval over seeds, and the share of pairs of seeds in which ours is smaller.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { z } from "zod";
import { createRandom } from "../../core/random.ts";
import { suggest } from "../../core/tuning/sampler.ts";
import type { Observation } from "../../core/tuning/sampler.ts";
import { figure, startPeer } from "../paired.ts";
import { closedForm, svdSpace, svdTable, tabulated } from "../tuning/objectives.ts";
import type { Objective } from "../tuning/objectives.ts";
import { existsSync } from "node:fs";

const { values } = parseArgs({
  options: {
    python: { type: "string", default: "python3" },
    seeds: { type: "string", default: "20" },
    "first-seed": { type: "string", default: "1" },
    trials: { type: "string", default: "100" },
    only: { type: "string" },
    json: { type: "string" },
  },
});
const seeds = Number(values.seeds);
const firstSeed = Number(values["first-seed"]);
const trials = Number(values.trials);
const checkpoints = [Math.round(trials / 2), trials];
const ready = z.object({});
const asked = z.object({ configuration: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])) });

const peer = await startPeer({
  python: values.python,
  script: new URL("optuna_tpe.py", import.meta.url),
  env: { OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1" },
});
const { version } = await peer.request({ do: "version" }, z.object({ version: z.string() }));
console.log(`Optuna ${version}; ${String(seeds)} seeds each; regret after ${checkpoints.join(" and ")} trials`);

const objectives = [
  ...closedForm,
  ...(existsSync(svdTable) ? [tabulated("biased SVD, ML-100K", svdTable, svdSpace)] : []),
].filter(({ name }) => values.only === undefined || name.startsWith(values.only));

const results = [];
for (const objective of objectives) {
  const ours = Array.from({ length: seeds }, (_, seed) => searchHere(objective, firstSeed + seed));
  const random = Array.from({ length: seeds }, (_, seed) => searchHere(objective, firstSeed + seed, true));
  const theirs = await peerSearches(objective);
  for (const [at, count] of checkpoints.entries()) {
    const result = { objective: objective.name, trials: count, ...compare(column(ours, at), column(theirs.best, at)) };
    const label = `${objective.name} @${String(count)}`.padEnd(26);
    console.log(
      `${label} ours ${figure(result.ours)}  peer ${figure(result.peer)}  random ${figure(mean(column(random, at)))}` +
        `  Δlog₁₀ ${result.difference.toFixed(3)} [${result.low.toFixed(3)}, ${result.high.toFixed(3)}]  smaller in ${(100 * result.smaller).toFixed(0)} %  ${result.verdict}${theirs.note}`,
    );
    results.push(result);
  }
}
await peer.close();
const overall = results.filter((result) => result.trials === trials);
console.log(
  `mean Δlog₁₀ regret over functions @${String(trials)}: ${mean(overall.map(({ difference }) => difference)).toFixed(3)}; worse on ${String(overall.filter(({ verdict }) => verdict === "WORSE").length)} of ${String(overall.length)}`,
);
if (values.json !== undefined)
  writeFileSync(values.json, `${JSON.stringify({ optuna: version, seeds, results }, null, 2)}\n`);

/** Regret of the best so far at the checkpoints. */
function searchHere({ space, evaluate, minimum }: Objective, seed: number, random = false): number[] {
  const observations: Observation[] = [];
  for (let trial = 0; trial < trials; trial++) {
    const sampler = random ? ({ sampler: "random" } as const) : ({ sampler: "tpe", startup: 10 } as const);
    const configuration = suggest({ space, sampler, seed, trial, observations, pending: [] });
    observations.push({ configuration, loss: evaluate(configuration) });
  }
  return regrets(
    observations.map(({ loss }) => loss),
    minimum,
  );
}

async function peerSearches(objective: Objective): Promise<{ best: number[][]; note: string }> {
  const conditional = objective.space.some(({ when }) => when !== null);
  const plain = await peerSearch(objective, false);
  if (!conditional) return { best: plain, note: "" };
  const grouped = await peerSearch(objective, true);
  const better = mean(column(grouped, 1).map(Math.log10)) < mean(column(plain, 1).map(Math.log10));
  return better ? { best: grouped, note: "  (peer: group=True)" } : { best: plain, note: "  (peer: defaults)" };
}

async function peerSearch({ space, evaluate, minimum }: Objective, group: boolean): Promise<number[][]> {
  const all: number[][] = [];
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    await peer.request({ do: "start", space, seed, group, sampler: "tpe" }, ready);
    const losses: number[] = [];
    for (let trial = 0; trial < trials; trial++) {
      const { configuration } = await peer.request({ do: "ask" }, asked);
      losses.push(evaluate(configuration));
      await peer.request({ do: "tell", value: losses.at(-1) }, ready);
    }
    all.push(regrets(losses, minimum));
  }
  return all;
}

function regrets(losses: readonly number[], minimum: number): number[] {
  // Below a millionth nobody cares who is nearer, and a table's points can be hit exactly.
  return checkpoints.map((count) => Math.max(1e-6, Math.min(...losses.slice(0, count)) - minimum));
}

function compare(ours: readonly number[], theirs: readonly number[]) {
  const [a, b] = [ours.map(Math.log10), theirs.map(Math.log10)];
  const random = createRandom(1);
  const resample = (numbers: readonly number[]) => mean(numbers.map(() => numbers[random.below(numbers.length)] ?? 0));
  const differences = Array.from({ length: 10_000 }, () => resample(a) - resample(b)).sort((x, y) => x - y);
  const [low, high] = [differences[250] ?? NaN, differences[9749] ?? NaN];
  const smaller = mean(a.map((x) => mean(b.map((y) => (x < y ? 1 : x === y ? 0.5 : 0)))));
  const verdict = low > 0 ? "WORSE" : high < 0 ? "better" : "no difference shown";
  return { ours: mean(ours), peer: mean(theirs), difference: mean(a) - mean(b), low, high, smaller, verdict };
}

function column(rows: readonly (readonly number[])[], at: number): number[] {
  return rows.map((row) => row[at] ?? NaN);
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
}
