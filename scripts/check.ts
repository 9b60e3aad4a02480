/**
 * Everything that can be said about the code without running it: `npm run check [-- NAME…]`. Quiet where all is well; shows
 * a tool's own output where it is not. (The kernels' sources are checked by their compiler, which has just run.)
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

interface Check {
  readonly name: string;
  readonly tool: string;
  readonly args: readonly string[];
  /** Of a failure's output: says why it is none, or null. */
  readonly excuse?: (output: string) => string | null;
}

const sources = ["app", "core", "server", "cli", "bench", "e2e", "scripts", "vitest.config.ts"];
const checks: readonly Check[] = [
  { name: "types (node)", tool: "tsc", args: ["-p", "tsconfig.node.json"] },
  { name: "types (renderer)", tool: "tsc", args: ["-p", "tsconfig.web.json"] },
  { name: "types (preload)", tool: "tsc", args: ["-p", "tsconfig.preload.json"] },
  { name: "lint", tool: "oxlint", args: ["--type-aware", "--deny-warnings"] },
  { name: "format", tool: "oxfmt", args: ["--check"] },
  { name: "imports", tool: "depcruise", args: ["--config", ".dependency-cruiser.js", ...sources] },
  { name: "unused", tool: "knip", args: [] },
  {
    name: "audit",
    tool: "npm",
    args: ["audit", "--omit=dev", "--audit-level=high", "--fetch-retries=0", "--fetch-timeout=20000"],
    // Known holes are known to the registry only; a machine that cannot ask it can still be worked on.
    excuse: (output) =>
      /npm (error|ERR!) (audit endpoint returned an error|code (ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT|ENOAUDIT))/.test(
        output,
      )
        ? "skipped: the registry cannot be asked"
        : null,
  },
];

function run({ tool, args }: Check): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    // npm's shims run under the Node on the PATH, which is the pinned one here.
    const shim = process.platform === "win32" ? `${tool}.cmd` : tool;
    const child = spawn(tool === "npm" ? shim : join(root, "node_modules", ".bin", shim), args, {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32",
    });
    const chunks: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.once("error", (error) => resolve({ code: 127, output: error.message }));
    child.once("close", (code) => resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString() }));
  });
}

const wanted = process.argv.slice(2);
const chosen = wanted.length === 0 ? checks : checks.filter(({ name }) => wanted.some((word) => name.startsWith(word)));
if (chosen.length === 0) {
  process.stderr.write(`reelbench: there is no such check; there are ${checks.map(({ name }) => name).join(", ")}.\n`);
  process.exit(64);
}
const failed: string[] = [];
for (const check of chosen) {
  const started = performance.now();
  const { code, output } = await run(check);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const excuse = code === 0 ? null : (check.excuse?.(output) ?? null);
  if (excuse !== null) {
    process.stdout.write(`-      ${check.name} ${excuse}\n`);
    continue;
  }
  process.stdout.write(`${code === 0 ? "ok    " : "FAILED"} ${check.name} (${seconds} s)\n`);
  if (code === 0) continue;
  failed.push(check.name);
  process.stdout.write(`${output.trimEnd()}\n`);
}
process.stdout.write(
  failed.length === 0 ? "reelbench: all checks passed.\n" : `reelbench: failed: ${failed.join(", ")}.\n`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
