/**
 * A workspace with ten thousand runs, and how long the engine takes to open it and to answer what a table of runs asks:
 * `node bench/runs.ts [--runs 10000] [--workspace DIRECTORY]`. A few runs are trained, the others are these with other settings
 * and metrics, each with a folder of its own. A workspace named is kept, and used again.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { MethodInput } from "../core/contract/methods.ts";
import { runJob } from "../core/contract/transport.ts";
import type { Transport } from "../core/contract/transport.ts";
import { inEngine, multiplyRuns } from "./many-runs.ts";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "10000" },
    workspace: { type: "string" },
    repeat: { type: "string", default: "15" },
  },
});
const wanted = Number(values.runs);
const directory = values.workspace ?? mkdtempSync(join(tmpdir(), "reelbench-runs-"));

const trainings = [
  { algorithm: "popularity", hyperparameters: {} },
  { algorithm: "puresvd", hyperparameters: { factors: 16 } },
  { algorithm: "biased-svd", hyperparameters: { factors: 16, epochs: 30 } },
  { algorithm: "ials", hyperparameters: { factors: 16, epochs: 12 } },
  { algorithm: "item-knn", hyperparameters: {} },
] as const;

async function trainTemplates(): Promise<void> {
  await inEngine(directory, async (transport) => {
    const { snapshotId } = await runJob(transport, "sample.create", {});
    const { splitId } = await runJob(transport, "splits.create", { snapshotId, protocol: { protocol: "random" } });
    for (const training of trainings) await runJob(transport, "runs.train", { splitId, ...training });
  });
}

const questions: Readonly<Record<string, MethodInput<"runs.query">>> = {
  "first page, newest first": {},
  "sorted by NDCG@10": { sort: [{ field: "ndcg@10", descending: true }] },
  "sorted by name": { sort: [{ field: "name" }] },
  "algorithm = ials and ndcg@10 > 0.05 and tag:sweep": {
    where: "algorithm = ials and ndcg@10 > 0.05 and tag:sweep",
    sort: [{ field: "ndcg@10", descending: true }],
  },
  "grouped by algorithm": { groupBy: "algorithm", sort: [{ field: "ndcg@10", descending: true }] },
  "the last page": { offset: Math.max(0, wanted - 100) },
};

const median = (times: readonly number[]) => [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN;
const round = (milliseconds: number) => Number(milliseconds.toFixed(1));

/** Somebody with thirty ratings changes one: until the new list is there, with reasons. */
async function whatIf(
  transport: Transport,
  repeat: (name: string, work: () => Promise<unknown>) => Promise<void>,
): Promise<void> {
  for (const algorithm of ["puresvd", "ials"]) {
    const { rows } = await transport.request("runs.query", { where: `algorithm = ${algorithm}`, limit: 1 });
    const [run] = rows;
    if (run === undefined) continue;
    const films = await transport.request("items.search", { snapshotId: run.snapshotId, limit: 30 });
    let turn = 0;
    const ask = (diversity: number) => {
      turn++;
      const ratings = films.map(({ itemId }, at) => ({ itemId, rating: at === turn % films.length ? 1 : 4 }));
      return transport.request("recommend.list", { runId: run.id, who: { ratings }, diversity, explain: true });
    };
    await ask(0); // Loads the model.
    await repeat(`what if: a list of ${algorithm}, with reasons`, () => ask(0));
    await repeat(`what if: the same, made diverse`, () => ask(0.5));
  }
}

async function measure(): Promise<void> {
  const started = performance.now();
  await inEngine(directory, async (transport) => {
    const opened = performance.now();
    const timed = async (work: () => Promise<unknown>) => {
      const from = performance.now();
      await work();
      return performance.now() - from;
    };
    const first = await timed(() => transport.request("runs.query", {}));
    const { active } = await transport.request("runs.facets", {});
    const rows: Record<string, number> = {
      runs: active,
      "opening the workspace": round(opened - started),
      "the first question after it": round(first),
    };
    const repeat = async (name: string, work: () => Promise<unknown>) => {
      const times: number[] = [];
      for (let n = 0; n < Number(values.repeat); n++) times.push(await timed(work));
      rows[name] = round(median(times));
    };
    for (const [name, question] of Object.entries(questions))
      await repeat(name, () => transport.request("runs.query", question));
    await repeat("columns, tags, algorithms", () => transport.request("runs.facets", {}));
    const { rows: some } = await transport.request("runs.query", { limit: 1000 });
    const runIds = some.map(({ id }) => id);
    rows["archiving 1,000 runs"] = round(
      await timed(() => transport.request("runs.archive", { runIds, archived: true })),
    );
    rows["the question after it"] = round(await timed(() => transport.request("runs.query", {})));
    await transport.request("runs.archive", { runIds, archived: false });
    await whatIf(transport, repeat);
    console.log("milliseconds, as a front sees them (answers parsed); medians\n");
    for (const [name, value] of Object.entries(rows)) console.log(`${String(value).padStart(10)}  ${name}`);
  });
}

if (!existsSync(join(directory, "workspace.sqlite"))) await trainTemplates();
await multiplyRuns(directory, wanted);
await measure();
if (values.workspace === undefined) rmSync(directory, { recursive: true, force: true });
