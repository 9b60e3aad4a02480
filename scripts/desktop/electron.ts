import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

export type FoundElectron = { readonly path: string } | { readonly path: null; readonly reason: string };

/**
 * Electron's executable: of the distribution given by ELECTRON_OVERRIDE_DIST_PATH, or of the locked `electron` package when
 * its binary is there (that package fetches it at first use, not at install).
 */
export function findElectron(root: string): FoundElectron {
  const given = process.env.ELECTRON_OVERRIDE_DIST_PATH;
  if (given !== undefined && given !== "") {
    const path = join(given, executableName());
    return existsSync(path)
      ? { path }
      : { path: null, reason: `ELECTRON_OVERRIDE_DIST_PATH holds no ${executableName()}` };
  }
  const distribution = join(root, "node_modules/electron/dist");
  const path = join(distribution, executableName());
  const wanted = packageVersion(root);
  if (existsSync(path) && installedVersion(distribution) === wanted) return { path };
  return { path: null, reason: `Electron ${wanted} has not been downloaded; \`npm start\` does so where it can` };
}

/** Lets the locked `electron` package download its binary. Slow the first time; returns why not when it cannot. */
export function downloadElectron(root: string): FoundElectron {
  const result = spawnSync(process.execPath, [join(root, "node_modules/electron/install.js")], {
    encoding: "utf8",
    timeout: 600_000,
  });
  if (result.status === 0) return findElectron(root);
  const message = /^\w*Error:.*$/m.exec(result.stderr)?.[0] ?? "the download did not finish";
  return { path: null, reason: `it could not be downloaded: ${message}` };
}

/** Whether a window can be shown. */
export function hasDisplay(): boolean {
  if (process.platform !== "linux") return true;
  return Boolean(process.env.DISPLAY) || Boolean(process.env.WAYLAND_DISPLAY);
}

/** Chromium's sandbox refuses to run as root; an ordinary user keeps it. */
export function sandboxArguments(): readonly string[] {
  return process.getuid?.() === 0 ? ["--no-sandbox"] : [];
}

function executableName(): string {
  if (process.platform === "darwin") return "Electron.app/Contents/MacOS/Electron";
  return process.platform === "win32" ? "electron.exe" : "electron";
}

function packageVersion(root: string): string {
  const manifest: unknown = JSON.parse(readFileSync(join(root, "node_modules/electron/package.json"), "utf8"));
  const version = typeof manifest === "object" && manifest !== null && "version" in manifest ? manifest.version : null;
  return typeof version === "string" ? version : "unknown";
}

function installedVersion(distribution: string): string | null {
  try {
    return readFileSync(join(distribution, "version"), "utf8").trim().replace(/^v/, "");
  } catch {
    return null;
  }
}
