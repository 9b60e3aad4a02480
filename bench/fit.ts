/**
 * Whole fits, from ratings in memory to the finished model, threads and memory started anew each time:
 *   node bench/fit.ts [FILE] [--algorithms biases,biased-svd,puresvd] [--threads 1,2] [--repeat 3] [--set name=value]…
 * Without a file: generated ratings of MovieLens 1M's shape (6,040 × 3,706, 1,000,209, long tail).
 */
import { parseArgs } from "node:util";
import { seededRandom } from "../core/compute/test-data.fixture.ts";
import { algorithmById, parseHyperparameters } from "../core/models/registry.ts";
import { readRatingsFile, trainingSet } from "./ratings-file.ts";
import type { Ratings } from "./ratings-file.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    algorithms: { type: "string", default: "popularity,biases,biased-svd,puresvd" },
    threads: { type: "string", default: "1,2" },
    repeat: { type: "string", default: "3" },
    set: { type: "string", multiple: true, default: [] },
  },
});
const [path] = positionals;
const data = trainingSet(path === undefined ? generate(6040, 3706, 1_000_209) : readRatingsFile(path), () => true);
console.log(`${path ?? "generated"}: ${data.item.length} ratings, ${data.users} users, ${data.items} items`);
const given = Object.fromEntries(values.set.map(setting));

for (const id of values.algorithms.split(",")) {
  const algorithm = algorithmById(id);
  const known = algorithm.info.hyperparameters.map(({ name }) => name);
  const hyperparameters = parseHyperparameters(
    algorithm,
    Object.fromEntries(Object.entries(given).filter(([name]) => known.includes(name))),
  );
  const { bytes, flops } = algorithm.estimateCost(
    { users: data.users, items: data.items, ratings: data.item.length },
    hyperparameters,
  );
  for (const threads of values.threads.split(",").map(Number)) {
    const times: number[] = [];
    for (let run = 0; run < Number(values.repeat); run++) {
      const started = performance.now();
      await algorithm.fit(data, hyperparameters, {
        seed: 1,
        threads,
        signal: new AbortController().signal,
        onProgress: () => undefined,
        onEpoch: () => undefined,
        resumeFrom: null,
        saveCheckpoint: () => Promise.resolve(),
      });
      times.push((performance.now() - started) / 1000);
    }
    const median = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN;
    console.log(
      `${id.padEnd(11)} ${threads} threads  median ${median.toFixed(3)} s  (${times.map((time) => time.toFixed(3)).join(" ")})  ` +
        `${(flops / median / 1e9).toFixed(1)} GFLOP/s  ${(bytes / 2 ** 20).toFixed(0)} MiB  ${JSON.stringify(hyperparameters)}`,
    );
  }
}

/** Distinct pairs, item popularity falling as 1/(rank + 30), users' counts long-tailed. */
function generate(users: number, items: number, count: number): Ratings {
  const random = seededRandom(5);
  const taken = new Set<number>();
  const [user, item, rating] = [new Int32Array(count), new Int32Array(count), new Float32Array(count)];
  for (let n = 0; n < count;) {
    const u = Math.floor(users * random() ** 2);
    const i = Math.min(items - 1, Math.floor(30 * ((items / 30 + 1) ** random() - 1)));
    if (taken.has(u * items + i)) continue;
    taken.add(u * items + i);
    user[n] = u;
    item[n] = i;
    rating[n] = 1 + Math.floor(random() * 5);
    n++;
  }
  return { users, items, user, item, rating, time: null };
}

/** `factors=64` → ["factors", 64]. */
function setting(pair: string): [string, number] {
  const [name = "", value] = pair.split("=");
  return [name, Number(value)];
}
