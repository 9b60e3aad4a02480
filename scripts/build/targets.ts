import { spawn } from "node:child_process";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { entryNames, entryUrl } from "../../core/runtime-paths.ts";
import type { EntryName } from "../../core/runtime-paths.ts";
import { version } from "../../core/version.ts";
import { buildMain, buildPrograms, buildRenderer, externalPackages } from "./vite.ts";

export interface BuildTarget {
  readonly name: string;
  /** Files and folders, from the root, that decide the result. */
  readonly inputs: readonly string[];
  /** What else decides it: the environment. */
  readonly variant?: string;
  /** File or folder, from the root. */
  readonly output: string;
  run(root: string, output: string): Promise<void>;
}

const toolchain = ["package-lock.json", "scripts/build"];
const folder = fileURLToPath(new URL("../..", import.meta.url));
const sources = (names: readonly EntryName[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, relative(folder, fileURLToPath(entryUrl(name)))]));

/** What runs as a process or thread of its own; the server's live in the server's folder, which stands alone. */
const isServers = (name: EntryName): boolean => name === "server" || name.startsWith("server-");
const programs = { cli: "cli/main.ts", ...sources(entryNames.filter((name) => !isServers(name))) };
const serverPrograms = sources(entryNames.filter((name) => isServers(name) || name === "compute-worker"));

/** In the order in which they depend on each other. */
export const buildTargets: readonly BuildTarget[] = [
  {
    name: "kernels",
    inputs: ["package-lock.json", "core/compute/assembly", "scripts/build-kernels.ts"],
    variant: process.env["REELBENCH_RELAXED_SIMD"] === "1" ? "relaxed-simd" : "",
    output: "core/compute/kernels.generated.ts",
    run: (root) => runScript(root, "scripts/build-kernels.ts"),
  },
  {
    name: "renderer",
    inputs: [...toolchain, "app/renderer", "core/contract"],
    output: "dist/renderer",
    run: buildRenderer,
  },
  {
    name: "main",
    inputs: [...toolchain, "app/main", "core/contract", "core/runtime-paths.ts"],
    output: "dist/main",
    run: buildMain,
  },
  {
    name: "node",
    inputs: [...toolchain, "package.json", "core", "cli", "migrations"],
    output: "dist/node",
    run: (root, output) =>
      buildPrograms(root, output, programs, {
        target: "node20",
        external: externalPackages,
        migrations: ["workspace", "production"],
        manifest: { type: "module", private: true },
      }),
  },
  {
    name: "server",
    inputs: [...toolchain, "package.json", "core", "server", "migrations/production"],
    output: "dist/server",
    run: (root, output) =>
      buildPrograms(root, output, serverPrograms, {
        target: "node22",
        external: [],
        migrations: ["production"],
        manifest: {
          name: "reelbench-server",
          version,
          license: "MIT",
          private: true,
          type: "module",
          bin: "server.js",
          engines: { node: ">=22" },
        },
      }),
  },
];

/** What the launcher asks for by one word. */
export const buildGroups: Readonly<Record<string, readonly string[]>> = {
  all: ["kernels", "renderer", "main", "node", "server"],
  programs: ["kernels", "renderer", "node", "server"],
  kernels: ["kernels"],
};

function runScript(root: string, script: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script], { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
    child.once("error", reject);
    child.once("exit", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${script} ended with exit code ${String(code)}.`));
    });
  });
}
