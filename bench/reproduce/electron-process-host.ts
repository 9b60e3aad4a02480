import { fork } from "node:child_process";
import { join } from "node:path";
import type { ProcessHost } from "../../core/jobs/process-host.ts";

/** Starts built programs in an Electron that runs as Node (its engine, without windows). JSON travels between any two versions of V8. */
export function electronProcessHost(executable: string, programs: string): ProcessHost {
  return {
    fork(entry, options = {}) {
      const child = fork(join(programs, `${entry}.js`), options.args ?? [], {
        execPath: executable,
        execArgv: [],
        env: { ...process.env, ...options.env, ELECTRON_RUN_AS_NODE: "1" },
        stdio: ["ignore", "ignore", "inherit", "ipc"],
      });
      return {
        pid: child.pid,
        send: (message) => {
          if (child.connected) child.send(message as object, () => undefined);
        },
        onMessage: (listener) => void child.on("message", listener),
        onExit: (listener) => {
          child.once("exit", (code, signal) => listener(code, signal ?? `exit ${String(code)}`));
          child.once("error", (error) => listener(null, error.message));
        },
        kill: () => void child.kill("SIGKILL"),
      };
    },
  };
}
