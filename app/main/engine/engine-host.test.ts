import { fork } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it, onTestFinished, vi } from "vitest";
import type { ChildProcess, Program, StartProgram } from "./engine-process.ts";
import { engineHost } from "./engine-host.ts";
import type { EngineFailure, EngineHostOptions } from "./engine-host.ts";

/** Real processes: an engine written for the case at hand, started as Node starts one. Channels are plain strings here. */
function programs(
  engine: string,
  trainer = "",
): { start: StartProgram<string>; started: [Program, number | undefined][] } {
  const folder = mkdtempSync(join(tmpdir(), "reelbench-engine-host-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const sources: Record<Program, string> = { engine, trainer, publisher: "", server: "" };
  for (const [name, text] of Object.entries(sources)) writeFileSync(join(folder, `${name}.mjs`), text);
  const started: [Program, number | undefined][] = [];
  const start: StartProgram<string> = (program, { args, env }) => {
    const child = fork(join(folder, `${program}.mjs`), args, {
      env: { ...process.env, ...env },
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    started.push([program, child.pid]);
    const wrapped: ChildProcess<string> = {
      pid: child.pid,
      send: (message, channels = []) => {
        // It may have ended without anybody knowing yet; that is told by `exit`.
        if (child.connected) child.send({ message, channels }, () => undefined);
      },
      onMessage: (listener) => void child.on("message", listener),
      onSpawn: (listener) => void child.once("spawn", () => listener(child.pid)),
      onExit: (listener) => void child.once("exit", (code, signal) => listener(code, signal ?? `exit ${String(code)}`)),
      kill: () => void child.kill("SIGKILL"),
    };
    return wrapped;
  };
  return { start, started };
}

/** An engine that opens, closes when asked, and does what `extra` says with other messages. */
const goodEngine = (extra = "") => `
  process.on("message", ({ message, channels }) => {
    if (message.type === "open") process.send({ type: "opened", workspaceDirectory: message.workspaceDirectory, workspaceId: "w" });
    if (message.type === "close") { process.send({ type: "closed" }); process.exit(0); }
    ${extra}
  });`;

const isAlive = (pid: number | undefined) => {
  try {
    return pid !== undefined && process.kill(pid, 0);
  } catch {
    return false;
  }
};

function host(
  start: StartProgram<string>,
  options: Pick<EngineHostOptions<string>, "keychain" | "openTimeout" | "closeTimeout"> = {},
) {
  const failures: EngineFailure[] = [];
  const lines: string[] = [];
  const made = engineHost({
    start,
    workspaceDirectory: "/ratings",
    log: (line) => lines.push(line),
    onFailure: (failure) => failures.push(failure),
    ...options,
  });
  hosts.push(made);
  return { ...made, failures, lines };
}
const hosts: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of hosts.splice(0)) await one.close();
});

const patience = { timeout: 20_000 };

it("opens the workspace, serves channels and closes without leaving a process", async () => {
  const { start, started } = programs(goodEngine());
  const engine = host(start);
  engine.connect("before the start");
  engine.start();
  await vi.waitFor(() => expect(engine.lines).toContain("the engine has opened /ratings"), patience);
  await engine.close();
  expect(started).toHaveLength(1);
  expect(isAlive(started[0]?.[1])).toBe(false);
  expect(engine.failures).toEqual([]);
});

it("gives channels that came while there was no engine to the next one", async () => {
  // The engine asks for a trainer named after each channel it is given: that is how this test sees what it received.
  const asks = `if (message.type === "renderer") process.send({ type: "fork", child: ++forks, entry: "trainer", args: [...channels], env: {} });`;
  const { start } = programs(`let forks = 0;${goodEngine(asks)}`, "setInterval(() => {}, 1000);");
  const seen: string[] = [];
  const engine = host((program, options) => {
    if (program === "trainer") seen.push(...options.args);
    return start(program, options);
  });
  engine.connect("early");
  engine.start();
  engine.connect("later");
  await vi.waitFor(() => expect(seen).toEqual(["early", "later"]), patience);
});

it("starts a killed engine again, and ends its children with it", async () => {
  const asks = `if (message.type === "open") process.send({ type: "fork", child: 1, entry: "trainer", args: [], env: { PART: "fold" } });`;
  const { start, started } = programs(goodEngine(asks), "setInterval(() => {}, 1000);");
  const engine = host(start);
  engine.start();
  await vi.waitFor(() => expect(started).toHaveLength(2), patience);
  const [[, enginePid], [, trainerPid]] = started as [[Program, number], [Program, number]];
  process.kill(enginePid, "SIGKILL");
  await vi.waitFor(() => expect(started.filter(([program]) => program === "engine")).toHaveLength(2), patience);
  await vi.waitFor(() => expect(isAlive(trainerPid)).toBe(false), patience);
  expect(engine.failures).toEqual([]);
});

it("gives up aloud when the engine keeps ending, and tries again when told to", async () => {
  const { start, started } = programs("process.exit(3);");
  const engine = host(start);
  engine.start();
  await vi.waitFor(() => expect(engine.failures).toHaveLength(1), patience);
  expect(started).toHaveLength(4);
  expect(engine.failures[0]?.detail).toContain("exit 3");
  engine.start();
  await vi.waitFor(() => expect(engine.failures).toHaveLength(2), patience);
  expect(started).toHaveLength(8);
});

it("tells why a workspace cannot be opened and does not try by itself", async () => {
  const { start, started } = programs(`process.on("message", () => process.send({
    type: "open-failed", error: { code: "RB_WORKSPACE_LOCKED", message: "Another engine has it open.", remedy: "Close the other one." } }));`);
  const engine = host(start);
  engine.start();
  await vi.waitFor(() => expect(engine.failures).toHaveLength(1), patience);
  expect(engine.failures[0]).toEqual({
    title: "Another engine has it open.",
    detail: "Close the other one.\n\n(RB_WORKSPACE_LOCKED)",
  });
  expect(started).toHaveLength(1);
});

it("does not wait for ever for an engine that never answers", async () => {
  const { start, started } = programs("setInterval(() => {}, 1000);");
  const engine = host(start, { openTimeout: 300 });
  engine.start();
  await vi.waitFor(() => expect(engine.failures[0]?.title).toBe("The engine does not answer"), patience);
  expect(isAlive(started[0]?.[1])).toBe(false);
});

it("kills an engine that will not close", async () => {
  const { start, started } = programs(`process.on("message", ({ message }) => {
    if (message.type === "open") process.send({ type: "opened", workspaceDirectory: "/ratings", workspaceId: "w" }); });`);
  const engine = host(start, { closeTimeout: 300 });
  engine.start();
  await vi.waitFor(() => expect(engine.lines).toHaveLength(1), patience);
  await engine.close();
  expect(isAlive(started[0]?.[1])).toBe(false);
});

it("carries messages between the engine and its children, and tells how they ended", async () => {
  const relay = `
    if (message.type === "open") process.send({ type: "fork", child: 7, entry: "trainer", args: ["x"], env: { PART: "fold" } });
    if (message.type === "child-started") process.send({ type: "child-send", child: 7, message: { give: message.pid > 0 } });
    if (message.type === "child-message") process.send({ type: "child-kill", child: 7 });
    if (message.type === "child-exit") process.send({ type: "opened", workspaceDirectory: JSON.stringify(message), workspaceId: "w" });`;
  const trainer = `process.on("message", ({ message }) => process.send({ got: message, env: process.env.PART, args: process.argv.slice(2) }));`;
  const { start } = programs(goodEngine(relay), trainer);
  const engine = host(start);
  engine.start();
  const ended = JSON.stringify({ type: "child-exit", child: 7, code: null, reason: "SIGKILL" });
  await vi.waitFor(() => expect(engine.lines.join("\n")).toContain(ended), patience);
});

it("answers the engine's questions for secrets from the keychain, and says where there is none", async () => {
  const asking = `
    if (message.type === "open") process.send({ type: "secret", request: 1, action: message.keychain ? "keep" : "find", name: "w/t", secret: "s3cret" });
    if (message.type === "secret-answer" && message.request === 1 && message.error === null)
      process.send({ type: "secret", request: 2, action: "find", name: "w/t" });
    if (message.type === "secret-answer" && (message.request === 2 || message.error !== null))
      process.send({ type: "open-failed", error: { code: "RB_TEST", message: String(message.secret), remedy: String(message.error) } });`;
  const kept = new Map<string, string>();
  const keychain = {
    find: (name: string) => kept.get(name) ?? null,
    keep: (name: string, secret: string) => void kept.set(name, secret),
    forget: (name: string) => void kept.delete(name),
  };
  const quiet = `process.on("message", ({ message }) => { ${asking} if (message.type === "close") process.exit(0); });`;
  const withOne = host(programs(quiet).start, { keychain: () => keychain });
  withOne.start();
  await vi.waitFor(() => expect(withOne.failures).toHaveLength(1), patience);
  expect(withOne.failures[0]?.title).toBe("s3cret");
  expect(kept).toEqual(new Map([["w/t", "s3cret"]]));
  const without = host(programs(quiet).start);
  without.start();
  await vi.waitFor(() => expect(without.failures).toHaveLength(1), patience);
  expect(without.failures[0]?.title).toBe("null");
  expect(without.failures[0]?.detail).toContain("this system has none");
});
