import Database from "better-sqlite3";
import { fork } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Job, Run, Snapshot, Source, Split } from "../contract/entities.ts";
import type { ErrorCode } from "../contract/errors.ts";
import { migrationsUrl } from "../runtime-paths.ts";
import { readMigrations } from "../files/migrations.ts";
import { storageError } from "./storage-error.ts";
import { openWorkspace } from "./workspace.ts";

const at = "2026-01-02T03:04:05.000Z";
const source: Source = {
  id: "d0001",
  name: "ratings",
  createdAt: at,
  files: [],
  options: {},
  layout: null,
  read: 3,
  accepted: 2,
  rejected: 1,
  rejectsByReason: { ragged: 1 },
  duplicates: 0,
  users: 1,
  items: 2,
  hasTime: false,
  timeShare: 0,
  hasTitles: false,
  scale: { minimum: 1, maximum: 5, step: 1 },
  warnings: [],
};
const snapshot: Snapshot = {
  id: "s0001",
  name: "all",
  createdAt: at,
  sourceIds: ["d0001"],
  recipe: [],
  steps: [],
  ratings: 2,
  users: 1,
  items: 2,
  scale: source.scale,
  hasTime: false,
  from: null,
  to: null,
};
const split: Split = {
  id: "p0001",
  name: "random",
  createdAt: at,
  snapshotId: "s0001",
  protocol: { protocol: "random", testShare: 0.2 },
  seed: 42,
  train: 1,
  test: 1,
  testUsers: 1,
  warmTestUsers: 1,
  testItems: 1,
  warmTestItems: 1,
  leaks: [],
  warnings: [],
};
const run: Run = {
  id: "r0001",
  name: "biases",
  state: "running",
  createdAt: at,
  finishedAt: null,
  snapshotId: "s0001",
  splitId: "p0001",
  algorithm: "biases",
  hyperparameters: {},
  seed: 42,
  metrics: [],
  curve: [],
  timings: null,
  machine: null,
  codeVersion: "0",
  modelHash: null,
  refitOf: null,
  error: null,
  note: "",
};
const job: Job = {
  id: "j0001",
  kind: "runs.train",
  title: "Train",
  state: "running",
  createdAt: at,
  startedAt: at,
  finishedAt: null,
  progress: null,
  result: null,
  error: null,
  resumable: false,
};

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "reelbench-workspace-"));
});
afterEach(() => {
  chmodSync(directory, 0o755);
  rmSync(directory, { recursive: true, force: true });
});

function placeFolder(kind: string, id: string, manifest: string, entity: unknown): void {
  mkdirSync(join(directory, kind, id), { recursive: true });
  writeFileSync(join(directory, kind, id, manifest), JSON.stringify(entity));
}

const code = (expected: ErrorCode): unknown => expect.objectContaining({ code: expected });

describe("opening", () => {
  test("makes a workspace, and finds it again with what was put in", async () => {
    const first = await openWorkspace(directory);
    first.catalogue.sources.put(source);
    placeFolder("sources", source.id, "manifest.json", source);
    first.close();
    const second = await openWorkspace(directory);
    expect(second.id).toBe(first.id);
    expect(second.catalogue.sources.list()).toEqual([source]);
    second.close();
  });

  test("is refused while another engine has it, and possible again after", async () => {
    const first = await openWorkspace(directory);
    await expect(openWorkspace(directory)).rejects.toEqual(code("RB_WORKSPACE_LOCKED"));
    first.close();
    (await openWorkspace(directory)).close();
  });

  test("finds no stale lock after kill -9 of the holder", async () => {
    const holder = fork(fileURLToPath(new URL("./lock-holder.fixture.ts", import.meta.url)), [directory], {
      stdio: "inherit",
      execArgv: [],
    });
    await once(holder, "message");
    await expect(openWorkspace(directory)).rejects.toEqual(code("RB_WORKSPACE_LOCKED"));
    holder.kill("SIGKILL");
    await once(holder, "exit");
    (await openWorkspace(directory)).close();
  });

  test("marks what was queued or running as interrupted and resumable", async () => {
    const first = await openWorkspace(directory);
    first.catalogue.transaction(() => {
      first.catalogue.sources.put(source);
      first.catalogue.snapshots.put(snapshot);
      first.catalogue.splits.put(split);
      first.catalogue.runs.put(run);
      first.catalogue.jobs.insert({ job, input: { splitId: "p0001" }, memory: { runId: "r0001" } });
      first.catalogue.jobs.insert({ job: { ...job, id: "j0002", state: "queued" }, input: {}, memory: {} });
      first.catalogue.jobs.insert({
        job: { ...job, id: "j0003", state: "succeeded", result: { runId: "r0001" } },
        input: {},
        memory: {},
      });
    });
    first.close();
    const second = await openWorkspace(directory);
    expect(second.recovery.interruptedJobs.map(({ id }) => id)).toEqual(["j0001", "j0002"]);
    expect(second.catalogue.jobs.list({ limit: 10 }).map(({ id, state, resumable }) => [id, state, resumable])).toEqual(
      [
        ["j0003", "succeeded", false],
        ["j0002", "interrupted", true],
        ["j0001", "interrupted", true],
      ],
    );
    expect(second.catalogue.jobs.get("j0001")).toMatchObject({
      input: { splitId: "p0001" },
      memory: { runId: "r0001" },
    });
    expect(second.catalogue.runs.get("r0001").state).toBe("interrupted");
    second.close();
  });
});

describe("reconciling with the folders", () => {
  test("adopts what is whole on disk, whatever order it was made in", async () => {
    placeFolder("sources", source.id, "manifest.json", source);
    placeFolder("snapshots", snapshot.id, "manifest.json", snapshot);
    placeFolder("splits", split.id, "manifest.json", split);
    placeFolder("runs", run.id, "run.json", { ...run, state: "succeeded" });
    const workspace = await openWorkspace(directory);
    expect(workspace.recovery.adopted).toEqual(["source d0001", "snapshot s0001", "split p0001", "run r0001"]);
    expect(workspace.catalogue.runs.get("r0001")).toEqual({ ...run, state: "succeeded" });
    workspace.close();
  });

  test("a run killed between its last write and the catalogue's counts as succeeded", async () => {
    const first = await openWorkspace(directory);
    for (const [kind, entity] of [
      ["sources", source],
      ["snapshots", snapshot],
      ["splits", split],
    ] as const)
      placeFolder(kind, entity.id, "manifest.json", entity);
    first.catalogue.sources.put(source);
    first.catalogue.snapshots.put(snapshot);
    first.catalogue.splits.put(split);
    first.catalogue.runs.put(run);
    placeFolder("runs", run.id, "run.json", { ...run, state: "succeeded", finishedAt: at });
    first.close();
    const second = await openWorkspace(directory);
    expect(second.catalogue.runs.get("r0001")).toMatchObject({ state: "succeeded", finishedAt: at });
    second.close();
  });

  test("shows a vanished folder as missing, and as itself again when it is put back", async () => {
    const first = await openWorkspace(directory);
    first.catalogue.sources.put(source);
    first.close();
    const second = await openWorkspace(directory);
    expect(second.recovery.missing).toEqual(["source d0001"]);
    expect(second.catalogue.sources.get("d0001").missing).toBe(true);
    second.close();
    placeFolder("sources", source.id, "manifest.json", source);
    const third = await openWorkspace(directory);
    expect(third.catalogue.sources.get("d0001")).toEqual(source);
    third.close();
  });

  test("a folder that has lost its manifest is missing too, and not touched", async () => {
    const first = await openWorkspace(directory);
    first.catalogue.sources.put(source);
    first.close();
    mkdirSync(join(directory, "sources", source.id), { recursive: true });
    writeFileSync(join(directory, "sources", source.id, "ratings.parquet"), "x");
    const second = await openWorkspace(directory);
    expect(second.recovery.missing).toEqual(["source d0001"]);
    expect(second.catalogue.sources.get("d0001").missing).toBe(true);
    second.close();
    expect(existsSync(join(directory, "sources", source.id, "ratings.parquet"))).toBe(true);
  });

  test("keeps the checkpoints of what can go on, and removes the others", async () => {
    const first = await openWorkspace(directory);
    first.catalogue.sources.put(source);
    first.catalogue.snapshots.put(snapshot);
    first.catalogue.splits.put(split);
    first.catalogue.runs.put(run);
    first.catalogue.runs.put({ ...run, id: "r0002", state: "succeeded" });
    first.close();
    for (const id of ["r0001", "r0002", "r0003"])
      mkdirSync(join(directory, "runs", `.work-${id}`), { recursive: true });
    const second = await openWorkspace(directory);
    expect(second.recovery.removed).toBe(2);
    expect(second.catalogue.runs.get("r0001").state).toBe("interrupted");
    expect(readdirSync(join(directory, "runs"))).toEqual([".work-r0001"]);
    second.close();
  });

  test("removes leftovers, and leaves alone what it cannot read", async () => {
    mkdirSync(join(directory, "sources", ".tmp-abc"), { recursive: true });
    writeFileSync(join(directory, ".tmp-abc"), "a password");
    placeFolder("sources", "d0002", "manifest.json", { id: "d0002" });
    placeFolder("sources", "d0003", "manifest.json", { ...source, id: "another" });
    const workspace = await openWorkspace(directory);
    expect(workspace.recovery.removed).toBe(2);
    expect(readdirSync(directory).filter((name) => name.startsWith(".tmp-"))).toEqual([]);
    expect(workspace.recovery.refused.map((line) => line.split(":")[0])).toEqual(["source d0002", "source d0003"]);
    expect(readdirSync(join(directory, "sources")).toSorted()).toEqual(["d0002", "d0003"]);
    workspace.close();
  });
});

describe("migrations", () => {
  const known = readMigrations(migrationsUrl("workspace"));
  const next = { number: known.length + 1, name: "next", sha256: "f".repeat(64) };

  test("a newer schema is refused and not a byte is changed", async () => {
    (await openWorkspace(directory, [...known, { ...next, sql: "CREATE TABLE later (x INTEGER) STRICT" }])).close();
    const before = readFileSync(join(directory, "workspace.sqlite"));
    await expect(openWorkspace(directory)).rejects.toEqual(code("RB_WORKSPACE_NEWER"));
    expect(readFileSync(join(directory, "workspace.sqlite")).equals(before)).toBe(true);
  });

  test("a migration keeps a readable backup of what was there", async () => {
    const first = await openWorkspace(directory);
    first.catalogue.sources.put(source);
    placeFolder("sources", source.id, "manifest.json", source);
    first.close();
    const second = await openWorkspace(directory, [
      ...known,
      {
        ...next,
        sql: "DROP TABLE sources; CREATE TABLE sources (id TEXT PRIMARY KEY, document TEXT, missing INTEGER NOT NULL DEFAULT 0, created_at TEXT) STRICT",
      },
    ]);
    expect(second.schemaVersion).toBe(next.number);
    second.close();
    const [backup] = readdirSync(join(directory, "backups"));
    const copy = new Database(join(directory, "backups", backup ?? ""), { readonly: true });
    expect(copy.prepare<[], { id: string }>("SELECT id FROM sources").all()).toEqual([{ id: "d0001" }]);
    copy.close();
  });

  test("a migration that fails half-way leaves the schema before it", async () => {
    (await openWorkspace(directory)).close();
    await expect(
      openWorkspace(directory, [...known, { ...next, sql: "CREATE TABLE half (x INTEGER) STRICT; SELECT nonsense" }]),
    ).rejects.toThrow();
    const database = new Database(join(directory, "workspace.sqlite"), { readonly: true });
    expect(database.prepare("SELECT name FROM sqlite_schema WHERE name = 'half'").all()).toEqual([]);
    database.close();
    (await openWorkspace(directory)).close();
  });

  test("a migration changed after it was applied is noticed", async () => {
    (await openWorkspace(directory)).close();
    const changed = known.map((migration) => ({ ...migration, sha256: "0".repeat(64) }));
    await expect(openWorkspace(directory, changed)).rejects.toEqual(code("RB_CONFLICT"));
  });
});

describe("storage that fails", () => {
  test("a catalogue overwritten with junk is called damaged", async () => {
    (await openWorkspace(directory)).close();
    writeFileSync(
      join(directory, "workspace.sqlite"),
      "not a database, but long enough to have a header. ".repeat(200),
    );
    await expect(openWorkspace(directory)).rejects.toEqual(code("RB_WORKSPACE_CORRUPT"));
  });

  test("a catalogue cut off in the middle is called damaged", async () => {
    const first = await openWorkspace(directory);
    first.close();
    const path = join(directory, "workspace.sqlite");
    truncateSync(path, Math.floor(statSync(path).size / 2));
    await expect(openWorkspace(directory)).rejects.toEqual(code("RB_WORKSPACE_CORRUPT"));
    // The lock was given back: restoring a backup needs no restart.
    rmSync(path);
    (await openWorkspace(directory)).close();
  });

  test("a file where the folder should be cannot be written to", async () => {
    const path = join(directory, "file");
    writeFileSync(path, "");
    await expect(openWorkspace(path)).rejects.toEqual(code("RB_WORKSPACE_READ_ONLY"));
  });

  test.skipIf(process.getuid?.() === 0)("a folder without write permission is called read-only", async () => {
    chmodSync(directory, 0o555);
    await expect(openWorkspace(directory)).rejects.toEqual(code("RB_WORKSPACE_READ_ONLY"));
    expect(existsSync(join(directory, "workspace.sqlite"))).toBe(false);
  });

  test.each([
    ["SQLITE_FULL", "RB_DISK_FULL"],
    ["ENOSPC", "RB_DISK_FULL"],
    ["SQLITE_CORRUPT_VTAB", "RB_WORKSPACE_CORRUPT"],
    ["SQLITE_READONLY_DBMOVED", "RB_WORKSPACE_READ_ONLY"],
    ["EROFS", "RB_WORKSPACE_READ_ONLY"],
    ["SQLITE_BUSY", "RB_WORKSPACE_LOCKED"],
    ["SQLITE_CONSTRAINT_UNIQUE", "RB_INTERNAL"],
  ] as const)("%s is %s", (system, expected) => {
    expect(storageError(Object.assign(new Error("x"), { code: system }), "w").code).toBe(expected);
  });
});

test("documents and search columns cannot disagree", async () => {
  const workspace = await openWorkspace(directory);
  expect(() => workspace.catalogue.splits.put(split)).toThrow(/FOREIGN KEY/);
  workspace.catalogue.snapshots.put(snapshot);
  workspace.catalogue.splits.put(split);
  expect(workspace.catalogue.splits.listBy("snapshot_id", "s0001")).toEqual([split]);
  expect(workspace.catalogue.splits.listBy("snapshot_id", "s0002")).toEqual([]);
  workspace.close();
});
