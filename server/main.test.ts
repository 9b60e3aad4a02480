import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

test("a command that is none is the caller's mistake, not a defect", async () => {
  const main = fileURLToPath(new URL("main.ts", import.meta.url));
  const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>((resolve) =>
    execFile(process.execPath, [main, "srve"], (error, _stdout, text) => resolve({ code: error?.code, stderr: text })),
  );
  expect(code).toBe(64);
  expect(stderr).toBe('RB_INVALID_INPUT: There is no command "srve".\nTry --help.\n');
});
