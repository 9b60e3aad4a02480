import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Runs vitest itself on these files, with the reporter as the project configures it, and returns the last line. */
function lastLine(files: Readonly<Record<string, string>>): string | undefined {
  // Below the root, so that `vitest` resolves.
  const folder = mkdtempSync(join(root, "node_modules", ".summary-line-"));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  writeFileSync(
    join(folder, "vitest.config.ts"),
    `import { SummaryLineReporter } from ${JSON.stringify(join(root, "scripts/test/summary-line.ts"))};
     export default { test: { include: ["*.test.ts"], exclude: [], reporters: ["default", new SummaryLineReporter()] } };`,
  );
  const { stdout } = spawnSync(
    process.execPath,
    [join(root, "node_modules/vitest/vitest.mjs"), "run", "--root", folder],
    {
      encoding: "utf8",
      env: { ...process.env, VITEST: undefined, NO_COLOR: "1" },
    },
  );
  return stdout.trimEnd().split("\n").at(-1);
}

it("ends with the counts of all files", () => {
  const line = lastLine({
    "a.test.ts": `import { it } from "vitest"; it("one", () => {}); it("two", () => {}); it.skip("three", () => {});`,
    "b.test.ts": `import { it } from "vitest"; it("four", () => { throw new Error("no"); });`,
  });
  expect(line).toBe("2 passed, 1 failed, 1 skipped");
});

it("counts a file that does not load, and an error outside tests, as failed", () => {
  expect(lastLine({ "a.test.ts": `throw new Error("at import");` })).toBe("0 passed, 1 failed, 0 skipped");
  const stray = `import { it } from "vitest"; it("x", async () => { setTimeout(() => { throw new Error("stray"); }, 5); await new Promise((r) => setTimeout(r, 50)); });`;
  expect(lastLine({ "a.test.ts": stray })).toBe("1 passed, 1 failed, 0 skipped");
});
