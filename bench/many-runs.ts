/** A workspace opened in this process, and one filled with copies of the runs that were trained in it. */
import { createHash } from "node:crypto";
import { linkSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Run } from "../core/contract/entities.ts";
import { memoryPorts } from "../core/contract/memory-port.ts";
import { connect, serveEngine } from "../core/contract/transport.ts";
import type { Transport } from "../core/contract/transport.ts";
import { openEngine } from "../core/engine.ts";
import { nodeProcessHost } from "../core/jobs/process-host.ts";
import { createRandom } from "../core/random.ts";
import { openWorkspace } from "../core/workspace/workspace.ts";

export async function inEngine<T>(directory: string, work: (transport: Transport) => Promise<T>): Promise<T> {
  const engine = await openEngine({ workspaceDirectory: directory, processHost: nodeProcessHost });
  const [front, back] = memoryPorts();
  serveEngine(engine, back);
  try {
    return await work(connect(front));
  } finally {
    await engine.close();
  }
}

/** Copies of the trained runs with other settings; a copy's files are its original's, only `run.json` is its own. */
export async function multiplyRuns(directory: string, wanted: number): Promise<void> {
  const workspace = await openWorkspace(directory);
  try {
    const templates = workspace.catalogue.runs.list().filter(({ state }) => state === "succeeded");
    const random = createRandom(7);
    const missing = wanted - templates.length;
    const copies = Array.from({ length: Math.max(0, missing) }, (_, n) => {
      const template = templates[n % templates.length];
      if (template === undefined) throw new Error("No run was trained.");
      return { template, copy: variation(template, n, random) };
    });
    for (const { template, copy } of copies)
      copyFolder(join(workspace.paths.runs, template.id), join(workspace.paths.runs, copy.id), copy);
    workspace.catalogue.transaction(() => {
      for (const { copy } of copies) workspace.catalogue.runs.put(copy);
    });
  } finally {
    workspace.close();
  }
}

function variation(template: Run, n: number, random: ReturnType<typeof createRandom>): Run {
  const { missing: _missing, ...run } = template;
  const better = random.normal() * 0.02;
  const numbers = Object.entries(run.hyperparameters).map(([name, value]) => {
    if (typeof value !== "number" || name === "epochs") return [name, value] as const;
    const varied = value * 2 ** Math.round(random.normal() * 2);
    return [name, Number.isInteger(value) ? Math.max(1, Math.round(varied)) : Number(varied.toPrecision(4))] as const;
  });
  return {
    ...run,
    id: `r${createHash("sha256")
      .update(`${run.id} ${String(n)}`)
      .digest("hex")
      .slice(0, 16)}`,
    name: `${run.name} ${String(n + 1)}`,
    createdAt: new Date(Date.parse(run.createdAt) - (n + 1) * 60_000).toISOString(),
    hyperparameters: Object.fromEntries(numbers),
    seed: n,
    metrics: run.metrics.map((metric) => {
      const shift = metric.value * (metric.higherIsBetter ? better : -better);
      return {
        ...metric,
        value: metric.value + shift,
        interval:
          metric.interval === null
            ? null
            : { ...metric.interval, low: metric.interval.low + shift, high: metric.interval.high + shift },
      };
    }),
    timings: run.timings === null ? null : { ...run.timings, fit: run.timings.fit * 2 ** random.normal() },
    tags: n % 50 === 0 ? ["candidate"] : n % 7 === 0 ? ["sweep"] : [],
  };
}

function copyFolder(from: string, to: string, run: Run): void {
  for (const entry of readdirSync(from, { recursive: true, encoding: "utf8" })) {
    const source = join(from, entry);
    if (!statSync(source).isFile() || entry === "run.json") continue;
    mkdirSync(join(to, entry, ".."), { recursive: true });
    linkSync(source, join(to, entry));
  }
  mkdirSync(to, { recursive: true });
  writeFileSync(join(to, "run.json"), JSON.stringify(run));
}
