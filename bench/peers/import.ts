/**
 * A file of ratings → source and snapshot, against the least that can be done with it: DuckDB's own `read_csv` and
 * `COPY` to Parquet of the same file, 2 threads each.
 * `node bench/peers/import.ts [FILE | --shape ml-1m|ml-10m|ml-25m] [--pairs 5] [--stages] [--json FILE]`
 * `--stages`: also when each of the work's own messages came, and what the processor did up to the next, of the last pair.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { withDatabase } from "../../core/ratings/database.ts";
import { importSource } from "../../core/ratings/import.ts";
import { generateSample, movieLensShapes } from "../../core/ratings/sample.ts";
import { createSnapshot } from "../../core/ratings/snapshot.ts";
import { loadTrainingData } from "../../core/ratings/training-data.ts";
import { finish, pairedOptions, runPairs, seconds } from "../paired.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { ...pairedOptions, shape: { type: "string", default: "ml-1m" }, stages: { type: "boolean" } },
});
const threads = Number(values.threads);
const root = mkdtempSync(join(tmpdir(), "reelbench-import-"));
/** Of the last pair: message, and clock and processor seconds when it first came. */
const stages: { name: string; at: number; cpu: number }[] = [];
const stage = (name: string) => {
  if (stages.at(-1)?.name === name) return;
  const { user, system } = process.cpuUsage();
  stages.push({ name, at: performance.now() / 1000, cpu: (user + system) / 1e6 });
};
const context = {
  signal: new AbortController().signal,
  onProgress: ({ message }: { readonly message?: string | null | undefined }) => stage(message ?? ""),
};
const processor = { ours: [] as number[], floor: [] as number[] };
let loading = 0;
/** MB, the most this process held while it imported for the first time. */
let peak = 0;
const peakMegabytes = () => Math.round(process.resourceUsage().maxRSS / 1024);

/** Seconds by the clock; the processor's seconds are kept beside. */
async function timed(into: number[], work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  const clock = await seconds(work);
  const { user, system } = process.cpuUsage(before);
  into.push((user + system) / 1e6);
  return clock;
}

async function ours(path: string): Promise<number> {
  const directory = join(root, "workspace");
  rmSync(directory, { recursive: true, force: true });
  let snapshot = "";
  stages.length = 0;
  stage("Looking at the file");
  const took = await timed(processor.ours, async () => {
    const source = await importSource({ path, options: {}, itemsPath: null }, join(directory, "sources"), context);
    const sources = [{ id: source.id, directory: join(directory, "sources", source.id) }];
    snapshot = (await createSnapshot({ sources, recipe: [] }, join(directory, "snapshots"), context)).id;
    stage("Done");
  });
  if (processor.ours.length === 1) peak = peakMegabytes();
  loading = await seconds(() => loadTrainingData(join(directory, "snapshots", snapshot), { part: "all" }));
  return took;
}

function floor(path: string): Promise<number> {
  const target = join(root, "floor.parquet");
  return timed(processor.floor, () =>
    withDatabase({ threads }, (database) =>
      database.run(`COPY (FROM read_csv('${path.replaceAll("'", "''")}')) TO '${target}' (FORMAT parquet)`),
    ),
  );
}

const median = (list: readonly number[]) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? NaN;

try {
  const shape = movieLensShapes[values.shape as keyof typeof movieLensShapes];
  const path = positionals[0] ?? (await generateSample(shape, join(root, "data"))).ratingsPath;
  const result = await runPairs({
    name: `import ${positionals[0] ?? values.shape}`,
    pairs: Number(values.pairs),
    warmUp: 0,
    ours: () => ours(path),
    peer: () => floor(path),
  });
  const [mine, least] = [median(processor.ours), median(processor.floor)];
  console.log(
    `processor seconds             ours ${mine.toFixed(2)}  floor ${least.toFixed(2)}  ratio ${(mine / least).toFixed(2)}`,
  );
  if (values.stages === true)
    for (const [index, { name, at, cpu }] of stages.entries()) {
      const next = stages[index + 1];
      if (next === undefined) break;
      console.log(`  ${name.padEnd(44)} ${(next.at - at).toFixed(2)} s, processor ${(next.cpu - cpu).toFixed(2)} s`);
    }
  console.log(`all ratings into shared memory (CSR) ${loading.toFixed(2)} s`);
  console.log(
    `peak memory ${String(peak)} MB in our first import; ${String(peakMegabytes())} MB with the peer and all ratings loaded`,
  );
  finish([result], values.json);
} finally {
  rmSync(root, { recursive: true, force: true });
}
