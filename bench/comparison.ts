/**
 * What a comparison of runs costs by the number of users in the test: seconds of one, with all metrics of lists at five lengths
 * and two errors, on invented values.
 *   node bench/comparison.ts [--users 2000,20000,162541] [--runs 2]
 */
import { parseArgs } from "node:util";
import { compareRuns } from "../core/evaluation/compare.ts";
import { runOf } from "../core/evaluation/evaluation.fixture.ts";
import type { PerUserTable } from "../core/evaluation/per-user.ts";
import { summarize } from "../core/evaluation/summarize.ts";
import { createRandom } from "../core/random.ts";

const { values } = parseArgs({
  options: { users: { type: "string", default: "2000,20000,162541" }, runs: { type: "string", default: "2" } },
});

const lengths = [1, 5, 10, 20, 50];
const lists = ["ndcg", "recall", "precision", "map", "mrr", "hit-rate"].flatMap((family) =>
  lengths.map((k) => `${family}@${String(k)}`),
);

function tableOf(users: number, mean: number, seed: number): PerUserTable {
  const random = createRandom(seed);
  const column = (of: () => number) => Float64Array.from({ length: users }, of);
  return {
    users: Int32Array.from({ length: users }, (_, u) => u),
    columns: new Map([
      ["test_ratings", column(() => 1 + Math.floor(30 * random.unit() ** 3))],
      ...lists.map((name) => [name, column(() => mean + 0.2 * random.unit())] as const),
      ["rmse_sum", column(() => 4 * random.unit())],
      ["mae_sum", column(() => 2 * random.unit())],
    ]),
  };
}

for (const users of values.users.split(",").map(Number)) {
  const runs = Array.from({ length: Number(values.runs) }, (_, at) => {
    const perUser = tableOf(users, 0.1 + 0.001 * at, at + 1);
    const metrics = summarize(perUser, { cutoffs: lengths, whole: new Map(), seed: 1 });
    return { run: runOf(`run ${String(at)}`, at === 0 ? "biases" : "biased-svd", perUser, { metrics }), perUser };
  });
  const started = performance.now();
  const { runs: compared } = compareRuns(runs, null);
  const seconds = (performance.now() - started) / 1000;
  const comparisons = compared.reduce((sum, run) => sum + run.comparisons.length, 0);
  console.log(`${String(users).padStart(8)} users, ${String(comparisons)} comparisons: ${seconds.toFixed(2)} s`);
}
