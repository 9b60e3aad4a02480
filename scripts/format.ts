/** Formats the tree, or the given paths: `npm run format [-- PATH…]`. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const tool = join(root, "node_modules/oxfmt/bin/oxfmt");
process.exitCode =
  spawnSync(process.execPath, [tool, ...process.argv.slice(2)], { cwd: root, stdio: "inherit" }).status ?? 1;
