/**
 * What one uncached top-10 costs a scoring thread, against the same matrix in numpy on one thread (OpenBLAS sgemv, argpartition,
 * sort of the ten), and what 8, 16, 32 and 64 at once cost:
 *   node bench/peers/sgemv.ts [--items 62000] [--factors 128] [--users 512] [--source skewed|random] [--python PYTHON] [--pairs 5]
 * `skewed`: item norms are log-normal (σ 0.6), as those of fitted models are about; `random`: no item is longer than the others, so that
 * nothing can be left out of the scan. Every list is compared with brute force in float64, ties included.
 * Then --clients people at once (default 100), each with 100 ratings to fold in (ridge) and a list, one after the other on this
 * thread: percentiles of the processor time of each by itself.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { seededRandom } from "../../core/compute/test-data.fixture.ts";
import type { FactorModel } from "../../core/models/servable.ts";
import { createRecommender } from "../../core/recommend/recommender.ts";
import { createScanner } from "../../core/recommend/scanner.ts";
import { shareModel } from "../../core/recommend/shared-model.ts";
import { finish, paired, pairedOptions, runPairs, startPeer } from "../paired.ts";

const { values } = parseArgs({
  options: {
    ...pairedOptions,
    items: { type: "string", default: "62000" },
    factors: { type: "string", default: "128" },
    users: { type: "string", default: "512" },
    source: { type: "string", default: "skewed" },
    clients: { type: "string", default: "100" },
  },
});
const n = 10;
const [items, factors, users] = [Number(values.items), Number(values.factors), Number(values.users)];
const model = shareModel(inventedModel());
const scanner = await createScanner(model);
const everyone = Array.from({ length: users }, (_, who) => ({ who }));
console.log(`${users} users × ${items} items × ${factors} factors, ${values.source}, top ${n}, one thread`);

const folder = mkdtempSync(join(tmpdir(), "reelbench-sgemv-"));
const file = join(folder, "model.bin");
writeFileSync(
  file,
  Buffer.concat(
    [Int32Array.of(users, items, factors), model.userFactors, model.itemFactors].map(
      ({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength),
    ),
  ),
);
const peer = await startPeer({
  python: values.python,
  script: new URL("sgemv_topn.py", import.meta.url),
  arguments: [file],
  env: { OPENBLAS_NUM_THREADS: "1", OMP_NUM_THREADS: "1", MKL_NUM_THREADS: "1" },
});
try {
  const answer = z.object({ microseconds: z.number() });
  const oneByOne = () => each(() => everyone.forEach(({ who }) => scanner.topN(who, n))).processor;
  const pairs = Number(values.pairs);
  const numpy = () => peer.request({ do: "topn", n }, answer).then(({ microseconds }) => microseconds);
  const results = [await runPairs({ name: "one by one / sgemv", unit: "µs CPU", pairs, ours: oneByOne, peer: numpy })];
  for (const size of [8, 16, 32, 64]) results.push(...(await batchesOf(size, pairs)));
  compareWithBruteForce();
  results.push(...foldIns());
  finish(results, values.json);
} finally {
  await peer.close();
  rmSync(folder, { recursive: true, force: true });
}

/** Microseconds a user. */
function each(work: () => void): { readonly processor: number; readonly clock: number } {
  const { user, system } = process.cpuUsage();
  const started = performance.now();
  work();
  const clock = (1000 * (performance.now() - started)) / users;
  const used = process.cpuUsage({ user, system });
  return { processor: (used.user + used.system) / users, clock };
}

/** So many at once against one by one: of what a list costs in processor time, and by the clock. */
async function batchesOf(size: number, pairs: number) {
  const clocks: [together: number[], oneByOne: number[]] = [[], []];
  const measure = (of: number[], work: () => void) => {
    const { processor, clock } = each(work);
    of.push(clock);
    return processor;
  };
  const used = await runPairs({
    name: `${size} at once / one by one`,
    unit: "µs CPU",
    pairs,
    ours: () =>
      measure(clocks[0], () => {
        for (let at = 0; at < users; at += size) scanner.topNForMany(everyone.slice(at, at + size), n);
      }),
    peer: () => measure(clocks[1], () => everyone.forEach(({ who }) => scanner.topN(who, n))),
  });
  // The first pair is for code to be compiled.
  return [used, paired(`${size} at once / one by one`, "µs clock", clocks[0].slice(1), clocks[1].slice(1))];
}

function compareWithBruteForce(): void {
  const recommender = createRecommender(model);
  const sample = everyone.slice(0, 64);
  const lists = scanner.topNForMany(sample, n);
  const different = sample.filter(
    ({ who }, at) =>
      JSON.stringify(lists[at]) !== JSON.stringify(recommender.topN(who, n)) ||
      JSON.stringify(scanner.topN(who, n)) !== JSON.stringify(lists[at]),
  ).length;
  console.log(`lists that differ from brute force in float64: ${different} of ${sample.length}`);
  if (different > 0) process.exitCode = 1;
}

function foldIns() {
  const random = seededRandom(5);
  const recommender = createRecommender(model);
  const clients = Number(values.clients);
  const given = Array.from({ length: 10 * clients }, () => {
    const rated = new Set<number>();
    while (rated.size < 100) rated.add(Math.floor(random() * items));
    return [...rated].map((i) => ({ i, rating: 1 + Math.floor(random() * 5) }));
  });
  const times = given.map((ratings) => {
    const before = process.cpuUsage();
    scanner.topN(recommender.foldIn(ratings), n, { exclude: ratings.map(({ i }) => i) });
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  const sorted = times.slice(clients).toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * sorted.length)] ?? Number.NaN;
  console.log(
    `fold-in of 100 ratings and its list: p50 ${at(0.5).toFixed(2)} ms, p99 ${at(0.99).toFixed(2)} ms of processor time`,
  );
  return [paired("fold-in of 100 + top-10", "ms", [at(0.5)], [15])];
}

function inventedModel(): FactorModel {
  const random = seededRandom(3);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const fill = (length: number) => Float32Array.from({ length }, normal);
  const itemFactors = fill(items * factors);
  if (values.source === "skewed")
    for (let i = 0; i < items; i++) {
      const length = Math.exp(0.6 * normal()) / Math.sqrt(factors);
      for (let f = 0; f < factors; f++) itemFactors[i * factors + f] = (itemFactors[i * factors + f] ?? 0) * length;
    }
  return {
    form: "factors",
    users,
    items,
    factors,
    globalMean: 0,
    userBias: new Float32Array(users),
    itemBias: new Float32Array(items),
    userFactors: fill(users * factors),
    itemFactors,
    foldIn: { kind: "ridge", regularization: 0.05, biasRegularization: 0.05 },
    predictsRatings: true,
    scale: { minimum: 1, maximum: 5 },
  } satisfies FactorModel;
}
