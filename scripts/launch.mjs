#!/usr/bin/env node
/**
 * The one door to the project's commands, on any Node from 18 and without any dependency: installs what package-lock.json
 * names when it is missing or stale, builds what changed, and hands over to the pinned Node. Says in one line each what
 * it does and why it failed. Everything it says goes to stderr, so that a command's own output stays clean.
 */
import { join } from "node:path";
import { installLocked, pinnedNode } from "./launch/install.mjs";
import { withLock } from "./launch/lock.mjs";
import { fail, root, run } from "./launch/run.mjs";

/**
 * What each command starts once dependencies are there: a script (run by the pinned Node) and what must be built for it.
 * `atCaller`: its words may hold paths, which are taken from the folder the person is in, not from the repository's.
 */
const commands = {
  start: { build: "all", script: "scripts/start.ts", atCaller: true },
  demo: { build: "programs", script: "dist/node/cli.js", first: ["demo"], atCaller: true },
  reelbench: { build: "programs", script: "dist/node/cli.js", atCaller: true },
  test: { build: "all", script: "scripts/test.ts" },
  screenshots: { build: "all", script: "e2e/screenshots/take.ts" },
  build: { build: "given" },
  check: { build: "kernels", script: "scripts/check.ts" },
  format: { build: "none", script: "scripts/format.ts" },
  package: { build: "all", script: "scripts/package.ts" },
};

async function main() {
  const [name, ...given] = process.argv.slice(2);
  const command = Object.hasOwn(commands, name ?? "") ? commands[name] : undefined;
  if (command === undefined)
    fail(`there is no command "${name ?? ""}"; there are ${Object.keys(commands).join(", ")}.`, 64);
  const [major] = process.versions.node.split(".").map(Number);
  if (major < 18)
    fail(`Node ${process.versions.node} is too old; 18 or newer is needed to begin (https://nodejs.org).`, 69);

  await withLock(join(root, ".cache", "launch.lock"), async () => {
    await installLocked();
    if (command.build === "none") return;
    const targets = command.build === "given" ? given : [command.build];
    const code = await run(pinnedNode(), ["scripts/build.ts", ...targets], { outputTo: "stderr" });
    if (code !== 0) fail("the build failed; its cause stands above.", code);
  });
  if (command.script === undefined) return;
  // npm changes to the repository's folder and keeps the caller's in INIT_CWD.
  const folder = command.atCaller === true ? process.env.INIT_CWD : undefined;
  process.exitCode = await run(pinnedNode(), [join(root, command.script), ...(command.first ?? []), ...given], {
    folder,
  });
}

await main();
