import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { entryUrl } from "../runtime-paths.ts";
import type { EntryName } from "../runtime-paths.ts";

/**
 * Starts child processes. Under Node it forks; inside Electron, where the fuse that lets Electron run as Node is off, the
 * engine asks the main process for a utility process instead (`app/main`). Either way a child speaks by messages and
 * ends when its parent does.
 */
export interface ProcessHost {
  fork(
    entry: EntryName,
    options?: { readonly args?: readonly string[]; readonly env?: Readonly<Record<string, string>> },
  ): ChildHandle;
}

export interface ChildHandle {
  readonly pid: number | undefined;
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Called once, also when it could not be started. `reason`: "exit 1", "SIGKILL", … for people. */
  onExit(listener: (code: number | null, reason: string) => void): void;
  /** At once and without mercy: what must be kept is already on disk. */
  kill(): void;
}

export const nodeProcessHost: ProcessHost = {
  fork(entry, options = {}) {
    const child = fork(fileURLToPath(entryUrl(entry)), options.args ?? [], {
      env: { ...process.env, ...options.env },
      serialization: "advanced",
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    let exited: readonly [number | null, string] | undefined;
    const listeners: ((code: number | null, reason: string) => void)[] = [];
    const finish = (code: number | null, reason: string) => {
      if (exited !== undefined) return;
      exited = [code, reason];
      for (const listener of listeners) listener(code, reason);
    };
    child.once("exit", (code, signal) => finish(code, signal ?? `exit ${String(code)}`));
    child.once("error", (error) => finish(null, error.message));
    return {
      pid: child.pid,
      send: (message) => {
        // It may have died without anybody knowing yet; that is told by `exit`. Without a callback the broken pipe would be
        // an error event, and the second of those would end this process.
        if (child.connected) child.send(message as object, () => undefined);
      },
      onMessage: (listener) => void child.on("message", listener),
      onExit: (listener) => {
        if (exited === undefined) listeners.push(listener);
        else listener(...exited);
      },
      kill: () => void child.kill("SIGKILL"),
    };
  },
};
