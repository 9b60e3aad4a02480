import { spawn } from "node:child_process";
import { constants } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's folder. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

/** @param {string} message */
export function say(message) {
  process.stderr.write(`reelbench: ${message}\n`);
}

/**
 * Ends the process with a cause.
 * @param {string} message
 * @param {number} [code]
 * @returns {never}
 */
export function fail(message, code = 1) {
  say(message);
  process.exit(code);
}

/** The environment of everything started from here: the pinned Node and the locked tools come first on the PATH. */
function childEnvironment() {
  const modules = join(root, "node_modules");
  const path = [join(modules, "node", "bin"), join(modules, ".bin"), process.env.PATH ?? ""].join(delimiter);
  return { ...process.env, PATH: path };
}

/**
 * Runs a program with this terminal and returns its exit code (128 + n when a signal ended it).
 * Ctrl-C and SIGTERM reach it too, and this process waits for its answer.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ outputTo?: "stdout" | "stderr", folder?: string }} [options] where its standard output goes, and the folder it
 *   runs in (left out: the repository's)
 * @returns {Promise<number>}
 */
export function run(program, args, options = {}) {
  return new Promise((resolve) => {
    const output = options.outputTo === "stderr" ? 2 : "inherit";
    const child = spawn(program, args, {
      cwd: options.folder ?? root,
      stdio: ["inherit", output, "inherit"],
      env: childEnvironment(),
    });
    // A terminal sends Ctrl-C to the whole group; the child has it already and decides.
    const onInterrupt = () => {
      if (!process.stdin.isTTY) child.kill("SIGINT");
    };
    const onTerminate = () => child.kill("SIGTERM");
    process.on("SIGINT", onInterrupt);
    process.on("SIGTERM", onTerminate);
    const finish = (code) => {
      process.off("SIGINT", onInterrupt);
      process.off("SIGTERM", onTerminate);
      resolve(code);
    };
    child.once("error", (error) => {
      say(`${program} could not be started: ${error.message}`);
      finish(127);
    });
    child.once("exit", (code, signal) => finish(code ?? 128 + (constants.signals[signal] ?? 0)));
  });
}

/**
 * Runs a program quietly. Its output comes back, to be shown if it failed.
 * @param {string} program
 * @param {readonly string[]} args
 * @returns {Promise<{ code: number, output: string }>}
 */
export function runQuietly(program, args) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32" && program === "npm",
    });
    let output = "";
    const keep = (chunk) => {
      output = (output + chunk).slice(-20_000);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.once("error", (error) => resolve({ code: 127, output: `${program}: ${error.message}` }));
    child.once("close", (code) => resolve({ code: code ?? 1, output }));
  });
}
