/**
 * A Gibbs sweep of plain Bayesian matrix factorisation here and in myFM, on the same ratings with the same rank, interleaved:
 *   node bench/peers/myfm.ts [FILE] [--factors 64] [--sweeps 6] [--python PYTHON] [--pairs 5] [--threads 2] [--json FILE]
 * A run is a fit of `--sweeps` sweeps of which the first two do not count; its figure is the mean of the others. Ours includes what the
 * average over sweeps costs; myFM keeps one sample.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { bayesianMf } from "../../core/models/bayesian-mf.ts";
import { parseHyperparameters } from "../../core/models/registry.ts";
import { finish, pairedOptions, runPairs, startPeer } from "../paired.ts";
import { readRatingsFile, trainingSet } from "../ratings-file.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { ...pairedOptions, factors: { type: "string", default: "64" }, sweeps: { type: "string", default: "6" } },
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
  const answer = z.object({ seconds: z.array(z.number()) });
  const result = await runPairs({
    name: `Gibbs sweep k=${values.factors}`,
    pairs: Number(values.pairs),
    ours: oursSeconds,
    peer: async () => meanOfLater((await peer.request({ do: "fit", factors, sweeps }, answer)).seconds, notCounted - 1),
  });
  await peer.close();
  finish([result], values.json);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function oursSeconds(): Promise<number> {
  const moments: number[] = [];
  await bayesianMf.fit(data, hyperparameters, {
    seed: 1,
    threads: Number(values.threads),
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onEpoch: () => moments.push(performance.now() / 1000),
    resumeFrom: null,
    saveCheckpoint: () => Promise.resolve(),
  });
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
