import type { Session, WebContents } from "electron";
import { shell } from "electron";
import { decideNavigation, decideWindowOpen, isDownloadAllowed, isRequestAllowed } from "./policies/navigation.ts";
import { isPermissionGranted } from "./policies/permission.ts";

type Log = (message: string) => void;

/** Wires the policies into a session: what may be loaded, which capabilities are given, what may be downloaded. */
export function guardSession(session: Session, developerTools: boolean, log: Log): void {
  session.setPermissionRequestHandler((contents, permission, answer, details) => {
    const granted = isPermissionGranted({
      permission,
      url: details.requestingUrl,
      isMainFrame: details.isMainFrame && contents.getURL() === details.requestingUrl,
    });
    if (!granted) log(`denied the permission "${permission}" to ${details.requestingUrl}`);
    answer(granted);
  });
  session.setPermissionCheckHandler((contents, permission, _origin, details) =>
    isPermissionGranted({ permission, url: contents?.getURL() ?? "", isMainFrame: details.isMainFrame }),
  );
  session.setDevicePermissionHandler(() => false);
  session.setBluetoothPairingHandler((_details, answer) => answer({ confirmed: false }));
  session.setSpellCheckerEnabled(false);
  session.webRequest.onBeforeRequest((details, answer) => {
    const allowed = isRequestAllowed(details.url) || (developerTools && details.url.startsWith("devtools://"));
    if (!allowed) log(`refused to load ${details.url}`);
    answer({ cancel: !allowed });
  });
  session.on("will-download", (event, item) => {
    if (isDownloadAllowed(item.getURL())) return;
    log(`refused to download ${item.getURL()}`);
    event.preventDefault();
  });
}

/** Wires the policies into a page: where it may go, what it may open. Applied to every page there ever is. */
export function guardContents(contents: WebContents, log: Log): void {
  const handOut = (url: string) => {
    shell.openExternal(url).catch((error: unknown) => log(`${url} could not be opened: ${String(error)}`));
  };
  const guard = (event: { preventDefault(): void; readonly url: string; readonly isMainFrame: boolean }) => {
    const decision = decideNavigation(event);
    if (decision.kind === "stay") return;
    event.preventDefault();
    if (decision.kind === "hand-out") handOut(decision.url);
    else log(`refused to go to ${event.url}`);
  };
  contents.on("will-navigate", guard);
  contents.on("will-redirect", guard);
  contents.on("will-frame-navigate", (event) => {
    // The main frame's are `will-navigate`'s; handing out twice would open two tabs.
    if (!event.isMainFrame) guard(event);
  });
  contents.on("will-attach-webview", (event) => {
    log("refused a <webview>");
    event.preventDefault();
  });
  contents.setWindowOpenHandler(({ url }) => {
    const decision = decideWindowOpen(url);
    if (decision.kind === "hand-out") handOut(decision.url);
    else log(`refused to open ${url}`);
    return { action: "deny" };
  });
}
