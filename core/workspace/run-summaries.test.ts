import Database from "better-sqlite3";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Run } from "../contract/runs.ts";
import { openWorkspace } from "./workspace.ts";
import type { Workspace } from "./workspace.ts";

const at = "2026-01-02T03:04:05.000Z";
const metric = (name: string, value: number, users: number) => ({
  metric: name,
  definition: "1",
  value,
  interval: null,
  users,
  higherIsBetter: true,
});
const first: Run = {
  id: "r0001",
  name: "first",
  state: "succeeded",
  createdAt: at,
  finishedAt: at,
  snapshotId: "s0001",
  splitId: "p0001",
  algorithm: "puresvd",
  hyperparameters: { factors: 8, plain: true },
  seed: 42,
  metrics: [
    { ...metric("ndcg@10", 0.1 + 0.2, 97), interval: { low: 0.29, high: 1 / 3, level: 0.95 } },
    metric("recall@10", 0, 97),
    { ...metric("rmse", 0.91, 0), higherIsBetter: false, definition: "2" },
  ],
  curve: [{ epoch: 1, seconds: 2, values: { loss: 3 } }],
  timings: { load: 1, fit: 2, evaluate: 3 },
  machine: { cpu: "any", cores: 2, threads: 2, runtime: "node" },
  codeVersion: "0",
  modelHash: "a".repeat(64),
  refitOf: null,
  error: null,
  note: "what for",
  tags: ["sweep"],
};
const second: Run = { ...first, id: "r0002", name: "second", metrics: [], createdAt: "2026-01-03T00:00:00.000Z" };

let directory: string;
let workspace: Workspace;
const reopened = async () => {
  workspace.close();
  workspace = await openWorkspace(directory);
  return workspace.catalogue;
};
/** As they would be shown, by the way that keeps no rows: whole documents without what no table shows. */
const expected = () =>
  workspace.catalogue.runs.list().map(({ curve: _curve, report: _report, machine: _machine, ...row }) => row);
const all = () => workspace.catalogue.runSummaries.all();

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "reelbench-summaries-"));
  workspace = await openWorkspace(directory);
  const { catalogue } = workspace;
  catalogue.snapshots.put({
    id: "s0001",
    name: "all",
    createdAt: at,
    sourceIds: [],
    recipe: [],
    steps: [],
    ratings: 0,
    users: 0,
    items: 0,
    scale: { minimum: 1, maximum: 5, step: 1 },
    hasTime: false,
    from: null,
    to: null,
  });
  catalogue.splits.put({
    id: "p0001",
    name: "random",
    createdAt: at,
    snapshotId: "s0001",
    protocol: { protocol: "random", testShare: 0.2 },
    seed: 42,
    train: 0,
    test: 0,
    testUsers: 0,
    warmTestUsers: 0,
    testItems: 0,
    warmTestItems: 0,
    leaks: [],
    warnings: [],
  });
  catalogue.runs.put(first);
  catalogue.runs.put(second);
});
afterEach(() => {
  workspace.close();
  rmSync(directory, { recursive: true, force: true });
});

test("runs read from kept rows are those of the documents, newest first and to the last digit", async () => {
  expect(all().map(({ name }) => name)).toEqual(["second", "first"]);
  await reopened(); // Their folders do not exist: now they are missing.
  expect(all()).toEqual(expected());
  expect(all()[1]).toMatchObject({ missing: true, metrics: first.metrics });
  expect(all()[0]).not.toHaveProperty("curve");
});

test("what is written after the first question is in the next answer, and after another opening", async () => {
  all();
  workspace.catalogue.runs.put({ ...first, note: "changed", metrics: [metric("coverage@10", 0.5, 1)] });
  workspace.catalogue.runs.remove("r0002");
  expect(all()).toEqual(expected());
  expect(all().map(({ note }) => note)).toEqual(["changed"]);
  await reopened();
  expect(all()).toEqual(expected());
});

test("a run written when nobody had asked yet is told anew, not as an earlier row has it", async () => {
  all();
  const { runs } = await reopened();
  runs.put({ ...first, name: "renamed" });
  await reopened();
  expect(all().map(({ name }) => name)).toEqual(["second", "renamed"]);
});

test("rows of another format are made again from the documents", async () => {
  all();
  workspace.close();
  const database = new Database(join(directory, "workspace.sqlite"));
  database.exec(`UPDATE run_rows SET format = 'older', document = '{"id":"r0001"}' WHERE id = 'r0001'`);
  database.close();
  workspace = await openWorkspace(directory);
  expect(all()).toEqual(expected());
});
