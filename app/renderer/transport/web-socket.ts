import { ReelbenchError } from "../../../core/contract/errors.ts";
import type { Port } from "../../../core/contract/transport.ts";

/** Where the web host that served this page listens for the engine's channel. */
export function engineUrl(location: { readonly protocol: string; readonly host: string }): string {
  return `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}/engine`;
}

/** Resolves once the socket is open; rejects with RB_TRANSPORT_CLOSED when it cannot be. */
export function openWebSocketPort(url: string): Promise<Port> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    const refused = () => reject(new ReelbenchError("RB_TRANSPORT_CLOSED"));
    socket.addEventListener("close", refused, { once: true });
    socket.addEventListener("open", () => {
      socket.removeEventListener("close", refused);
      resolve(portOver(socket));
    });
  });
}

function portOver(socket: WebSocket): Port {
  return {
    send: (message) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
    },
    onMessage: (listener) => {
      socket.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
        const message = typeof data === "string" ? parseJson(data) : undefined;
        if (message !== undefined) listener(message);
      });
    },
    onClose: (listener) => socket.addEventListener("close", listener, { once: true }),
    close: () => socket.close(),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // Not from our engine; `connect` ignores what it cannot read, and so do we.
  }
}
