import type { Port } from "./transport.ts";

/** Two ends of one channel inside a process. Messages are cloned, as any real border would, and arrive asynchronously. */
export function memoryPorts(): readonly [Port, Port] {
  const left = side();
  const right = side();
  left.peer = right;
  right.peer = left;
  return [left.port, right.port];
}

interface Side {
  peer: Side | undefined;
  readonly deliver: (message: unknown) => void;
  readonly closed: () => void;
  readonly port: Port;
}

function side(): Side {
  const listeners: ((message: unknown) => void)[] = [];
  const closeListeners: (() => void)[] = [];
  const early: unknown[] = [];
  let open = true;
  const self: Side = {
    peer: undefined,
    deliver: (message) => {
      if (!open) return;
      if (listeners.length === 0) early.push(message);
      for (const listener of listeners) listener(message);
    },
    closed: () => {
      if (!open) return;
      open = false;
      for (const listener of closeListeners) listener();
    },
    port: {
      send: (message) => {
        if (!open) return;
        const copy: unknown = structuredClone(message);
        queueMicrotask(() => self.peer?.deliver(copy));
      },
      onMessage: (listener) => {
        listeners.push(listener);
        for (const message of early.splice(0)) listener(message);
      },
      onClose: (listener) => closeListeners.push(listener),
      close: () => {
        self.closed();
        self.peer?.closed();
      },
    },
  };
  return self;
}
