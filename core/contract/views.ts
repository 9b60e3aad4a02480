/**
 * The places of the interface that a link may lead to, as the router writes them. Who restores a window or follows a link
 * from outside asks here first; a test holds this list and the router's together.
 */
export const viewPaths = [
  "/",
  "/data",
  "/data/import",
  "/data/new-snapshot",
  "/data/snapshots/$snapshotId",
  "/train",
  "/train/searches/$searchId",
  "/compare",
  "/recommendations",
  "/recommendations/map",
  "/models",
  "/models/compare",
  "/models/$modelId",
  "/publish",
  "/settings",
  "/help",
] as const;

/** Comparisons of fifty runs with their filters stay far below. */
const longest = 8192;

/**
 * The view that this text names (`/compare?run=…`: what stands after the # of an address), or null when it names none of
 * ours. Only the path is judged: each view drops what it does not understand of the rest.
 */
export function knownView(text: string): string | null {
  if (text.length > longest || /[\\\s\p{Cc}]/u.test(text)) return null;
  const segments = text.replace(/[?#].*$/s, "").split("/");
  const known = viewPaths.some((path) => {
    const pattern = path.split("/");
    return (
      pattern.length === segments.length &&
      pattern.every((part, index) => {
        const segment = segments[index] ?? "";
        return part.startsWith("$") ? /^[\w.~-]{1,200}$/.test(segment) && !/^\.+$/.test(segment) : part === segment;
      })
    );
  });
  return known ? text : null;
}

/** The view that an address of the interface shows; home where it says none or one that is not known. */
export function viewOfAddress(address: string): string {
  const hash = address.indexOf("#");
  return (hash === -1 ? null : knownView(address.slice(hash + 1))) ?? "/";
}
