import type { MessagePort as NodeMessagePort } from "node:worker_threads";
import type { Port } from "../contract/transport.ts";

/** Electron's MessagePortMain, as far as it is used. Its messages come wrapped in an event. */
export interface ElectronMessagePort {
  postMessage(message: unknown): void;
  on(event: "message", listener: (event: { readonly data: unknown }) => void): unknown;
  on(event: "close", listener: () => void): unknown;
  start(): void;
  close(): void;
}

/** A channel to a renderer, inside an Electron utility process. */
export function electronPort(port: ElectronMessagePort): Port {
  return portOver(
    (message) => port.postMessage(message),
    (deliver) => {
      port.on("message", ({ data }) => deliver(data));
      port.start();
    },
    (closed) => void port.on("close", closed),
    () => port.close(),
  );
}

/** A channel between threads of one Node process. */
export function nodePort(port: NodeMessagePort): Port {
  return portOver(
    (message) => port.postMessage(message),
    (deliver) => void port.on("message", deliver), // Listening starts the port.
    (closed) => void port.on("close", closed),
    () => port.close(),
  );
}

function portOver(
  post: (message: unknown) => void,
  listen: (deliver: (message: unknown) => void) => void,
  onPortClose: (closed: () => void) => void,
  closePort: () => void,
): Port {
  const closeListeners: (() => void)[] = [];
  let open = true;
  const closed = () => {
    if (!open) return;
    open = false;
    for (const listener of closeListeners) listener();
  };
  onPortClose(closed);
  return {
    send(message) {
      if (open) post(message);
    },
    onMessage: (listener) =>
      listen((message) => {
        if (open) listener(message);
      }),
    onClose: (listener) => void closeListeners.push(listener),
    close() {
      closePort();
      closed();
    },
  };
}
