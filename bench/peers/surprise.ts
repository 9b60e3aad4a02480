/**
 * Whole fits here and in Surprise (scikit-surprise), with Surprise's default hyperparameters in both, runs interleaved:
 *   node bench/peers/surprise.ts [FILE] [--python PYTHON] [--threads 2] [--repeat 3]
 * PYTHON must be able to `import surprise, pandas` (pip install "numpy<2" pandas scikit-surprise). Our time includes starting the threads.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { z } from "zod";
import { algorithmById, parseHyperparameters } from "../../core/models/registry.ts";
import { readRatingsFile, trainingSet } from "../ratings-file.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    python: { type: "string", default: "python3" },
    threads: { type: "string", default: "2" },
    repeat: { type: "string", default: "3" },
  },
});
const path = positionals[0] ?? "../shared/data/ml-1m/ratings-notime.dat.gz";
const ratings = readRatingsFile(path);
const data = trainingSet(ratings, () => true);
const peerOutput = z.object({ version: z.string(), seconds: z.array(z.number()) });

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
  for (const { id, peer, hyperparameters } of pairs) {
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let run = 0; run < Number(values.repeat); run++) {
      ours.push(await fitSeconds(id, hyperparameters));
      theirs.push(...peerSeconds(file, peer));
    }
    const [mine, other] = [median(ours), median(theirs)];
    console.log(
      `${id.padEnd(11)} ours ${mine.toFixed(3)} s  Surprise ${other.toFixed(3)} s  ratio ${(mine / other).toFixed(4)}  (ours ${ours.map((s) => s.toFixed(2)).join(" ")}; theirs ${theirs.map((s) => s.toFixed(2)).join(" ")})`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function fitSeconds(id: string, hyperparameters: Record<string, number>): Promise<number> {
  const algorithm = algorithmById(id);
  const started = performance.now();
  await algorithm.fit(data, parseHyperparameters(algorithm, hyperparameters), {
    seed: 1,
    threads: Number(values.threads),
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onEpoch: () => undefined,
    resumeFrom: null,
    saveCheckpoint: () => Promise.resolve(),
  });
  return (performance.now() - started) / 1000;
}

function peerSeconds(file: string, peer: string): number[] {
  const script = fileURLToPath(new URL("surprise_fit.py", import.meta.url));
  return peerOutput.parse(JSON.parse(execFileSync(values.python, [script, file, peer, "1"], { encoding: "utf8" })))
    .seconds;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;
}
