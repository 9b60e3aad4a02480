import type { DesktopBridge } from "../../../../core/contract/bridge.ts";

/** What of a drop matters here. */
export interface Drop {
  readonly files: ArrayLike<unknown>;
  getData(type: string): string;
}

/**
 * The paths a drop names. The desktop knows where dropped files lie; a browser does not tell, unless the sender names them
 * itself: as `file://` addresses or as absolute paths in text. Without repetitions, in the order of the drop.
 */
export function droppedPaths(drop: Drop, bridge: Pick<DesktopBridge, "pathOfFile"> | null): readonly string[] {
  const files = bridge === null ? [] : Array.from(drop.files, (file) => bridge.pathOfFile(file) ?? "");
  const named = [...drop.getData("text/uri-list").split(/\r?\n/), ...drop.getData("text/plain").split(/\r?\n/)];
  return [...new Set([...files, ...named.map((line) => pathIn(line.trim()) ?? "")])].filter((path) => path !== "");
}

/** Whether a drag carries what could be a file, as far as it can be seen before the drop. */
export function mayHoldFiles(types: readonly string[]): boolean {
  return types.includes("Files") || types.includes("text/uri-list");
}

function pathIn(line: string): string | null {
  if (line.startsWith("file://")) return pathOf(line);
  return /^(\/|[A-Za-z]:[\\/])/.test(line) ? line : null;
}

function pathOf(address: string): string | null {
  try {
    const path = decodeURIComponent(new URL(address).pathname);
    return /^\/[A-Za-z]:/.test(path) ? path.slice(1) : path;
  } catch {
    return null;
  }
}
