import type { EngineMessage, HostMessage } from "../../../core/contract/engine-host.ts";
import type { ChildProcess, StartProgram } from "./engine-process.ts";

type ChildRequest = Extract<EngineMessage, { readonly child: number }>;

export interface EngineChildren {
  /** Does what the engine asks for: starts, feeds or kills one of its children. */
  handle(request: ChildRequest): void;
  /** When the engine is gone nobody can use them any more. */
  killAll(): void;
}

/**
 * The trainings and servers of one engine. Only Electron's main process may start utility processes, so the engine asks
 * for them and their messages pass through here, unread.
 */
export function engineChildren<Channel>(
  start: StartProgram<Channel>,
  tellEngine: (message: HostMessage) => void,
): EngineChildren {
  const children = new Map<number, ChildProcess<Channel>>();

  const fork = ({ child: number, entry, args, env }: Extract<ChildRequest, { type: "fork" }>) => {
    if (children.has(number)) return;
    const child = start(entry, { args, env });
    children.set(number, child);
    child.onSpawn((pid) => tellEngine({ type: "child-started", child: number, pid: pid ?? null }));
    child.onMessage((message) => tellEngine({ type: "child-message", child: number, message }));
    child.onExit((code, reason) => {
      children.delete(number);
      tellEngine({ type: "child-exit", child: number, code, reason });
    });
  };

  return {
    handle(request) {
      if (request.type === "fork") fork(request);
      else if (request.type === "child-send") children.get(request.child)?.send(request.message);
      else children.get(request.child)?.kill();
    },
    killAll() {
      for (const child of children.values()) child.kill();
      children.clear();
    },
  };
}
