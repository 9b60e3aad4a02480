import type { EngineMessage, HostMessage } from "../contract/engine-host.ts";
import type { ChildHandle, ProcessHost } from "./process-host.ts";

type ChildRequest = Extract<EngineMessage, { readonly child: number }>;
type Entry = Extract<ChildRequest, { type: "fork" }>["entry"];

export interface LentProcesses {
  /** Does what the borrower asks for: starts, feeds or kills one of its children. */
  handle(request: ChildRequest): void;
  /** When the borrower is gone nobody can use them any more. */
  killAll(): void;
}

/**
 * The other end of `remoteProcessHost`: a child that may not start processes itself (inside Electron only the main process
 * may) borrows this process's host, for the entries named.
 */
export function lendProcesses(
  host: ProcessHost,
  entries: readonly Entry[],
  tell: (message: HostMessage) => void,
): LentProcesses {
  const children = new Map<number, ChildHandle>();
  return {
    handle(request) {
      if (request.type === "child-send") return children.get(request.child)?.send(request.message);
      if (request.type === "child-kill") return children.get(request.child)?.kill();
      const { child: number, entry, args, env } = request;
      if (children.has(number)) return;
      if (!entries.includes(entry)) {
        tell({ type: "child-exit", child: number, code: null, reason: `no "${entry}" is lent` });
        return;
      }
      const child = host.fork(entry, { args, env });
      children.set(number, child);
      child.onMessage((message) => tell({ type: "child-message", child: number, message }));
      child.onExit((code, reason) => {
        children.delete(number);
        tell({ type: "child-exit", child: number, code, reason });
      });
    },
    killAll() {
      for (const child of children.values()) child.kill();
      children.clear();
    },
  };
}
