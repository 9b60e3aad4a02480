import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { memoryPorts } from "../contract/memory-port.ts";
import { connect, serveEngine } from "../contract/transport.ts";
import { openEngine } from "../engine.ts";
import type { EngineOptions } from "../engine.ts";
import { nodeProcessHost } from "../jobs/process-host.ts";

const password = "correct-horse";
const target = { name: "prod", postgres: `postgres://rb:${password}@db.example/rb`, redis: null } as const;

/** A front of an engine over a new workspace, and what stands in the workspace's files. */
async function workbench(options: Pick<EngineOptions, "keychain" | "passwordsInFile">) {
  const folder = mkdtempSync(join(tmpdir(), "reelbench-targets-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const engine = await openEngine({
    workspaceDirectory: folder,
    processHost: nodeProcessHost,
    threads: 1,
    passwordsInFile: false,
    ...options,
  });
  onTestFinished(() => engine.close());
  const [front, back] = memoryPorts();
  serveEngine(engine, back);
  const filesWithPassword = () =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .filter((entry) => readFileSync(join(entry.parentPath, entry.name)).includes(password))
      .map(({ name }) => name);
  return { transport: connect(front), filesWithPassword };
}

test("without a keychain passwords are refused, and it says what to do instead", async () => {
  const { transport, filesWithPassword } = await workbench({});
  expect(await transport.request("targets.passwords", {})).toEqual({
    kept: "nowhere",
    message: expect.stringContaining("PGPASSWORD") as string,
  });
  await expect(transport.request("targets.save", { ...target, passwords: "keep" })).rejects.toMatchObject({
    code: "RB_NO_KEYCHAIN",
  });
  expect((await transport.request("targets.list", {})).map(({ name }) => name)).toEqual(["local"]);
  // For this session only, they stand nowhere.
  const saved = await transport.request("targets.save", { ...target, passwords: "session" });
  expect(JSON.stringify(saved)).not.toContain(password);
  expect(filesWithPassword()).toEqual([]);
});

test("where somebody chose so they stand in one file, and in no other", async () => {
  const { transport, filesWithPassword } = await workbench({ passwordsInFile: true });
  expect(await transport.request("targets.passwords", {})).toMatchObject({ kept: "file" });
  const { id } = await transport.request("targets.save", { ...target, passwords: "keep" });
  expect(filesWithPassword()).toEqual(["secrets.json"]);
  // What a front is told it can save again unchanged.
  const told = (await transport.request("targets.list", {})).find((each) => each.id === id);
  expect(told).toMatchObject({ postgres: "postgres://rb:***@db.example/rb" });
  await transport.request("targets.save", {
    ...target,
    id,
    postgres: "postgres://rb:***@db.example/rb",
    passwords: "keep",
  });
  expect(filesWithPassword()).toEqual(["secrets.json"]);
  await transport.request("targets.remove", { targetId: id });
  expect(filesWithPassword()).toEqual([]);
});

test("with a keychain they are there and in no file", async () => {
  const held = new Map<string, string>();
  const keychain = {
    find: (name: string) => Promise.resolve(held.get(name) ?? null),
    keep: (name: string, secret: string) => Promise.resolve(void held.set(name, secret)),
    forget: (name: string) => Promise.resolve(void held.delete(name)),
  };
  const { transport, filesWithPassword } = await workbench({ keychain });
  expect(await transport.request("targets.passwords", {})).toMatchObject({ kept: "keychain" });
  await transport.request("targets.save", { ...target, passwords: "keep" });
  expect([...held.values()].join()).toContain(password);
  expect(filesWithPassword()).toEqual([]);
});
