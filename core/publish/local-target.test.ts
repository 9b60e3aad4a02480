import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { cp, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { removeLocalTarget, startLocalTarget } from "./local-target.ts";

let workspace: string;
beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), "reelbench-local-"));
});
afterEach(async () => {
  await removeLocalTarget(workspace);
  await rm(workspace, { recursive: true, force: true });
});
const context = () => ({ signal: new AbortController().signal, onProgress: () => undefined });

async function ask(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query(sql)).rows as unknown[];
  } finally {
    await client.end();
  }
}

function startEngine(): Promise<{ child: ChildProcess; url: string }> {
  const child = fork(fileURLToPath(new URL("local-engine.fixture.ts", import.meta.url)), [workspace], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  return new Promise((resolve, reject) => {
    child.once("message", (message: { url: string }) => resolve({ child, url: message.url }));
    child.once("exit", (code) => reject(new Error(`exit ${String(code)}`)));
  });
}

const postmaster = async (dataDirectory: string) =>
  Number.parseInt(await readFile(join(dataDirectory, "postmaster.pid"), "utf8"), 10);
/** A process that ended and that nobody has collected yet (a container's first process may not) is not alive. */
const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return process.platform !== "linux" || !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
};
async function untilGone(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 200 && isAlive(pid); tries++) await sleep(100);
  return !isAlive(pid);
}

test("what was written is there after stopping and starting again, and Postgres ends with stop()", async () => {
  const messages: string[] = [];
  const first = await startLocalTarget(workspace, {
    signal: new AbortController().signal,
    onProgress: ({ message }) => messages.push(message),
  });
  expect(messages.join(" ")).toContain("only the first time");
  await ask(first.postgresUrl, "create table kept as select 7 as n");
  const pid = await postmaster(first.dataDirectory);
  await first.stop();
  expect(isAlive(pid)).toBe(false);
  const again = await startLocalTarget(workspace, context());
  expect(await ask(again.postgresUrl, "select n from kept")).toEqual([{ n: 7 }]);
  await again.stop();
});

test("the password is random, kept for the owner only, and needed", async () => {
  const target = await startLocalTarget(workspace, context());
  const file = join(workspace, "local-target", "target.json");
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const { password } = new URL(target.postgresUrl);
  expect(password.length).toBeGreaterThanOrEqual(32);
  await expect(ask(target.postgresUrl.replace(password, "wrong"), "select 1")).rejects.toThrow(
    /password authentication failed/,
  );
  expect(new URL(target.postgresUrl).hostname).toBe("127.0.0.1");
  await target.stop();
});

test("an engine killed without warning takes its Postgres with it, and loses nothing", async () => {
  const { child, url } = await startEngine();
  await ask(url, "create table kept as select 8 as n");
  const [{ directory }] = (await ask(url, "select current_setting('data_directory') as directory")) as [
    { directory: string },
  ];
  const pid = await postmaster(directory);
  child.kill("SIGKILL");
  expect(await untilGone(pid)).toBe(true);
  const again = await startLocalTarget(workspace, context());
  expect(await ask(again.postgresUrl, "select n from kept")).toEqual([{ n: 8 }]);
  await again.stop();
});

test.runIf(process.platform === "linux")(
  "a Postgres that outlived engine and guard is stopped by the next start",
  async () => {
    const { child, url } = await startEngine();
    await ask(url, "create table kept as select 9 as n");
    const [{ directory }] = (await ask(url, "select current_setting('data_directory') as directory")) as [
      { directory: string },
    ];
    const pid = await postmaster(directory);
    // The guard and its watch first, as an out-of-memory killer might.
    const parentOf = async (of: number) =>
      Number((await readFile(`/proc/${of}/stat`, "utf8")).split(") ")[1]?.split(" ")[1]);
    const guard = await parentOf(pid);
    process.kill(guard, "SIGSTOP"); // The list of children is whole only while the parent stands still.
    const children = (await readFile(`/proc/${guard}/task/${guard}/children`, "utf8")).trim().split(" ").map(Number);
    for (const each of children) if (each !== pid) process.kill(each, "SIGKILL");
    process.kill(guard, "SIGKILL");
    child.kill("SIGKILL");
    await sleep(500);
    expect(isAlive(pid)).toBe(true);
    const again = await startLocalTarget(workspace, context());
    // A dying process loses its command line, by which it is told, a moment before its number.
    expect(await untilGone(pid)).toBe(true);
    expect(await ask(again.postgresUrl, "select n from kept")).toEqual([{ n: 9 }]);
    await again.stop();
  },
  120_000,
);

test.runIf(process.platform === "linux")(
  "a lock file whose number another program now has does not stand in the way",
  async () => {
    const first = await startLocalTarget(workspace, context());
    await first.stop();
    await writeFile(
      join(first.dataDirectory, "postmaster.pid"),
      `${process.pid}\n${first.dataDirectory}\n1\n5432\n\n127.0.0.1\n`,
    );
    const again = await startLocalTarget(workspace, context());
    expect(await ask(again.postgresUrl, "select 1 as n")).toEqual([{ n: 1 }]);
    await again.stop();
  },
);

test("a first start that was cancelled leaves nothing half-made", async () => {
  const stop = new AbortController();
  await expect(
    startLocalTarget(workspace, {
      signal: stop.signal,
      onProgress: ({ done }) => void (done === 1 && setTimeout(() => stop.abort(), 150)),
    }),
  ).rejects.toMatchObject({ code: "RB_CANCELLED" });
  const target = await startLocalTarget(workspace, context());
  expect(await ask(target.postgresUrl, "select 1 as n")).toEqual([{ n: 1 }]);
  await target.stop();
});

test("a copied workspace has a target of its own", async () => {
  const first = await startLocalTarget(workspace, context());
  await first.stop();
  const copy = await mkdtemp(join(tmpdir(), "reelbench-copy-"));
  await cp(workspace, copy, { recursive: true });
  const [one, two] = await Promise.all([startLocalTarget(workspace, context()), startLocalTarget(copy, context())]);
  expect(one.dataDirectory).not.toBe(two.dataDirectory);
  await ask(one.postgresUrl, "create table only_here (n int)");
  expect(await ask(two.postgresUrl, "select to_regclass('only_here') as found")).toEqual([{ found: null }]);
  await Promise.all([one.stop(), two.stop()]);
  await removeLocalTarget(copy);
  await rm(copy, { recursive: true, force: true });
});
