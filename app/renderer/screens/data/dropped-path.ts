/**
 * The path a drop names, where the sender tells it: `file://` addresses and absolute paths as text. A browser does not
 * tell where a dropped *file* lies, so there is nothing to be had from those.
 */
export function droppedPath(data: { getData(type: string): string }): string | null {
  const candidates = [...data.getData("text/uri-list").split(/\r?\n/), ...data.getData("text/plain").split(/\r?\n/)];
  for (const candidate of candidates.map((line) => line.trim())) {
    if (candidate.startsWith("file://")) return pathOf(candidate);
    if (/^(\/|[A-Za-z]:[\\/])/.test(candidate)) return candidate;
  }
  return null;
}

function pathOf(address: string): string | null {
  try {
    const path = decodeURIComponent(new URL(address).pathname);
    return /^\/[A-Za-z]:/.test(path) ? path.slice(1) : path;
  } catch {
    return null;
  }
}
