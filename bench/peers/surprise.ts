/**
 * Whole fits here and in Surprise (scikit-surprise), with Surprise's default hyperparameters in both, runs interleaved:
 *   node bench/peers/surprise.ts [FILE] [--models svd,svdpp,baseline] [--python PYTHON] [--pairs 5] [--svdpp-epochs 20] [--threads 2] [--json FILE]
 * Our time includes starting the threads and sorting the ratings; Surprise's trainset is built before. Surprise has one thread. Its
 * SVD++ takes many minutes on MovieLens 1M; with fewer `--svdpp-epochs` (in both) the ratio is to our disadvantage, as what a
 * fit costs beside its epochs counts for more.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { algorithmById, parseHyperparameters } from "../../core/models/registry.ts";
import { finish, pairedOptions, runPairs, seconds, startPeer } from "../paired.ts";
import { readRatingsFile, trainingSet } from "../ratings-file.ts";

// Threads start from compiled code, as those of the built product do, instead of having their types stripped each time.
process.env["NODE_COMPILE_CACHE"] ??= join(tmpdir(), "reelbench-compile-cache");

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    ...pairedOptions,
    models: { type: "string", default: "svd,svdpp,baseline" },
    "svdpp-epochs": { type: "string", default: "20" },
  },
});
const path = positionals[0] ?? "../shared/data/ml-1m/ratings-notime.dat.gz";
const ratings = readRatingsFile(path);
const data = trainingSet(ratings, () => true);

// Surprise's defaults: SVD 100 factors, 20 epochs, rate .005, λ .02, σ .1; SVD++ 20 factors, rate .007; ALS baselines 10 epochs, λ 10 and 15.
const descent = { learningRateDecay: 1, regularization: 0.02, biasRegularization: 0.02, initialDeviation: 0.1 };
const models = {
  svd: { id: "biased-svd", epochs: 20, hyperparameters: { ...descent, factors: 100, learningRate: 0.005 } },
  svdpp: {
    id: "svdpp",
    epochs: Number(values["svdpp-epochs"]),
    hyperparameters: { ...descent, factors: 20, learningRate: 0.007 },
  },
  baseline: { id: "biases", epochs: 10, hyperparameters: { itemRegularization: 10, userRegularization: 15 } },
} as const;

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
  const peer = await startPeer({ python: values.python, script, arguments: [file] });
  const results = [];
  for (const name of z.array(z.enum(["svd", "svdpp", "baseline"])).parse(values.models.split(","))) {
    const { epochs } = models[name];
    results.push(
      await runPairs({
        name: `${name} ${String(epochs)} epochs`,
        pairs: Number(values.pairs),
        ours: () => seconds(() => fit(name)),
        peer: async () =>
          (await peer.request({ do: "fit", algorithm: name, epochs }, z.object({ seconds: z.number() }))).seconds,
        // Surprise is compiled ahead of time; a warm-up of minutes would warm nothing of it.
        warmUp: name === "svdpp" ? 0 : 1,
      }),
    );
  }
  await peer.close();
  finish(results, values.json);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function fit(name: keyof typeof models): Promise<void> {
  const { id, epochs, hyperparameters } = models[name];
  const algorithm = algorithmById(id);
  await algorithm.fit(data, parseHyperparameters(algorithm, { ...hyperparameters, epochs }), {
    seed: 1,
    threads: Number(values.threads),
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onEpoch: () => undefined,
    resumeFrom: null,
    saveCheckpoint: () => Promise.resolve(),
  });
}
