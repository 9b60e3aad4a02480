import { expect, test } from "vitest";
import { nodeProcessHost } from "../core/jobs/process-host.ts";
import { algorithmById } from "../core/models/registry.ts";
import { reproduceEach } from "./reproduce/reproduce-each.ts";

/** `bench/reproduce.ts` does it for all, and in Electron. */
test("a run trained with one thread is reproduced with others, to the last bit, in processes of their own", async () => {
  const some = ["biased-svd", "ials", "stacking"].map(algorithmById);
  const rows = await reproduceEach(some, [["Node", nodeProcessHost]], [2, 3]);
  expect(rows.map(({ algorithm }) => algorithm)).toEqual(["biased-svd", "ials", "stacking"]);
  for (const { expected, attempts } of rows) {
    expect(expected).toMatch(/^[0-9a-f]{64}$/);
    expect(attempts.map(({ actual }) => actual)).toEqual([expected, expected]);
  }
}, 180_000);
