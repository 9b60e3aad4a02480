/**
 * Time to a held-out RMSE: that of LIBMF after its 20 epochs, and ours (biased SVD by SGD) until it is as low, on an invented
 * world of MovieLens 10M's shape, a tenth held out at random. Runs interleaved; both are whole fits from ratings in memory.
 *   node bench/peers/libmf.ts [--shape ml-10m | USERSxITEMSxRATINGS] [--factors 64] [--epochs 20] [--python PYTHON] [--pairs 5]
 *     [--lambda 0.05] [--eta 0.1] [--set learningRate=…]… [--threads 2] [--json FILE]
 * Ours runs the fewest epochs with which a fit's held-out RMSE is not above LIBMF's (found beforehand); both errors are printed.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import type { TrainingSet } from "../../core/models/algorithm.ts";
import { biasedSvd } from "../../core/models/biased-svd.ts";
import { parseHyperparameters } from "../../core/models/registry.ts";
import type { FactorModel } from "../../core/models/servable.ts";
import { movieLensShapes } from "../../core/ratings/sample.ts";
import { figure, finish, pairedOptions, runPairs, seconds, startPeer } from "../paired.ts";
import { foldOfRating, trainingSet } from "../ratings-file.ts";
import { sampleRatings } from "../sample-ratings.ts";

// Threads start from compiled code, as those of the built product do, instead of having their types stripped each time.
process.env["NODE_COMPILE_CACHE"] ??= join(tmpdir(), "reelbench-compile-cache");

const { values } = parseArgs({
  options: {
    ...pairedOptions,
    shape: { type: "string", default: "ml-10m" },
    factors: { type: "string", default: "64" },
    epochs: { type: "string", default: "20" },
    lambda: { type: "string", default: "0.05" },
    eta: { type: "string", default: "0.1" },
    most: { type: "string", default: "20" },
    set: { type: "string", multiple: true, default: [] },
  },
});
const ratings = await sampleRatings({ ...shapeOf(values.shape), seed: 42 });
const fold = foldOfRating(ratings.rating.length, 10, 7);
const train = trainingSet({ ...ratings, time: null }, (n) => fold[n] !== 0);
const held = trainingSet({ ...ratings, time: null }, (n) => fold[n] === 0);
// Chosen on a world of another seed and MovieLens 1M's shape.
const settings = {
  learningRate: 0.07,
  learningRateDecay: 0.8,
  regularization: 0.02,
  biasRegularization: 0.02,
  initialDeviation: 0.01,
  ...Object.fromEntries(values.set.map((pair) => [pair.split("=")[0] ?? "", Number(pair.split("=")[1])])),
};

const folder = mkdtempSync(join(tmpdir(), "reelbench-peer-"));
try {
  const files = [train, held].map((data, n) => writeTriples(data, join(folder, `${String(n)}.f32`)));
  console.log(
    `${train.item.length} ratings of ${train.users} users and ${train.items} items to train on, ${held.item.length} held out; k=${values.factors}`,
  );
  const script = new URL("libmf_fit.py", import.meta.url);
  const peer = await startPeer({ python: values.python, script, arguments: files });
  const answer = z.object({ seconds: z.number(), rmse: z.number() });
  const request = {
    do: "fit",
    factors: Number(values.factors),
    epochs: Number(values.epochs),
    threads: Number(values.threads),
    lambda: Number(values.lambda),
    eta: Number(values.eta),
  };
  const target = (await peer.request(request, answer)).rmse;
  const { epochs, error } = await epochsTo(target);
  console.log(
    `held-out RMSE: LIBMF ${figure(target)} after ${values.epochs} epochs, ours ${figure(error)} after ${epochs} (${JSON.stringify(settings)})`,
  );
  const result = await runPairs({
    name: `SGD k=${values.factors} to RMSE`,
    pairs: Number(values.pairs),
    ours: () => seconds(() => fit(epochs)),
    peer: async () => (await peer.request(request, answer)).seconds,
  });
  await peer.close();
  finish([result], values.json);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Each number of epochs has its own fit: the rate's decay does not depend on it, so the curve of one long fit is that of all. */
async function epochsTo(target: number): Promise<{ epochs: number; error: number }> {
  for (let epochs = 2; epochs <= Number(values.most); epochs++) {
    const error = errorOf(await fit(epochs));
    if (error <= target) return { epochs, error };
  }
  throw new Error(`${values.most} epochs do not reach ${target}.`);
}

function fit(epochs: number): Promise<FactorModel> {
  const hyperparameters = parseHyperparameters(biasedSvd, { ...settings, factors: Number(values.factors), epochs });
  return biasedSvd.fit(train, hyperparameters, {
    seed: 1,
    threads: Number(values.threads),
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onEpoch: () => undefined,
    resumeFrom: null,
    saveCheckpoint: () => Promise.resolve(),
  });
}

function errorOf(model: FactorModel): number {
  const { factors: k, userFactors, itemFactors, scale } = model;
  let squares = 0;
  for (let u = 0; u < held.users; u++) {
    for (let n = held.userStart[u] ?? 0; n < (held.userStart[u + 1] ?? 0); n++) {
      const i = held.item[n] ?? 0;
      let score = model.globalMean + (model.userBias[u] ?? 0) + (model.itemBias[i] ?? 0);
      for (let f = 0; f < k; f++) score += (userFactors[u * k + f] ?? 0) * (itemFactors[i * k + f] ?? 0);
      squares += ((held.rating[n] ?? 0) - Math.min(scale.maximum, Math.max(scale.minimum, score))) ** 2;
    }
  }
  return Math.sqrt(squares / held.item.length);
}

/** In random order: LIBMF shuffles within its blocks only. */
function writeTriples(data: TrainingSet, path: string): string {
  const triples = new Float32Array(data.item.length * 3);
  const place = permutation(data.item.length);
  for (let u = 0; u < data.users; u++) {
    for (let n = data.userStart[u] ?? 0; n < (data.userStart[u + 1] ?? 0); n++) {
      const at = (place[n] ?? 0) * 3;
      triples[at] = u;
      triples[at + 1] = data.item[n] ?? 0;
      triples[at + 2] = data.rating[n] ?? 0;
    }
  }
  writeFileSync(path, new Uint8Array(triples.buffer));
  return path;
}

/** n ↦ (a·n + b) mod length with a prime to the length: scattered enough. */
function permutation(length: number): Int32Array {
  const divides = (a: number, b: number): number => (b === 0 ? a : divides(b, a % b));
  let a = Math.floor(length * 0.618_034) | 1;
  while (divides(a, length) !== 1) a += 2;
  const place = new Int32Array(length);
  for (let n = 0, at = 1 % length; n < length; n++, at = (at + a) % length) place[n] = at;
  return place;
}

function shapeOf(text: string): { users: number; items: number; ratings: number } {
  if (Object.hasOwn(movieLensShapes, text)) return movieLensShapes[text as keyof typeof movieLensShapes];
  const [users = NaN, items = NaN, count = NaN] = text.split("x").map(Number);
  return { users, items, ratings: count };
}
