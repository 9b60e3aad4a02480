import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { nodeProcessHost } from "../jobs/process-host.ts";
import { openEngine } from "../engine.ts";

async function opened(directory: string) {
  const engine = await openEngine({
    workspaceDirectory: directory,
    processHost: nodeProcessHost,
    threads: 4,
    memory: 8e9,
  });
  onTestFinished(() => engine.close());
  return engine;
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "reelbench-settings-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

it("limits are kept in the workspace, and what is planned from then on heeds them", async () => {
  const directory = folder();
  const engine = await opened(directory);
  expect(await engine.call("limits.get", {})).toEqual({
    limits: { threads: null, memory: null },
    machine: { threads: 4, memory: 8e9 },
    used: { threads: 4, memory: 8e9 },
  });
  await engine.call("limits.set", { threads: 3, memory: 2e9 });
  expect((await engine.call("workspace.get", {})).engine.threads).toBe(3);
  await engine.close();
  const again = await opened(directory);
  expect((await again.call("limits.get", {})).used).toEqual({ threads: 3, memory: 2e9 });
  // A limit above what there is gives what there is.
  await again.call("limits.set", { threads: 64, memory: null });
  expect((await again.call("limits.get", {})).used).toEqual({ threads: 4, memory: 8e9 });
  await again.close();
  // A file that a hand has spoilt does not keep the workspace shut.
  writeFileSync(join(directory, "limits.json"), '{"threads":"many"}');
  expect((await (await opened(directory)).call("limits.get", {})).limits).toEqual({ threads: null, memory: null });
});

it("the log is found by text and level, newest first", async () => {
  const directory = folder();
  const engine = await opened(directory);
  const log = join(directory, "logs", "engine.log");
  const lines = [
    { level: 40, time: 1_700_000_000_000, msg: "job did not succeed", job: "j1", error: { code: "RB_DISK_FULL" } },
    { level: 50, time: 1_700_000_001_000, msg: "worse" },
  ];
  writeFileSync(
    log,
    `${readFileSync(log, "utf8")}${lines.map((entry) => JSON.stringify(entry)).join("\n")}\nhalf a li`,
  );
  const all = await engine.call("logs.read", { text: "", level: "info", limit: 500 });
  expect(all.entries[0]?.message).toBe("worse");
  expect(all.entries.at(-1)?.message).toBe("workspace opened");
  const found = await engine.call("logs.read", { text: "rb_disk", level: "info", limit: 500 });
  expect(found.entries).toEqual([
    {
      time: "2023-11-14T22:13:20.000Z",
      level: "warn",
      message: "job did not succeed",
      detail: '{"job":"j1","error":{"code":"RB_DISK_FULL"}}',
    },
  ]);
  expect((await engine.call("logs.read", { text: "", level: "error", limit: 1 })).total).toBe(1);
});

it("says whether the engine before was closed", async () => {
  const directory = folder();
  const first = await opened(directory);
  expect(await first.call("workspace.recovery", {})).toMatchObject({ afterCrash: false, interruptedJobs: [] });
  await first.close();
  // What an engine that was killed leaves behind: its endpoint's file.
  writeFileSync(join(directory, "engine.json"), "{}");
  expect(await (await opened(directory)).call("workspace.recovery", {})).toMatchObject({ afterCrash: true });
});

it("a report says how the workspace is shaped, in numbers only", async () => {
  const directory = folder();
  const engine = await opened(directory);
  const { files } = await engine.call("diagnostics.get", {});
  expect(files.map(({ name }) => name)).toEqual(["versions.json", "workspace-shape.json", "engine-log.jsonl"]);
  expect(JSON.parse(files[1]?.text ?? "")).toMatchObject({ sources: [], runs: {}, afterCrash: false });
});
