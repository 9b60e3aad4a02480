/**
 * The ten best unseen items of every user, here and by implicit's `recommend`, over the same factors:
 *   node bench/peers/topn.ts [--shape ml-20m|ml-20m-tenth|ml-1m] [--factors 64] [--source ials|random] [--epochs 3] [--python PYTHON] [--pairs 5]
 * Factors come from iALS on invented positives of that shape, or are random numbers (`random`: no item is longer than the
 * others, so that nothing can be left out of the scan). Our time has the building of the index in it. At the end the lists are
 * compared: implicit sums in float32, so scores that are nearly equal may stand in another order.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { z } from "zod";
import { seededRandom } from "../../core/compute/test-data.fixture.ts";
import type { TrainingSet } from "../../core/models/algorithm.ts";
import { ials } from "../../core/models/ials.ts";
import { parseHyperparameters } from "../../core/models/registry.ts";
import type { FactorModel } from "../../core/models/servable.ts";
import { indexForScan } from "../../core/recommend/scanner.ts";
import { shareModel } from "../../core/recommend/shared-model.ts";
import { finish, pairedOptions, runPairs, seconds, startPeer } from "../paired.ts";
import { generatePositives } from "../positives.ts";
import type { TopNWork } from "./topn-worker.ts";

const { values } = parseArgs({
  options: {
    ...pairedOptions,
    shape: { type: "string", default: "ml-20m" },
    factors: { type: "string", default: "64" },
    source: { type: "string", default: "ials" },
    epochs: { type: "string", default: "3" },
  },
});
const n = 10;
const threads = Number(values.threads);
const data = generatePositives(values.shape);
const model = shareModel(values.source === "random" ? randomModel(data) : await fittedModel(data));
console.log(
  `${values.shape}: ${String(data.users)} users × ${String(data.items)} items, ${String(data.item.length)} seen, k=${values.factors}, ${values.source}, top ${String(n)}, ${values.threads} threads`,
);

const folder = mkdtempSync(join(tmpdir(), "reelbench-topn-"));
const workers = Array.from({ length: threads }, () => new Worker(new URL("topn-worker.ts", import.meta.url)));
try {
  const file = join(folder, "model.bin");
  const header = Int32Array.of(data.users, data.items, data.item.length, model.factors);
  const parts = [header, data.userStart, data.item, model.userFactors, model.itemFactors];
  writeFileSync(
    file,
    Buffer.concat(parts.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength))),
  );
  const shared = shareModel({
    userStart: data.userStart,
    item: data.item,
  } as unknown as FactorModel) as unknown as Pick<TrainingSet, "userStart" | "item">;
  const lists = new Int32Array(new SharedArrayBuffer(data.users * n * 4)).fill(-1);
  const scores = new Float64Array(new SharedArrayBuffer(data.users * n * 8));
  const recommendAll = async (): Promise<void> => {
    const index = indexForScan(model, { slots: threads, longestList: n });
    const cells = new Int32Array(new SharedArrayBuffer(4));
    await Promise.all(
      workers.map(
        (worker, slot) =>
          new Promise<void>((resolve) => {
            worker.once("message", () => resolve());
            worker.postMessage({ model, index, slot, n, ...shared, cells, lists, scores } satisfies TopNWork);
          }),
      ),
    );
  };
  const peer = await startPeer({
    python: values.python,
    script: new URL("topn_recommend.py", import.meta.url),
    arguments: [file],
    env: { OPENBLAS_NUM_THREADS: "1" },
  });
  const answer = z.object({ seconds: z.number() });
  const results = [
    await runPairs({
      name: `top ${String(n)} of all users`,
      pairs: Number(values.pairs),
      ours: () => seconds(recommendAll),
      peer: () => peer.request({ do: "recommend", n, threads }, answer).then((given) => given.seconds),
    }),
  ];
  const listsTo = join(folder, "lists.bin");
  await peer.request({ do: "recommend", n, threads, listsTo }, answer);
  await peer.close();
  compareLists(readFileSync(listsTo), lists, scores);
  finish(results, values.json);
} finally {
  await Promise.all(workers.map((worker) => worker.terminate()));
  rmSync(folder, { recursive: true, force: true });
}

function compareLists(bytes: Buffer, lists: Int32Array, scores: Float64Array): void {
  const theirs = new Int32Array(bytes.buffer, bytes.byteOffset, lists.length);
  const theirScores = new Float32Array(bytes.buffer, bytes.byteOffset + lists.length * 4, lists.length);
  let same = 0;
  let largest = 0;
  lists.forEach((i, at) => {
    if (i === theirs[at]) same++;
    largest = Math.max(largest, Math.abs((scores[at] ?? 0) - (theirScores[at] ?? 0)));
  });
  console.log(
    `same item in the same place: ${((100 * same) / lists.length).toFixed(4)} %; largest difference of scores ${largest.toExponential(2)}`,
  );
}

async function fittedModel(positives: TrainingSet): Promise<FactorModel> {
  const given = { factors: Number(values.factors), epochs: Number(values.epochs), solver: "conjugate-gradient" };
  return ials.fit(positives, parseHyperparameters(ials, given), {
    seed: 1,
    threads,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onEpoch: () => undefined,
    resumeFrom: null,
    saveCheckpoint: () => Promise.resolve(),
  });
}

function randomModel({ users, items, scale }: TrainingSet): FactorModel {
  const random = seededRandom(3);
  const factors = Number(values.factors);
  const fill = (length: number) =>
    Float32Array.from({ length }, () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));
  return {
    form: "factors",
    users,
    items,
    factors,
    globalMean: 0,
    userBias: new Float32Array(users),
    itemBias: new Float32Array(items),
    userFactors: fill(users * factors),
    itemFactors: fill(items * factors),
    foldIn: { kind: "projection", center: 0 },
    predictsRatings: false,
    scale,
  };
}
