import { enginePortMessage } from "../../../core/contract/bridge.ts";
import type { DesktopBridge } from "../../../core/contract/bridge.ts";
import { ReelbenchError } from "../../../core/contract/errors.ts";
import type { Port } from "../../../core/contract/transport.ts";

declare global {
  interface Window {
    /** Put there by the desktop's preload; absent in a browser. */
    readonly reelbench?: DesktopBridge;
  }
}

export function desktopBridge(): DesktopBridge | null {
  return window.reelbench ?? null;
}

const patience = 15_000;

/** Asks the preload for one end of a channel to the engine. Rejects with RB_TRANSPORT_CLOSED when none comes in 15 s. */
export function openElectronPort(bridge: DesktopBridge): Promise<Port> {
  return new Promise((resolve, reject) => {
    const stopWaiting = () => {
      clearTimeout(timer);
      window.removeEventListener("message", receive);
    };
    const receive = (event: MessageEvent<unknown>) => {
      const [channel] = event.ports;
      if (event.source !== window || event.data !== enginePortMessage || channel === undefined) return;
      stopWaiting();
      resolve(portOver(channel));
    };
    const timer = setTimeout(() => {
      stopWaiting();
      reject(new ReelbenchError("RB_TRANSPORT_CLOSED"));
    }, patience);
    window.addEventListener("message", receive);
    bridge.requestEnginePort();
  });
}

function portOver(channel: MessagePort): Port {
  const closeListeners: (() => void)[] = [];
  let open = true;
  const closed = () => {
    if (!open) return;
    open = false;
    for (const listener of closeListeners) listener();
  };
  // Chromium tells the remaining end when the other one is closed or its process dies.
  channel.addEventListener("close", closed);
  return {
    send: (message) => channel.postMessage(message),
    onMessage: (listener) => {
      channel.addEventListener("message", ({ data }: MessageEvent<unknown>) => listener(data));
      channel.start();
    },
    onClose: (listener) => closeListeners.push(listener),
    close: () => {
      channel.close();
      closed();
    },
  };
}
