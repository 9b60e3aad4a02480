import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fail, root, runQuietly, say } from "./run.mjs";

const modules = join(root, "node_modules");

/** The Node of package-lock.json; everything but the launcher runs on it. */
export function pinnedNode() {
  return join(modules, "node", "bin", process.platform === "win32" ? "node.exe" : "node");
}

/** Installs exactly what package-lock.json names, unless it is there already. */
export async function installLocked() {
  const reason = reasonToInstall();
  if (reason === null) return;
  say(`installing the locked dependencies, which takes a minute or two (${reason}).`);
  const npm = process.env.npm_execpath;
  // Not `npm ci`: it refuses a lock file that lacks the binaries of other systems, which npm leaves out where they could
  // not be looked up. `install --no-save` keeps to the locked versions, changes no file, and finds this system's own
  // (their parents name their exact version).
  // Warnings about engines concern the Node that starts this, not the pinned one that runs everything.
  const args = ["install", "--no-save", "--loglevel=error", "--no-audit", "--no-fund"];
  const { code, output } = npm?.endsWith(".js")
    ? await runQuietly(process.execPath, [npm, ...args])
    : await runQuietly("npm", args);
  if (code !== 0) {
    process.stderr.write(`${output.trim()}\n`);
    fail(`npm install failed (${code}): ${causeOf(output)}`, 69);
  }
  if (!existsSync(pinnedNode()))
    fail(`npm install left no Node at ${pinnedNode()}; were install scripts switched off (ignore-scripts)?`, 69);
}

/** In words, why an install is needed; null when node_modules holds what the lock file names. */
function reasonToInstall() {
  if (!existsSync(modules)) return "there are none yet";
  if (!existsSync(pinnedNode())) return "the pinned Node is missing";
  // npm's own record of what it put there; it is written last, so a killed install leaves none.
  const installed = readPackages(join(modules, ".package-lock.json"));
  if (installed === null) return "the last install did not finish";
  const wanted = readPackages(join(root, "package-lock.json"));
  if (wanted === null) fail("package-lock.json is missing or is not JSON.", 65);
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === "") continue;
    const present = installed[path];
    // Optional ones are for other systems; npm leaves them out.
    if (
      present === undefined ? entry.optional !== true && entry.devOptional !== true : present.version !== entry.version
    ) {
      return `${path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length)} is not at ${entry.version}`;
    }
  }
  return null;
}

/** @param {string} path */
function readPackages(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8")).packages ?? null;
  } catch {
    return null;
  }
}

/** @param {string} output npm's own, with its `npm error` lines */
function causeOf(output) {
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|network/i.test(output)) return "the npm registry cannot be reached.";
  if (/ENOSPC/.test(output)) return "the disk is full.";
  if (/EACCES|EPERM/.test(output)) return "node_modules or npm's cache cannot be written.";
  return "npm's own message stands above.";
}
