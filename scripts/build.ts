/**
 * Builds what changed: `node scripts/build.ts [all|programs|kernels|<target>…] [--force]`. A target is fresh when the
 * hash of all its inputs is the one it was built from.
 */
import { renameSync, rmSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { clearStamp, hashInputs, isFresh, writeStamp } from "./build/stamp.ts";
import { buildGroups, buildTargets } from "./build/targets.ts";
import type { BuildTarget } from "./build/targets.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

async function buildTarget(target: BuildTarget, force: boolean): Promise<boolean> {
  const output = join(root, target.output);
  const stamp = join(root, "dist", ".stamps", target.name);
  const hash = `${hashInputs(root, target.inputs)}${target.variant ?? ""}`;
  if (!force && isFresh(stamp, hash, output)) return false;
  const started = performance.now();
  process.stdout.write(`reelbench: building ${target.name} …`);
  clearStamp(stamp);
  try {
    await buildInto(target, output);
  } catch (error) {
    process.stdout.write(" failed\n");
    throw error;
  }
  writeStamp(stamp, hash);
  process.stdout.write(` ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
  return true;
}

/** A folder is built beside its place and moved there whole, so that a program that runs from it never finds half of it. */
async function buildInto(target: BuildTarget, output: string): Promise<void> {
  if (extname(output) !== "") return target.run(root, output);
  // A sibling of the same depth: source maps hold relative paths.
  const next = `${output}.next`;
  rmSync(next, { recursive: true, force: true });
  await target.run(root, next);
  rmSync(output, { recursive: true, force: true });
  renameSync(next, output);
}

function chosenTargets(words: readonly string[]): readonly BuildTarget[] {
  const names = new Set((words.length === 0 ? ["all"] : words).flatMap((word) => buildGroups[word] ?? [word]));
  const unknown = [...names].filter((name) => !buildTargets.some((target) => target.name === name));
  if (unknown.length > 0) {
    throw new Error(
      `There is no target ${unknown.join(", ")}; there are ${buildTargets.map(({ name }) => name).join(", ")}.`,
    );
  }
  return buildTargets.filter((target) => names.has(target.name));
}

const words = process.argv.slice(2);
const force = words.includes("--force");
try {
  let built = 0;
  for (const target of chosenTargets(words.filter((word) => word !== "--force"))) {
    if (await buildTarget(target, force)) built++;
  }
  if (built === 0 && process.env.npm_lifecycle_event === "build")
    process.stdout.write("reelbench: everything is built already.\n");
} catch (error) {
  process.stderr.write(`reelbench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
