import { contract } from "../../../core/contract/methods.ts";
import type { EngineEvent, MethodInput, MethodName, MethodReply } from "../../../core/contract/methods.ts";
import { ReelbenchError } from "../../../core/contract/errors.ts";
import { connect } from "../../../core/contract/transport.ts";
import type { Port, Transport } from "../../../core/contract/transport.ts";

export type ConnectionPhase =
  /** Before the first answer. */
  | "connecting"
  | "open"
  /** Was open, is being tried again. */
  | "reconnecting"
  /** Given up until a person asks. */
  | "gone";

/** A Transport that outlives its ports, and tells how it is. */
export interface Connection extends Transport {
  phase(): ConnectionPhase;
  onPhaseChange(listener: (phase: ConnectionPhase) => void): () => void;
  retryNow(): void;
}

export interface KeepConnectedOptions {
  /** Milliseconds before the first retry; doubles up to `longestDelay`. */
  readonly firstDelay?: number;
  readonly longestDelay?: number;
  /** Retries before it is called gone. */
  readonly attempts?: number;
}

/**
 * Opens a port and, whenever it closes, another one with growing pauses. Queries asked meanwhile wait for the next port;
 * commands and jobs are refused at once (RB_TRANSPORT_CLOSED), because nobody wants a click to take effect minutes later.
 */
export function keepConnected(openPort: () => Promise<Port>, options: KeepConnectedOptions = {}): Connection {
  const { firstDelay = 250, longestDelay = 5000, attempts = 30 } = options;
  const listeners = new Set<(event: EngineEvent) => void>();
  const phaseListeners = new Set<(phase: ConnectionPhase) => void>();
  const waiting = new Set<(transport: Transport | ReelbenchError) => void>();
  let current: Transport | undefined;
  let phase: ConnectionPhase = "connecting";
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let closed = false;

  const setPhase = (next: ConnectionPhase) => {
    if (phase === next) return;
    phase = next;
    for (const listener of phaseListeners) listener(next);
  };
  const release = (outcome: Transport | ReelbenchError) => {
    const released = [...waiting];
    waiting.clear();
    for (const settle of released) settle(outcome);
  };

  const adopt = (port: Port) => {
    if (closed) return port.close();
    const transport = connect(port);
    current = transport;
    failures = 0;
    transport.subscribe((event) => {
      for (const listener of listeners) listener(event);
    });
    port.onClose(() => {
      if (current !== transport) return;
      current = undefined;
      if (!closed) retryLater();
    });
    setPhase("open");
    release(transport);
  };
  const retryLater = () => {
    if (failures >= attempts) {
      setPhase("gone");
      release(new ReelbenchError("RB_TRANSPORT_CLOSED"));
      return;
    }
    if (phase !== "connecting" || failures > 2) setPhase("reconnecting");
    const delay = Math.min(longestDelay, firstDelay * 2 ** failures) * (0.75 + Math.random() / 2);
    failures += 1;
    timer = setTimeout(open, delay);
  };
  const open = () => {
    timer = undefined;
    openPort().then(adopt, () => {
      if (!closed) retryLater();
    });
  };
  open();

  const nextTransport = (signal: AbortSignal | undefined) =>
    new Promise<Transport>((resolve, reject) => {
      const settle = (outcome: Transport | ReelbenchError) => {
        signal?.removeEventListener("abort", abandon);
        if (outcome instanceof ReelbenchError) reject(outcome);
        else resolve(outcome);
      };
      const abandon = () => {
        waiting.delete(settle);
        reject(new ReelbenchError("RB_CANCELLED"));
      };
      signal?.addEventListener("abort", abandon, { once: true });
      waiting.add(settle);
    });

  return {
    async request<M extends MethodName>(
      method: M,
      input: MethodInput<M>,
      signal?: AbortSignal,
    ): Promise<MethodReply<M>> {
      if (current !== undefined) return current.request(method, input, signal);
      const mayWait = contract[method].kind === "query" && phase !== "gone";
      if (!mayWait || closed) throw new ReelbenchError("RB_TRANSPORT_CLOSED");
      const transport = await nextTransport(signal);
      return transport.request(method, input, signal);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      closed = true;
      if (timer !== undefined) clearTimeout(timer);
      current?.close();
      current = undefined;
      release(new ReelbenchError("RB_TRANSPORT_CLOSED"));
    },
    phase: () => phase,
    onPhaseChange(listener) {
      phaseListeners.add(listener);
      return () => phaseListeners.delete(listener);
    },
    retryNow() {
      if (current !== undefined || closed) return;
      if (timer !== undefined) clearTimeout(timer);
      failures = 0;
      setPhase("reconnecting");
      open();
    },
  };
}
