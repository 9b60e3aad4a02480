/**
 * Whole fits here and in Surprise (scikit-surprise), with Surprise's default hyperparameters in both, runs interleaved:
 *   node bench/peers/surprise.ts [FILE] [--python PYTHON] [--threads 2] [--pairs 5] [--json FILE]
 * PYTHON must be able to `import surprise, pandas` (pip install "numpy<2" pandas scikit-surprise). Our time includes starting the threads.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { algorithmById, parseHyperparameters } from "../../core/models/registry.ts";
import { finish, pairedOptions, runPairs, seconds, startPeer } from "../paired.ts";
import { readRatingsFile, trainingSet } from "../ratings-file.ts";

const { values, positionals } = parseArgs({ allowPositionals: true, options: pairedOptions });
const path = positionals[0] ?? "../shared/data/ml-1m/ratings-notime.dat.gz";
const ratings = readRatingsFile(path);
const data = trainingSet(ratings, () => true);
const peerAnswer = z.object({ seconds: z.number() });

// Surprise's defaults: SVD 100 factors, 20 epochs, rate .005, λ .02, σ .1; BaselineOnly ALS 10 epochs, λ 10 and 15.
const pairs = [
  {
    id: "biased-svd",
    peer: "svd",
    hyperparameters: {
      factors: 100,
      epochs: 20,
      learningRate: 0.005,
      learningRateDecay: 1,
      regularization: 0.02,
      biasRegularization: 0.02,
      initialDeviation: 0.1,
    },
  },
  { id: "biases", peer: "baseline", hyperparameters: { epochs: 10, itemRegularization: 10, userRegularization: 15 } },
] as const;

const folder = mkdtempSync(join(tmpdir(), "reelbench-peer-"));
try {
  const triples = new Float64Array(ratings.rating.length * 3);
  ratings.rating.forEach((rating, n) => triples.set([ratings.user[n] ?? 0, ratings.item[n] ?? 0, rating], n * 3));
  const file = join(folder, "triples.f64");
  writeFileSync(file, new Uint8Array(triples.buffer));
  console.log(
    `${path}: ${ratings.rating.length} ratings, ${ratings.users} users, ${ratings.items} items; ${values.threads} threads here, one there (it has no more)`,
  );
  const script = new URL("surprise_fit.py", import.meta.url);
  const surprise = await startPeer({ python: values.python, script, arguments: [file] });
  const results = [];
  for (const { id, peer, hyperparameters } of pairs) {
    const request = { do: peer };
    results.push(
      await runPairs({
        name: id,
        pairs: Number(values.pairs),
        warmUp: 0,
        ours: () => seconds(() => fit(id, hyperparameters)),
        peer: async () => (await surprise.request(request, peerAnswer)).seconds,
      }),
    );
  }
  await surprise.close();
  finish(results, values.json);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function fit(id: string, hyperparameters: Record<string, number>): Promise<unknown> {
  const algorithm = algorithmById(id);
  return algorithm.fit(data, parseHyperparameters(algorithm, hyperparameters), {
    seed: 1,
    threads: Number(values.threads),
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onEpoch: () => undefined,
    resumeFrom: null,
    saveCheckpoint: () => Promise.resolve(),
  });
}
