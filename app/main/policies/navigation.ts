import { isAppUrl } from "../app-origin.ts";
import { externalUrl } from "./external-url.ts";

export type NavigationDecision =
  /** It is a page of ours. */
  | { readonly kind: "stay" }
  /** The system may open it; the window does not move. */
  | { readonly kind: "hand-out"; readonly url: string }
  | { readonly kind: "deny" };

/**
 * What becomes of a navigation or redirect of a window. Frames inside a page go nowhere: the interface has none.
 */
export function decideNavigation(request: { readonly url: string; readonly isMainFrame: boolean }): NavigationDecision {
  if (!request.isMainFrame) return { kind: "deny" };
  if (isAppUrl(request.url)) return { kind: "stay" };
  const url = externalUrl(request.url);
  return url === null ? { kind: "deny" } : { kind: "hand-out", url };
}

/** What becomes of `window.open` and links with a target: never a window of ours. */
export function decideWindowOpen(url: string): Exclude<NavigationDecision, { kind: "stay" }> {
  const outside = externalUrl(url);
  return outside === null ? { kind: "deny" } : { kind: "hand-out", url: outside };
}

/** Whether the interface may load this at all: its own files, and what it made itself in memory. */
export function isRequestAllowed(url: string): boolean {
  return isAppUrl(url) || url.startsWith("data:image/") || url.startsWith("blob:app://reelbench/");
}

/** Whether a download may start: only files that the interface made itself (exports of tables and charts). */
export function isDownloadAllowed(url: string): boolean {
  return url.startsWith("blob:app://reelbench/") && !/[\\\s\p{Cc}]/u.test(url);
}
