import { desktopBridge, openElectronPort } from "./electron.ts";
import { keepConnected } from "./keep-connected.ts";
import type { Connection } from "./keep-connected.ts";
import { engineUrl, openWebSocketPort } from "./web-socket.ts";

/** Chosen once, at start: the desktop's channel where there is a bridge, else a WebSocket to this page's own origin. */
export function openConnection(): Connection {
  const bridge = desktopBridge();
  if (bridge !== null) return keepConnected(() => openElectronPort(bridge));
  const url = engineUrl(window.location);
  return keepConnected(() => openWebSocketPort(url));
}
