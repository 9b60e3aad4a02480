/** Runs the tests: `npm test`, or `npm test -- core/ratings --project unit` (arguments are vitest's). */
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { downloadElectron, findElectron, hasDisplay } from "./desktop/electron.ts";
import { say } from "./say.ts";
import { findChromium } from "./test/chromium.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

const chromium = findChromium(say);
const screen = screenFor(desktop());
const [program, ...args] = [
  ...screen,
  process.execPath,
  join(root, "node_modules/vitest/vitest.mjs"),
  "run",
  ...process.argv.slice(2),
];
const child = spawn(program ?? process.execPath, args, {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, ...(chromium === null ? {} : { REELBENCH_CHROMIUM: chromium }) },
});
child.once("exit", (code) => {
  process.exitCode = code ?? 1;
});

/** Whether the desktop journeys have an Electron; says so aloud when they have none. */
function desktop(): boolean {
  let electron = findElectron(root);
  if (electron.path === null && process.env.ELECTRON_OVERRIDE_DIST_PATH === undefined)
    electron = downloadElectron(root);
  if (electron.path === null) say(`NO ELECTRON: the desktop journeys will be skipped (${electron.reason}).`);
  return electron.path !== null;
}

/** What to start the tests under, so that Electron has a display. */
function screenFor(electron: boolean): readonly string[] {
  if (!electron || hasDisplay()) return [];
  if (spawnSync("xvfb-run", ["--help"]).status === 0) return ["xvfb-run", "-a"];
  say("NO DISPLAY: the desktop journeys will be skipped. Install xvfb, or give a display.");
  return [];
}
