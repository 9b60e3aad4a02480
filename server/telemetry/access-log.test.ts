import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import pino from "pino";
import { expect, test } from "vitest";
import { openAccessLog } from "./access-log.ts";

test("lines go to a file that is replaced when it is full, compressed, and none is lost", async () => {
  const directory = await mkdtemp(join(tmpdir(), "reelbench-access-"));
  try {
    const log = openAccessLog(
      { file: join(directory, "access.log"), bytes: 20_000, files: 50 },
      { serverId: "s", channel: "c" },
      pino({ level: "silent" }),
    );
    for (let n = 0; n < 1000; n++) {
      log.logger.info({ requestId: `r${n}`, route: "/v1/x", status: "200" }, "request");
      if (n % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await log.close();
    const names = await readdir(directory);
    expect(names.filter((name) => name !== "access.log").length).toBeGreaterThan(1);
    const lines: string[] = [];
    for (const name of names) {
      const bytes = await readFile(join(directory, name));
      const text = bytes[0] === 0x1f ? gunzipSync(bytes).toString() : bytes.toString();
      if (!name.endsWith(".txt")) lines.push(...text.split("\n").filter((line) => line !== ""));
    }
    const ids = lines.map((line) => (JSON.parse(line) as { requestId: string }).requestId);
    expect(new Set(ids).size).toBe(1000);
    expect(log.lost()).toBe(0);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test("a folder that cannot be written costs lines and nothing else", async () => {
  const log = openAccessLog(
    { file: "/dev/null/access.log", bytes: 20_000, files: 2 },
    { serverId: "s", channel: "c" },
    pino({ level: "silent" }),
  );
  await new Promise((resolve) => setTimeout(resolve, 200));
  log.logger.info("request");
  expect(log.lost()).toBe(1);
  await log.close();
});
