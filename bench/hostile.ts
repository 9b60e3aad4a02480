/**
 * Ratings that nobody sane would bring, through the whole engine: import, snapshot, split, a training with every algorithm.
 * Prints what came of each, a figure or a code, then a summary, and ends with 1 where something was neither a finite figure nor a
 * code that says what to do, or did not end:
 *   node bench/hostile.ts [--users 1] [--items 1000000] [--algorithms a,b] [--passes 2] [--factors 64] [--shapes WORD]
 *     [--case-minutes 15] [--minutes 60]
 * `--shapes ×`: only the cases whose name holds that; with `--algorithms`, what a run that was stopped has left. After `--minutes`
 * nothing more is begun. Damaged bundles and training sets that no import lets through: core/models/hostile-input.test.ts.
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
    "case-minutes": { type: "string", default: "15" },
    minutes: { type: "string", default: "60" },
  },
});
const [caseMinutes, minutes] = [Number(values["case-minutes"]), Number(values.minutes)];
const begun = performance.now();
const [users, items] = [Number(values.users), Number(values.items)];
const wanted = values.algorithms?.split(",");
const directory = mkdtempSync(join(tmpdir(), "reelbench-hostile-"));
const engine = await openEngine({ workspaceDirectory: join(directory, "workspace"), processHost: nodeProcessHost });
const [front, back] = memoryPorts();
serveEngine(engine, back);
const transport = connect(front);

const shapes: readonly (readonly [string, () => string])[] = [
  ["no rating", () => ""],
  ["one rating", () => "1,1,4,1300000000"],
  ["two ratings", () => "1,1,4,1300000000\n1,2,2,1300000001"],
  ["one user", () => lines(1, 40, (_u, i) => 1 + (i % 5))],
  ["one item", () => lines(40, 1, (u) => 1 + (u % 5))],
  [
    "ratings that are no numbers",
    () => `${lines(12, 8, (u, i) => (u + i) % 6 || "NaN")}\n1,9,Infinity,1\n2,9,1e400,1\n3,9,,1`,
  ],
  ["all ratings equal", () => lines(30, 20, () => 3)],
  ["more factors than rank", () => lines(4, 5, (u, i) => 1 + ((u + i) % 5))],
  [`${users} × ${items}`, () => lines(users, items, (_u, i) => 1 + (i % 5))],
];

function lines(rows: number, columns: number, rating: (u: number, i: number) => number | string): string {
  const text: string[] = [];
  for (let u = 0; u < rows; u++)
    for (let i = 0; i < columns; i++) text.push(`${u + 1},${i + 1},${rating(u, i)},${1_300_000_000 + i}`);
  return text.join("\n");
}

/** Codes that no input should ever lead to. */
const failures = new Set(["RB_INTERNAL", "RB_WORKER_DIED"]);
const failed: string[] = [];
const notBegun: string[] = [];
/** How often each code, or a figure, was the answer. */
const answers = new Map<string, number>();
const count = (answer: string) => answers.set(answer, (answers.get(answer) ?? 0) + 1);

const tooLong = Symbol("too long");

/** What it gives, or `tooLong`: then it goes on by itself until the engine is closed. */
async function withinLimit<T>(work: Promise<T>): Promise<T | typeof tooLong> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<typeof tooLong>((resolve) => {
    timer = setTimeout(() => resolve(tooLong), caseMinutes * 60_000);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}

async function attempt<T>(
  shape: string,
  what: string,
  work: () => Promise<T>,
  figure: (result: T) => string,
): Promise<T | null> {
  const name = `${shape}, ${what}`;
  if (performance.now() - begun > minutes * 60_000) {
    notBegun.push(name);
    return null;
  }
  const started = performance.now();
  const took = () => `${((performance.now() - started) / 1000).toFixed(1)} s`;
  try {
    const result = await withinLimit(work());
    if (result === tooLong) {
      failed.push(name);
      console.log(`  ${what.padEnd(16)} DID NOT END  ${took()}`);
      return null;
    }
    const text = figure(result);
    const isSound = !/NaN|Infinity/.test(text);
    if (!isSound) failed.push(name);
    count("a figure");
    console.log(`  ${what.padEnd(16)} ${isSound ? "" : "NOT FINITE "}${text}  ${took()}`);
    return result;
  } catch (error) {
    const { code, message } = toReelbenchError(error);
    if (failures.has(code)) failed.push(name);
    count(code);
    console.log(`  ${what.padEnd(16)} ${code}: ${message.slice(0, 160)}  ${took()}`);
    return null;
  }
}

try {
  for (const [name, text] of shapes.filter((shape) => shape[0].includes(values.shapes))) {
    console.log(name);
    const path = join(directory, "ratings.csv");
    writeFileSync(path, `userId,movieId,rating,timestamp\n${text()}\n`);
    const imported = await attempt(
      name,
      "import",
      () => runJob(transport, "sources.import", { path, options: {}, itemsPath: null }),
      () => "imported",
    );
    if (imported === null) continue;
    const made = await attempt(
      name,
      "snapshot",
      () => runJob(transport, "snapshots.create", { sourceIds: [imported.sourceId], recipe: [] }),
      ({ snapshotId }) => snapshotId,
    );
    if (made === null) continue;
    const split = await attempt(
      name,
      "split",
      () =>
        runJob(transport, "splits.create", { snapshotId: made.snapshotId, protocol: { protocol: "random" }, seed: 1 }),
      ({ splitId }) => splitId,
    );
    if (split === null) continue;
    for (const algorithm of algorithms) {
      if (wanted?.includes(algorithm.info.id) === false) continue;
      await attempt(
        name,
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
const said = [...answers].map(([answer, times]) => `${answer} ${String(times)}`).join(", ");
console.log(`\n${((performance.now() - begun) / 60_000).toFixed(1)} minutes; answers: ${said}`);
if (notBegun.length > 0) console.log(`Not begun in ${String(minutes)} minutes: ${notBegun.join("; ")}`);
console.log(failed.length === 0 ? "Every case begun ended with a figure or a code." : `Neither: ${failed.join("; ")}`);
process.exit(failed.length === 0 && notBegun.length === 0 ? 0 : 1);
