import type { EngineMessage, HostMessage } from "../contract/engine-host.ts";
import { ReelbenchError } from "../contract/errors.ts";
import type { ChildHandle, ProcessHost } from "./process-host.ts";

interface Child {
  pid: number | undefined;
  readonly messageListeners: ((message: unknown) => void)[];
  readonly exitListeners: ((code: number | null, reason: string) => void)[];
  exited: readonly [number | null, string] | undefined;
}

export interface RemoteProcessHost extends ProcessHost {
  /** Give it every `child-…` message that arrives from the host. */
  receive(message: HostMessage): void;
}

/**
 * A ProcessHost whose children are started by the process at the other end of `send` (schemas: `contract/engine-host.ts`).
 * A child's number is given out here, so that messages may be sent to it before it has started.
 */
export function remoteProcessHost(send: (message: EngineMessage) => void): RemoteProcessHost {
  const children = new Map<number, Child>();
  let next = 1;
  return {
    fork(entry, options = {}): ChildHandle {
      if (entry !== "trainer" && entry !== "publisher" && entry !== "server") {
        throw new ReelbenchError("RB_INTERNAL", `The host does not start "${entry}" processes.`);
      }
      const number = next++;
      const child: Child = { pid: undefined, messageListeners: [], exitListeners: [], exited: undefined };
      children.set(number, child);
      send({ type: "fork", child: number, entry, args: [...(options.args ?? [])], env: { ...options.env } });
      return {
        get pid() {
          return child.pid;
        },
        send: (message) => {
          if (child.exited === undefined) send({ type: "child-send", child: number, message });
        },
        onMessage: (listener) => void child.messageListeners.push(listener),
        onExit: (listener) => {
          if (child.exited === undefined) child.exitListeners.push(listener);
          else listener(...child.exited);
        },
        kill: () => {
          if (child.exited === undefined) send({ type: "child-kill", child: number });
        },
      };
    },
    receive(message) {
      if (message.type !== "child-started" && message.type !== "child-message" && message.type !== "child-exit") return;
      const child = children.get(message.child);
      if (child === undefined) return;
      if (message.type === "child-started") child.pid = message.pid ?? undefined;
      else if (message.type === "child-message")
        for (const listener of child.messageListeners) listener(message.message);
      else {
        children.delete(message.child);
        child.exited = [message.code, message.reason];
        for (const listener of child.exitListeners) listener(message.code, message.reason);
      }
    },
  };
}
