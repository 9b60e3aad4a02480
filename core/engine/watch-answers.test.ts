import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { watchAnswers } from "./watch-answers.ts";

const program = `require("node:http").createServer((request, response) => response.end(request.url))
  .listen(0, "127.0.0.1", function () { process.send("http://127.0.0.1:" + this.address().port); });`;

test.skipIf(process.platform === "win32")(
  "a process that is stopped is silent from the first question on that it missed, until it goes on",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "reelbench-watch-"));
    writeFileSync(join(folder, "server.cjs"), program);
    const child = fork(join(folder, "server.cjs"), { stdio: "ignore" });
    onTestFinished(async () => {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
      rmSync(folder, { recursive: true });
    });
    const [url] = (await once(child, "message")) as [string];
    const told: (number | "answers")[] = [];
    const stop = watchAnswers(
      url,
      { onSilent: (since) => void told.push(since), onAnswer: () => void told.push("answers") },
      { every: 100, within: 400 },
    );
    onTestFinished(stop);
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(told).toEqual([]);

    const stoppedAt = Date.now();
    child.kill("SIGSTOP");
    await expect.poll(() => told, { timeout: 5000 }).toHaveLength(1);
    const [since] = told;
    expect(Number(since)).toBeGreaterThan(stoppedAt - 400);
    expect(Date.now() - Number(since)).toBeGreaterThan(800);
    child.kill("SIGCONT");
    await expect.poll(() => told, { timeout: 5000 }).toEqual([since, "answers"]);
  },
);
