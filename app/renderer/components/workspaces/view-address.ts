import { viewLink } from "../../../../core/contract/view-link.ts";
import { knownView, viewOfAddress } from "../../../../core/contract/views.ts";
import { desktopBridge } from "../../transport/electron.ts";

/** The view that is shown now. */
export function currentView(): string {
  return viewOfAddress(window.location.href);
}

/** A link to the view that is shown: the desktop's own, or this page's address (which holds no key: that is a cookie). */
export function linkToView(workspaceId: string | null): string {
  if (desktopBridge() !== null) return viewLink({ workspaceId, view: currentView() });
  return window.location.href;
}

const keyOf = (workspaceId: string) => `reelbench.last-view.${workspaceId}`;

/** Whether this window has shown anything but home. */
let wentSomewhere = false;

/** In a browser: what was shown last in a workspace, for the next visit. Home is no view to go back to. */
export function keepLastView(workspaceId: string, address: string): void {
  const view = knownView(address);
  if (view === null || view === "/") return;
  wentSomewhere = true;
  try {
    localStorage.setItem(keyOf(workspaceId), view);
  } catch {
    // Storage is full or forbidden: next time begins at home.
  }
}

/** What was shown last time, for who has only just arrived; null once they went anywhere. */
export function lastView(workspaceId: string): string | null {
  if (wentSomewhere) return null;
  try {
    return knownView(localStorage.getItem(keyOf(workspaceId)) ?? "");
  } catch {
    return null;
  }
}
