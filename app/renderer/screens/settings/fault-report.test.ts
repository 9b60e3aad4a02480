import { expect, it } from "vitest";
import type { DesktopBridge } from "../../../../core/contract/bridge.ts";
import type { Transport } from "../../../../core/contract/transport.ts";
import { gatherReport } from "./fault-report.ts";

it("a report holds what was gathered, without secrets or places, one stand-in for one file", async () => {
  const log = '{"message":"cannot read /home/jane/films/ratings.csv","target":"postgres://jane:hunter2@db.corp/x"}';
  const transport = {
    request: () => Promise.resolve({ files: [{ name: "engine-log.jsonl", text: log }] }),
  } as unknown as Transport;
  const bridge = {
    versions: { app: "0.1.0", electron: "33" },
    readLog: () => Promise.resolve("opened /home/jane/films/ratings.csv with rb_secret_123456"),
  } as unknown as DesktopBridge;
  const files = await gatherReport(transport, bridge);
  const texts = Object.fromEntries(files.map(({ name, text }) => [name, text]));
  expect(Object.keys(texts)).toEqual(["engine-log.jsonl", "interface.json", "desktop-log.txt"]);
  for (const text of Object.values(texts))
    for (const word of ["jane", "hunter2", "corp", "rb_secret"]) expect(text).not.toContain(word);
  expect(texts["engine-log.jsonl"]).toContain("‹path 1›.csv");
  expect(texts["desktop-log.txt"]).toContain("‹path 1›.csv");
});
