import type { Port } from "../contract/transport.ts";
import { ReelbenchError } from "../contract/errors.ts";
import { electronPort } from "../transport/message-port.ts";
import type { ElectronMessagePort } from "../transport/message-port.ts";

export interface HostLink {
  /** Whether the host is Electron's main process. */
  readonly electron: boolean;
  send(message: unknown): void;
}

interface ElectronParent {
  postMessage(message: unknown): void;
  on(
    event: "message",
    listener: (event: { readonly data: unknown; readonly ports: readonly ElectronMessagePort[] }) => void,
  ): void;
}

/**
 * The engine's end of the channel to whoever started it. Ports that come with a message are fronts to serve. Without
 * a host there is nothing to do: throws RB_INVALID_INPUT.
 */
export function connectHost(onMessage: (message: unknown) => void, onPort: (port: Port) => void): HostLink {
  const electron = (process as unknown as { parentPort?: ElectronParent | null }).parentPort;
  if (electron !== undefined && electron !== null) {
    electron.on("message", ({ data, ports }) => {
      for (const port of ports) onPort(electronPort(port));
      onMessage(data);
    });
    return { electron: true, send: (message) => electron.postMessage(message) };
  }
  if (process.send === undefined)
    throw new ReelbenchError(
      "RB_INVALID_INPUT",
      "The engine's process is started by the workbench, not by hand. Use `reelbench`.",
    );
  process.on("message", onMessage);
  process.once("disconnect", () => process.exit(1)); // The host is gone; what matters is on disk.
  return { electron: false, send: (message) => void process.send?.(message, undefined, undefined, () => undefined) };
}
