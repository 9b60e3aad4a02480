/**
 * A Gibbs sweep of plain Bayesian matrix factorisation here and in myFM, on the same ratings with the same rank, interleaved:
 *   node bench/peers/myfm.ts [FILE] [--factors 64] [--sweeps 6] [--python PYTHON] [--pairs 5] [--threads 2] [--json FILE]
 *   node bench/peers/myfm.ts [FILE] --fold 0 [--seed 20] [--factors 16] [--sweeps 100] [--burnIn 10]
 * With `--fold`: RMSE on that fold of five (bench/cv.ts's) after as many sweeps of both, instead of times.
 * A run is a fit of `--sweeps` sweeps of which the first two do not count; its figure is the mean of the others. Ours includes what the
 * average over sweeps costs; myFM keeps one sample.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import type { Hyperparameters } from "../../core/contract/entities.ts";
import type { TrainingSet } from "../../core/models/algorithm.ts";
import { bayesianMf } from "../../core/models/bayesian-mf.ts";
import { parseHyperparameters } from "../../core/models/registry.ts";
import type { FactorModel } from "../../core/models/servable.ts";
import { createRecommender } from "../../core/recommend/recommender.ts";
import { finish, pairedOptions, runPairs, startPeer } from "../paired.ts";
import type { Peer } from "../paired.ts";
import { foldOfRating, readRatingsFile, trainingSet } from "../ratings-file.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    ...pairedOptions,
    factors: { type: "string", default: "64" },
    sweeps: { type: "string", default: "6" },
    fold: { type: "string" },
    seed: { type: "string", default: "20" },
    burnIn: { type: "string", default: "10" },
  },
});
const path = positionals[0] ?? "../shared/data/ml-1m/ratings-notime.dat.gz";
const factors = Number(values.factors);
const sweeps = Number(values.sweeps);
const notCounted = 2;
const ratings = readRatingsFile(path);
const data = trainingSet(ratings, () => true);
const hyperparameters = parseHyperparameters(bayesianMf, {
  factors,
  sweeps,
  burnIn: 0,
  implicitItems: false,
  implicitUsers: false,
  features: false,
});

const folder = mkdtempSync(join(tmpdir(), "reelbench-peer-"));
try {
  const triples = new Float64Array(ratings.rating.length * 3);
  ratings.rating.forEach((rating, n) => triples.set([ratings.user[n] ?? 0, ratings.item[n] ?? 0, rating], n * 3));
  const file = join(folder, "triples.f64");
  writeFileSync(file, new Uint8Array(triples.buffer));
  console.log(
    `${path}: ${ratings.rating.length} ratings, ${ratings.users} users, ${ratings.items} items; rank ${values.factors}, ${values.threads} threads here`,
  );
  const peer = await startPeer({
    python: values.python,
    script: new URL("myfm_fit.py", import.meta.url),
    arguments: [file],
  });
  if (values.fold === undefined) await compareTimes(peer);
  else await compareErrors(peer, Number(values.fold));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function compareTimes(peer: Peer): Promise<void> {
  const answer = z.object({ seconds: z.array(z.number()) });
  const result = await runPairs({
    name: `Gibbs sweep k=${values.factors}`,
    pairs: Number(values.pairs),
    ours: oursSeconds,
    peer: async () => meanOfLater((await peer.request({ do: "fit", factors, sweeps }, answer)).seconds, notCounted - 1),
  });
  await peer.close();
  finish([result], values.json);
}

async function compareErrors(peer: Peer, held: number): Promise<void> {
  const fold = foldOfRating(ratings.rating.length, 5, Number(values.seed));
  const [train, test] = [trainingSet(ratings, (n) => fold[n] !== held), trainingSet(ratings, (n) => fold[n] === held)];
  const burnIn = Number(values.burnIn);
  const recommender = createRecommender(await ours(train, { ...hyperparameters, burnIn }, () => undefined));
  let squares = 0;
  for (let u = 0; u < test.users; u++)
    for (let n = test.userStart[u] ?? 0; n < (test.userStart[u + 1] ?? 0); n++)
      squares += (recommender.predict(u, test.item[n] ?? 0) - (test.rating[n] ?? 0)) ** 2;
  console.log(`ours RMSE ${Math.sqrt(squares / test.item.length).toFixed(4)} after ${sweeps} sweeps`);
  const chosen = Array.from(fold.keys());
  const heldTriples = chosen
    .filter((n) => fold[n] === held)
    .flatMap((n) => [ratings.user[n] ?? 0, ratings.item[n] ?? 0, ratings.rating[n] ?? 0]);
  const files = { held: join(folder, "held.f64"), train: join(folder, "train.i32") };
  writeFileSync(files.held, new Uint8Array(Float64Array.from(heldTriples).buffer));
  writeFileSync(files.train, new Uint8Array(Int32Array.from(chosen.filter((n) => fold[n] !== held)).buffer));
  const { rmse } = await peer.request(
    { do: "error", factors, sweeps, burnIn, ...files },
    z.object({ rmse: z.number() }),
  );
  await peer.close();
  console.log(`myFM RMSE ${rmse.toFixed(4)}`);
}

function ours(set: TrainingSet, given: Hyperparameters, onEpoch: () => void): Promise<FactorModel> {
  return bayesianMf.fit(set, given, {
    seed: 1,
    threads: Number(values.threads),
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onEpoch,
    resumeFrom: null,
    saveCheckpoint: () => Promise.resolve(),
  });
}

async function oursSeconds(): Promise<number> {
  const moments: number[] = [];
  await ours(data, hyperparameters, () => void moments.push(performance.now() / 1000));
  return meanOfLater(
    moments.slice(1).map((moment, n) => moment - (moments[n] ?? NaN)),
    notCounted - 1,
  );
}

/** `seconds` lie between ends of sweeps: the first is the second sweep's. */
function meanOfLater(seconds: readonly number[], from: number): number {
  const counted = seconds.slice(from);
  return counted.reduce((sum, value) => sum + value, 0) / counted.length;
}
