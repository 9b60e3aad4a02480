/**
 * Ratings that nobody sane would bring, through the whole engine: import, snapshot, split, a training with every algorithm.
 * Prints what came of each, a figure or a code, and ends with 1 where it was neither a finite figure nor a code that says
 * what to do:
 *   node bench/hostile.ts [--users 1] [--items 1000000] [--algorithms a,b] [--passes 2] [--factors 64] [--shapes WORD]
 * `--shapes ×`: only the cases whose name holds that.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { toReelbenchError } from "../core/contract/errors.ts";
import { memoryPorts } from "../core/contract/memory-port.ts";
import { connect, runJob, serveEngine } from "../core/contract/transport.ts";
import { openEngine } from "../core/engine.ts";
import { nodeProcessHost } from "../core/jobs/process-host.ts";
import { algorithms } from "../core/models/registry.ts";
import { shortened } from "./shortened.ts";

const { values } = parseArgs({
  options: {
    users: { type: "string", default: "1" },
    items: { type: "string", default: "1000000" },
    algorithms: { type: "string" },
    passes: { type: "string", default: "2" },
    factors: { type: "string", default: "64" },
    shapes: { type: "string", default: "" },
  },
});
const [users, items] = [Number(values.users), Number(values.items)];
const wanted = values.algorithms?.split(",");
const directory = mkdtempSync(join(tmpdir(), "reelbench-hostile-"));
const engine = await openEngine({ workspaceDirectory: join(directory, "workspace"), processHost: nodeProcessHost });
const [front, back] = memoryPorts();
serveEngine(engine, back);
const transport = connect(front);

const shapes: readonly (readonly [string, () => string])[] = [
  ["one rating", () => "1,1,4"],
  ["all ratings equal", () => lines(30, 20, () => 3)],
  ["more factors than rank", () => lines(4, 5, (u, i) => 1 + ((u + i) % 5))],
  [`${users} × ${items}`, () => lines(users, items, (_u, i) => 1 + (i % 5))],
];

function lines(rows: number, columns: number, rating: (u: number, i: number) => number): string {
  const text: string[] = [];
  for (let u = 0; u < rows; u++)
    for (let i = 0; i < columns; i++) text.push(`${u + 1},${i + 1},${rating(u, i)},${1_300_000_000 + i}`);
  return text.join("\n");
}

/** Codes that no input should ever lead to. */
const failures = new Set(["RB_INTERNAL", "RB_WORKER_DIED"]);
let failed = 0;

async function attempt<T>(what: string, work: () => Promise<T>, figure: (result: T) => string): Promise<T | null> {
  const started = performance.now();
  const took = () => `${((performance.now() - started) / 1000).toFixed(1)} s`;
  try {
    const result = await work();
    const text = figure(result);
    const isSound = !/NaN|Infinity/.test(text);
    if (!isSound) failed++;
    console.log(`  ${what.padEnd(16)} ${isSound ? "" : "NOT FINITE "}${text}  ${took()}`);
    return result;
  } catch (error) {
    const { code, message } = toReelbenchError(error);
    if (failures.has(code)) failed++;
    console.log(`  ${what.padEnd(16)} ${code}: ${message.slice(0, 160)}  ${took()}`);
    return null;
  }
}

try {
  for (const [name, text] of shapes.filter((shape) => shape[0].includes(values.shapes))) {
    console.log(name);
    const path = join(directory, "ratings.csv");
    writeFileSync(path, `userId,movieId,rating${name === "one rating" ? "" : ",timestamp"}\n${text()}\n`);
    const imported = await attempt(
      "import",
      () => runJob(transport, "sources.import", { path, options: {}, itemsPath: null }),
      () => "imported",
    );
    if (imported === null) continue;
    const made = await attempt(
      "snapshot",
      () => runJob(transport, "snapshots.create", { sourceIds: [imported.sourceId], recipe: [] }),
      ({ snapshotId }) => snapshotId,
    );
    if (made === null) continue;
    const split = await attempt(
      "split",
      () =>
        runJob(transport, "splits.create", { snapshotId: made.snapshotId, protocol: { protocol: "random" }, seed: 1 }),
      ({ splitId }) => splitId,
    );
    if (split === null) continue;
    for (const algorithm of algorithms) {
      if (wanted?.includes(algorithm.info.id) === false) continue;
      await attempt(
        algorithm.info.id,
        async () => {
          const { runId } = await runJob(transport, "runs.train", {
            splitId: split.splitId,
            algorithm: algorithm.info.id,
            hyperparameters: shortened(algorithm, Number(values.passes), Number(values.factors)),
          });
          return transport.request("runs.get", { runId });
        },
        ({ metrics }) =>
          metrics
            .map((metric) => `${metric.metric} ${String(metric.value)}`)
            .join(" ")
            .slice(0, 100),
      );
    }
  }
} finally {
  await engine.close();
  rmSync(directory, { recursive: true, force: true });
}
console.log(failed === 0 ? "Every case ended with a figure or a code." : `${failed} cases did not.`);
process.exitCode = failed === 0 ? 0 : 1;
