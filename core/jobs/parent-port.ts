/** The child's end of a ProcessHost: Node's IPC channel or Electron's `process.parentPort`, whichever there is. */
export interface ParentPort {
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
}

interface ElectronParentPort {
  postMessage(message: unknown): void;
  on(event: "message", listener: (event: { readonly data: unknown }) => void): void;
}

/** Null when this process was started by hand. The child ends itself when its parent is gone. */
export function parentPort(): ParentPort | null {
  const electron = (process as unknown as { parentPort?: ElectronParentPort }).parentPort;
  if (electron !== undefined && electron !== null) {
    return {
      send: (message) => electron.postMessage(message),
      onMessage: (listener) => electron.on("message", (event) => listener(event.data)),
    };
  }
  if (process.send === undefined) return null;
  process.once("disconnect", () => process.exit(1));
  return {
    // A parent that has just died is no error here: `disconnect` follows.
    send: (message) => void process.send?.(message, undefined, undefined, () => undefined),
    onMessage: (listener) => void process.on("message", listener),
  };
}
