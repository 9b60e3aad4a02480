/**
 * One run of each algorithm, trained with one thread in Node, then reproduced with 1, 2 and 4 threads in Node and in Electron;
 * prints the table of model hashes and ends with 1 where any differs:
 *   node bench/reproduce.ts [--algorithms a,b] [--threads 1,2,4] [--runtimes node,electron] [--json FILE]
 * Electron is the one that the workbench would start (ELECTRON_OVERRIDE_DIST_PATH, or the locked package's), run as Node on
 * the built program: `npm run build` first.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { ProcessHost } from "../core/jobs/process-host.ts";
import { nodeProcessHost } from "../core/jobs/process-host.ts";
import { algorithms } from "../core/models/registry.ts";
import { findElectron } from "../scripts/desktop/electron.ts";
import { electronProcessHost } from "./reproduce/electron-process-host.ts";
import { reproduceEach } from "./reproduce/reproduce-each.ts";

const { values } = parseArgs({
  options: {
    algorithms: { type: "string" },
    threads: { type: "string", default: "1,2,4" },
    runtimes: { type: "string", default: "node,electron" },
    json: { type: "string" },
  },
});
const root = fileURLToPath(new URL("..", import.meta.url));
const wanted = values.algorithms?.split(",");
const hosts: [string, ProcessHost][] = [];
for (const runtime of values.runtimes.split(",")) {
  if (runtime === "node") hosts.push([`Node ${process.versions.node}`, nodeProcessHost]);
  else {
    const electron = findElectron(root);
    if (electron.path === null) console.error(`Electron is left out: ${electron.reason}.`);
    else hosts.push(["Electron", electronProcessHost(electron.path, join(root, "dist/node"))]);
  }
}
const chosen = algorithms.filter(({ info }) => wanted?.includes(info.id) ?? true);
const threads = values.threads.split(",").map(Number);
let different = 0;
const rows = await reproduceEach(chosen, hosts, threads, (row) => {
  const cells = row.attempts.map(
    ({ host, threads: count, actual }) => `${host} ×${count} ${actual === row.expected ? "=" : actual.slice(0, 8)}`,
  );
  different += row.attempts.filter(({ actual }) => actual !== row.expected).length;
  console.log(`${row.algorithm.padEnd(14)} ${row.expected.slice(0, 16)}  ${cells.join("  ")}`);
});
console.log(different === 0 ? `All ${rows.length} identical.` : `${different} differ.`);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);
process.exitCode = different === 0 ? 0 : 1;
