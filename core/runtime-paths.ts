/**
 * Where the other files of this build are. The same code runs from source (Node 24 strips the types; tests, bench) and
 * built: `dist/node/*.js` (engine, trainer, CLI, web host, workers, all side by side) and `dist/server/*.js` (the
 * self-contained server).
 */
const built = import.meta.url.endsWith(".js");

const sourceEntries = {
  engine: "./engine-process.ts",
  trainer: "./training/trainer-process.ts",
  publisher: "./publish/publisher-process.ts",
  "compute-worker": "./compute/compute-worker.ts",
  "evaluation-worker": "./training/evaluation-worker.ts",
  "embedding-worker": "./embedding/embedding-worker.ts",
  "comparison-worker": "./engine/comparison-worker.ts",
  "split-worker": "./ratings/split-worker.ts",
  "order-worker": "./ratings/order-worker.ts",
  server: "../server/main.ts",
  // Threads of the server; built beside it, in its own folder.
  "server-loader": "../server/live-model/loader-worker.ts",
  "server-scorer": "../server/live-model/scorer-worker.ts",
  "server-passwords": "../server/accounts/password-worker.ts",
} as const;

export type EntryName = keyof typeof sourceEntries;
/** All of them, for the build. */
export const entryNames = Object.keys(sourceEntries) as EntryName[];

/** The file to start for a child process or worker thread. */
export function entryUrl(name: EntryName): URL {
  if (!built) return new URL(sourceEntries[name], import.meta.url);
  // The server has a folder of its own; seen from inside it, too.
  return new URL(name === "server" ? "../server/server.js" : `./${name}.js`, import.meta.url);
}

/** The folder with the numbered SQL files; the build copies it beside the code that runs them. */
export function migrationsUrl(kind: "workspace" | "production"): URL {
  return new URL(built ? `./migrations/${kind}/` : `../migrations/${kind}/`, import.meta.url);
}

/** The built renderer (index.html and assets), for the web host. */
export function rendererUrl(): URL {
  return new URL(built ? "../renderer/" : "../dist/renderer/", import.meta.url);
}
