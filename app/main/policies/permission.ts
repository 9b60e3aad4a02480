import { isAppUrl } from "../app-origin.ts";

/** Copying tables and figures. Reading the clipboard, devices, notifications, location and all the rest stay closed. */
const granted: ReadonlySet<string> = new Set(["clipboard-sanitized-write"]);

/** Whether a page may use a browser capability. Anything that is not named here, and anyone who is not us, is denied. */
export function isPermissionGranted(request: {
  readonly permission: string;
  /** Address of the page that asks. */
  readonly url: string;
  readonly isMainFrame: boolean;
}): boolean {
  return granted.has(request.permission) && request.isMainFrame && isAppUrl(request.url);
}
