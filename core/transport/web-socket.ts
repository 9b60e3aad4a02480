import { WebSocket } from "ws";
import type { RawData } from "ws";
import { ReelbenchError } from "../contract/errors.ts";
import { connect } from "../contract/transport.ts";
import type { Port, Transport } from "../contract/transport.ts";

/** Largest message either side takes: a page of a thousand rows is far below, a flood far above. */
export const maximumMessageBytes = 64 * 1024 * 1024;
/** A front that reads nothing may leave this much unread before it is let go. */
const maximumUnreadBytes = 4 * maximumMessageBytes;

/** Either end of a WebSocket as a Port: one JSON text a message. What is not JSON is not delivered. */
export function webSocketPort(socket: WebSocket): Port {
  const early: string[] = [];
  socket.on("error", () => socket.terminate()); // `close` follows and tells the listeners.
  if (socket.readyState === WebSocket.CONNECTING) {
    socket.once("open", () => {
      for (const text of early.splice(0)) socket.send(text);
    });
  }
  return {
    send(message) {
      const text = JSON.stringify(message);
      if (socket.readyState === WebSocket.CONNECTING) early.push(text);
      else if (socket.bufferedAmount > maximumUnreadBytes) socket.terminate();
      else if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    onMessage(listener) {
      socket.on("message", (data, isBinary) => {
        const message = isBinary ? undefined : parseText(data);
        if (message !== undefined) listener(message);
      });
    },
    onClose: (listener) => void socket.once("close", listener),
    close: () => socket.close(),
  };
}

function parseText(data: RawData): unknown {
  try {
    return JSON.parse(
      Buffer.isBuffer(data) ? data.toString("utf8") : Buffer.from(data as ArrayBuffer).toString("utf8"),
    ) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * A front in Node, over the loopback endpoint of a running engine. Throws RB_TRANSPORT_CLOSED where nobody answers and
 * RB_UNAUTHENTICATED where the token is not the engine's.
 */
export function connectWebSocket(address: { readonly port: number; readonly token: string }): Promise<Transport> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${address.port}/engine`, {
      headers: { authorization: `Bearer ${address.token}` },
      maxPayload: maximumMessageBytes,
      handshakeTimeout: 5000,
      perMessageDeflate: false,
    });
    socket.once("open", () => resolve(connect(webSocketPort(socket))));
    socket.once("unexpected-response", (_request, response) => {
      socket.terminate();
      reject(new ReelbenchError("RB_UNAUTHENTICATED", `The engine answered ${String(response.statusCode)}.`));
    });
    socket.once("error", (error) =>
      reject(new ReelbenchError("RB_TRANSPORT_CLOSED", `No engine listens on port ${address.port}.`, { cause: error })),
    );
  });
}
