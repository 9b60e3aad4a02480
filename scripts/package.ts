/**
 * Packages the desktop app as a folder: `npm run package [-- --test]`. `--test` leaves the inspect fuse on, because a
 * browser driver cannot reach the app without it; such a package goes to release/test and is not for people. With
 * ELECTRON_OVERRIDE_DIST_PATH that Electron is packaged instead of the pinned one.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { packagedExecutable } from "./desktop/packaged.ts";
import { readFuses } from "./desktop/fuses.ts";
import { say } from "./say.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const forTests = process.argv.includes("--test");
const output = join("release", forTests ? "test" : "app");
const electron = process.env.ELECTRON_OVERRIDE_DIST_PATH;

const options = [
  "--dir",
  "--publish=never",
  `-c.directories.output=${output}`,
  ...(forTests ? ["-c.electronFuses.enableNodeCliInspectArguments=true"] : []),
  ...(electron === undefined || electron === "" ? [] : [`-c.electronDist=${electron}`]),
];
rmSync(join(root, output), { recursive: true, force: true });
const { status } = spawnSync(process.execPath, [join(root, "node_modules/electron-builder/cli.js"), ...options], {
  cwd: root,
  stdio: "inherit",
});
if (status !== 0) {
  say(`electron-builder failed (${String(status)}); its message stands above.`);
  process.exit(1);
}
const executable = packagedExecutable(join(root, output));
if (executable === null || !existsSync(executable)) {
  say(`electron-builder left no app in ${output} (${readdirSync(join(root, output)).join(", ")}).`);
  process.exit(1);
}
say(`packaged ${executable}`);
for (const [fuse, state] of Object.entries(await readFuses(executable)))
  process.stdout.write(`${state.padEnd(8)} ${fuse}\n`);
