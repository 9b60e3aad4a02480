import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import pino from "pino";
import { expect, test } from "vitest";
import { createAccessLines } from "./access-lines.ts";
import { openAccessLog } from "./access-log.ts";

const entry = (requestId: string, level: "info" | "warn" | "debug" = "info") =>
  ({ level, requestId, traceId: null, method: "GET", route: "/v1/x", status: "200", milliseconds: 1.5 }) as const;

test("a line is what the logger would have written, and only from its level on", () => {
  let text = "";
  const lines = createAccessLines({ serverId: 's"1', channel: "c", logLevel: "info" }, (each) => void (text += each));
  lines.write(entry("a"));
  lines.write(entry("b", "debug"));
  lines.write({ ...entry("c", "warn"), traceId: "0af7" });
  expect(text).toBe("");
  lines.flush();
  const common = { server: 's"1', channel: "c", method: "GET", route: "/v1/x", status: "200", milliseconds: 1.5 };
  const written = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { time: string });
  expect(written).toEqual([
    { ...common, level: "info", time: written[0]?.time, requestId: "a", msg: "request" },
    { ...common, level: "warn", time: written[1]?.time, requestId: "c", traceId: "0af7", msg: "request" },
  ]);
  for (const { time } of written) expect(Math.abs(Date.parse(time) - Date.now())).toBeLessThan(10_000);
});

test("lines go to a file that is replaced when it is full, compressed, and none is lost", async () => {
  const directory = await mkdtemp(join(tmpdir(), "reelbench-access-"));
  try {
    const log = openAccessLog(
      { file: join(directory, "access.log"), bytes: 20_000, files: 50 },
      pino({ level: "silent" }),
    );
    const lines = createAccessLines({ serverId: "s", channel: "c", logLevel: "info" }, log.write);
    for (let n = 0; n < 1000; n++) {
      lines.write(entry(`r${n}`));
      if (n % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    lines.flush();
    await log.close();
    const names = await readdir(directory);
    expect(names.filter((name) => name !== "access.log").length).toBeGreaterThan(1);
    const found: string[] = [];
    for (const name of names) {
      const bytes = await readFile(join(directory, name));
      const text = bytes[0] === 0x1f ? gunzipSync(bytes).toString() : bytes.toString();
      if (!name.endsWith(".txt")) found.push(...text.split("\n").filter((line) => line !== ""));
    }
    const ids = found.map((line) => (JSON.parse(line) as { requestId: string }).requestId);
    expect(new Set(ids).size).toBe(1000);
    expect(log.lost()).toBe(0);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test("a folder that cannot be written costs lines and nothing else", async () => {
  const log = openAccessLog({ file: "/dev/null/access.log", bytes: 20_000, files: 2 }, pino({ level: "silent" }));
  await new Promise((resolve) => setTimeout(resolve, 200));
  log.write("{}\n", 1);
  expect(log.lost()).toBe(1);
  await log.close();
});
