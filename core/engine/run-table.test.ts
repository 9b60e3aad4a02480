import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { memoryPorts } from "../contract/memory-port.ts";
import { connect, serveEngine } from "../contract/transport.ts";
import type { Transport } from "../contract/transport.ts";
import { runJob } from "../contract/transport.ts";
import { openEngine } from "../engine.ts";
import type { Engine } from "../engine.ts";
import { nodeProcessHost } from "../jobs/process-host.ts";

let folder: string;
let engine: Engine;
let ask: Transport["request"];

async function open(): Promise<Transport> {
  engine = await openEngine({ workspaceDirectory: folder, processHost: nodeProcessHost, threads: 1 });
  const [front, back] = memoryPorts();
  serveEngine(engine, back);
  const transport = connect(front);
  ask = transport.request.bind(transport);
  return transport;
}

const ids = new Map<string, string>();
const named = async (question: Parameters<typeof ask<"runs.query">>[1]) =>
  (await ask("runs.query", question)).rows.map(({ name }) => name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "reelbench-runs-"));
  const transport = await open();
  const { snapshotId } = await runJob(transport, "sample.create", { users: 100, items: 80, ratings: 3000 });
  const { splitId } = await runJob(transport, "splits.create", { snapshotId, protocol: { protocol: "random" } });
  for (const [name, algorithm, hyperparameters] of [
    ["run 9", "popularity", {}],
    ["run 10", "puresvd", { factors: 4 }],
    ["run 11", "puresvd", { factors: 8 }],
  ] as const) {
    const { runId } = await runJob(transport, "runs.train", { splitId, algorithm, hyperparameters, name });
    ids.set(name, runId);
  }
}, 180_000);
afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("runs by the page", () => {
  it("come newest first, or as asked, in pages that join", async () => {
    expect(await named({})).toEqual(["run 11", "run 10", "run 9"]);
    expect(await named({ sort: [{ field: "name" }] })).toEqual(["run 9", "run 10", "run 11"]);
    const first = await ask("runs.query", { sort: [{ field: "name" }], limit: 2 });
    const second = await ask("runs.query", { sort: [{ field: "name" }], limit: 2, offset: 2 });
    expect([...first.rows, ...second.rows].map(({ name }) => name)).toEqual(["run 9", "run 10", "run 11"]);
    expect([first.total, second.total]).toEqual([3, 3]);
  });

  it("are sorted by a metric, those without the value last either way", async () => {
    const factors = (descending: boolean) => named({ sort: [{ field: "factors", descending }] });
    expect(await factors(true)).toEqual(["run 11", "run 10", "run 9"]);
    expect(await factors(false)).toEqual(["run 10", "run 11", "run 9"]);
    const { rows } = await ask("runs.query", { sort: [{ field: "ndcg@10", descending: true }] });
    const values = rows.map(({ metrics }) => metrics.find(({ metric }) => metric === "ndcg@10")?.value ?? NaN);
    expect(values).toEqual([...values].sort((a, b) => b - a));
  });

  it("carry no curves and no reports", async () => {
    const [row] = (await ask("runs.query", { limit: 1 })).rows;
    expect(row).not.toHaveProperty("curve");
    expect(row).not.toHaveProperty("report");
  });

  it("stand in groups that fold", async () => {
    const unfolded = await ask("runs.query", { groupBy: "algorithm", sort: [{ field: "factors", descending: true }] });
    expect(unfolded.groups).toMatchObject([
      { value: "puresvd", runs: 2, offset: 0, best: 8 },
      { value: "popularity", runs: 1, offset: 2, best: null },
    ]);
    const folded = await ask("runs.query", { groupBy: "algorithm", folded: ["puresvd"] });
    expect([folded.matched, folded.total]).toEqual([3, 1]);
    expect(folded.rows.map(({ name }) => name)).toEqual(["run 9"]);
  });

  it("refuse a search that cannot be understood, saying where", async () => {
    await expect(ask("runs.query", { where: "ndcg@10 >" })).rejects.toMatchObject({
      code: "RB_INVALID_INPUT",
      details: { at: 9 },
    });
  });

  it("are tagged together, found by tag, counted by it", async () => {
    const both = [ids.get("run 10") ?? "", ids.get("run 11") ?? ""];
    expect(await ask("runs.tag", { runIds: both, add: ["wide"] })).toEqual({ changed: 2 });
    expect(await ask("runs.tag", { runIds: both, add: ["wide"] })).toEqual({ changed: 0 });
    expect(await named({ where: "tag:wide factors > 4" })).toEqual(["run 11"]);
    expect((await ask("runs.facets", {})).tags).toEqual([{ tag: "wide", runs: 2 }]);
    await ask("runs.tag", { runIds: both, remove: ["wide"] });
    expect(await named({ where: "tag:wide" })).toEqual([]);
  });

  it("are archived and come back; one that is not there leaves all as they were", async () => {
    const runIds = [ids.get("run 9") ?? ""];
    await expect(ask("runs.archive", { runIds: [...runIds, "r-unknown"], archived: true })).rejects.toMatchObject({
      code: "RB_NOT_FOUND",
    });
    expect(await named({})).toHaveLength(3);
    await ask("runs.archive", { runIds, archived: true });
    expect(await named({})).toEqual(["run 11", "run 10"]);
    expect(await named({ show: "archived" })).toEqual(["run 9"]);
    await ask("runs.archive", { runIds, archived: false });
    expect(await named({})).toHaveLength(3);
  });

  it("are kept, like views, when the workspace is opened again", async () => {
    const search = { where: "tag:kept", sort: "ndcg@10", descending: true };
    await ask("runs.tag", { runIds: [ids.get("run 10") ?? ""], add: ["kept"] });
    await ask("views.save", { name: "Best", screen: "compare", search, columns: null });
    await ask("views.save", { name: "Best", screen: "compare", search, columns: null });
    await engine.close();
    await open();
    expect(await named({ where: "tag:kept" })).toEqual(["run 10"]);
    const [view, ...more] = await ask("views.list", { screen: "compare" });
    expect(more).toEqual([]);
    expect(view).toMatchObject({ name: "Best", search });
    await ask("views.remove", { viewId: view?.id ?? "" });
    expect(await ask("views.list", { screen: "compare" })).toEqual([]);
  });

  it("what was deleted is in no table", async () => {
    await ask("runs.delete", { runId: ids.get("run 9") ?? "" });
    expect(await named({})).toEqual(["run 11", "run 10"]);
  });
});
