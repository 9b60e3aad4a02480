import { createReadStream } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { extname, join, sep } from "node:path";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".map": "application/json; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".wasm": "application/wasm",
  ".txt": "text/plain; charset=utf-8",
};

export interface StaticFile {
  readonly path: string;
  readonly type: string;
  readonly bytes: number;
  /** Names with a content hash never change. */
  readonly immutable: boolean;
  open(): ReturnType<typeof createReadStream>;
}

/**
 * The file of a built front for a URL path. A path without an extension is a screen of the app and gets `index.html`.
 * Null: there is none, or the path leads outside the folder, by dots, encoding or a symbolic link.
 */
export async function findStaticFile(folder: string, urlPath: string): Promise<StaticFile | null> {
  const relative = decode(urlPath);
  if (relative === null || relative.includes("\0") || relative.includes("\\")) return null;
  const parts = relative.split("/").filter((part) => part !== "");
  if (parts.some((part) => part.startsWith("."))) return null;
  const name = parts.at(-1) ?? "";
  const asked = extname(name) === "" ? "index.html" : parts.join(sep);
  const root = await realpath(folder).catch(() => null);
  if (root === null) return null;
  const path = await realpath(join(root, asked)).catch(() => null);
  if (path === null || !path.startsWith(root + sep)) return null;
  const found = await stat(path);
  if (!found.isFile()) return null;
  return {
    path,
    type: types[extname(path).toLowerCase()] ?? "application/octet-stream",
    bytes: found.size,
    immutable: parts[0] === "assets",
    open: () => createReadStream(path),
  };
}

function decode(urlPath: string): string | null {
  try {
    return decodeURIComponent(urlPath);
  } catch {
    return null;
  }
}
