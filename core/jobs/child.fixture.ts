import type { EntryName } from "../runtime-paths.ts";
import type { ChildHandle, ProcessHost } from "./process-host.ts";

/** A child that does what the test says. */
export interface ScriptedChild extends ChildHandle {
  readonly entry: EntryName;
  readonly options: Parameters<ProcessHost["fork"]>[1];
  /** What it was sent, in order. */
  readonly received: unknown[];
  readonly killed: boolean;
  say(message: unknown): void;
  exit(code: number | null, reason: string): void;
}

/** A host whose children are scripted; a killed one exits with SIGKILL. */
export function scriptedHost(): ProcessHost & { readonly children: ScriptedChild[] } {
  const children: ScriptedChild[] = [];
  return {
    children,
    fork(entry, options) {
      const listeners: ((message: unknown) => void)[] = [];
      const exits: ((code: number | null, reason: string) => void)[] = [];
      let gone = false;
      const child = {
        pid: 1000 + children.length,
        entry,
        options,
        received: [] as unknown[],
        killed: false,
        send: (message: unknown) => void child.received.push(message),
        onMessage: (listener: (message: unknown) => void) => void listeners.push(listener),
        onExit: (listener: (code: number | null, reason: string) => void) => void exits.push(listener),
        say: (message: unknown) => {
          for (const listener of listeners) listener(message);
        },
        exit: (code: number | null, reason: string) => {
          if (gone) return;
          gone = true;
          for (const listener of exits) listener(code, reason);
        },
        kill: () => {
          child.killed = true;
          child.exit(null, "SIGKILL");
        },
      };
      children.push(child);
      return child;
    },
  };
}
