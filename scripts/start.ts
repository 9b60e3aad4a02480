/**
 * Opens the workbench: `npm start [-- --web] [--workspace DIR]`. In Electron where it can be had and a display exists,
 * otherwise the same interface in a browser, served on loopback behind a one-time token.
 */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { downloadElectron, findElectron, hasDisplay, sandboxArguments } from "./desktop/electron.ts";
import { say } from "./say.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

interface Start {
  readonly program: string;
  readonly args: readonly string[];
  readonly says: string;
}

function chooseStart(given: readonly string[]): Start {
  const rest = given.filter((word) => word !== "--web");
  if (rest.length < given.length) return inBrowser(rest, "as asked");
  if (!hasDisplay()) return inBrowser(rest, "there is no display for a window");
  let electron = findElectron(root);
  if (electron.path === null && process.env.ELECTRON_OVERRIDE_DIST_PATH === undefined) {
    say("fetching Electron, once (about 100 MB).");
    electron = downloadElectron(root);
  }
  if (electron.path === null) return inBrowser(rest, `Electron is not to be had: ${electron.reason}`);
  return {
    program: electron.path,
    args: [...sandboxArguments(), root, ...withWorkspace(rest)],
    says: `opening the desktop workbench (${electron.path}).`,
  };
}

/** The app's own default is for people who installed it; from here it opens the same workspace as the command line. */
function withWorkspace(words: readonly string[]): readonly string[] {
  if (words.some((word) => word === "--workspace" || word.startsWith("--workspace="))) return words;
  return [...words, `--workspace=${resolve(process.env.REELBENCH_WORKSPACE ?? "reelbench-workspace")}`];
}

function inBrowser(rest: readonly string[], reason: string): Start {
  return {
    program: process.execPath,
    args: [join(root, "dist/node/cli.js"), "web", ...rest],
    says: `serving the workbench to a browser on this machine: ${reason}.`,
  };
}

const { program, args, says } = chooseStart(process.argv.slice(2));
say(says);
const child = spawn(program, args, { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  // The terminal gives Ctrl-C to the whole group; this process only waits for the other's answer.
  process.on(signal, () => {
    if (signal === "SIGTERM" || !process.stdin.isTTY) child.kill(signal);
  });
}
child.once("error", (error) => {
  say(`${program} could not be started: ${error.message}`);
  process.exitCode = 127;
});
child.once("exit", (code, signal) => {
  process.exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
});
