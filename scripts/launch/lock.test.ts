import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

let folder: string;
let lock: string;
let journal: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "reelbench-lock-"));
  lock = join(folder, "deep", "launch.lock");
  journal = join(folder, "journal");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A process that takes the lock, notes when it is in and out, and does `inside` between. */
function contender(inside: string) {
  const script = `
    import { appendFileSync } from "node:fs";
    import { setTimeout as sleep } from "node:timers/promises";
    import { withLock } from ${JSON.stringify(new URL("lock.mjs", import.meta.url).href)};
    const note = (word) => appendFileSync(${JSON.stringify(journal)}, word + " ");
    await withLock(${JSON.stringify(lock)}, async () => { note("in"); ${inside}; note("out"); });`;
  return spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "ignore", "pipe"] });
}
const ended = async (child: ReturnType<typeof contender>): Promise<unknown> => (await once(child, "exit"))[0];

it("lets one process in at a time, and leaves nothing behind", async () => {
  const contenders = Array.from({ length: 5 }, () => contender("await sleep(60)"));
  expect(await Promise.all(contenders.map(ended))).toEqual([0, 0, 0, 0, 0]);
  expect(readFileSync(journal, "utf8")).toBe("in out ".repeat(5));
  expect(existsSync(lock)).toBe(false);
});

it("takes over from a holder that was killed", async () => {
  const holder = contender("await sleep(60_000)");
  await expect.poll(() => existsSync(journal), { timeout: 20_000 }).toBe(true);
  const waiting = [contender(""), contender("")];
  holder.kill("SIGKILL");
  expect(await Promise.all(waiting.map(ended))).toEqual([0, 0]);
  expect(readFileSync(journal, "utf8")).toBe("in in out in out ");
});

it("takes over a lock whose holder died before it wrote its number", async () => {
  const first = contender("");
  expect(await ended(first)).toBe(0);
  writeFileSync(lock, "");
  const longAgo = Date.now() / 1000 - 60;
  utimesSync(lock, longAgo, longAgo);
  expect(await ended(contender(""))).toBe(0);
});

it("says once that it waits, and for whom", async () => {
  const holder = contender("await sleep(1500)");
  await expect.poll(() => existsSync(journal), { timeout: 20_000 }).toBe(true);
  const second = contender("");
  let said = "";
  second.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  await Promise.all([ended(holder), ended(second)]);
  expect(said.trimEnd().split("\n")).toEqual([
    `reelbench: waiting for another command to finish installing or building (process ${String(holder.pid)}).`,
  ]);
});

it("gives the lock back when the work fails or ends the process", async () => {
  expect(await ended(contender("throw new Error('no')"))).toBe(1);
  expect(await ended(contender("process.exit(7)"))).toBe(7);
  expect(existsSync(lock)).toBe(false);
});
