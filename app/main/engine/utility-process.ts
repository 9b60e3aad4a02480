import { utilityProcess } from "electron";
import type { MessagePortMain } from "electron";
import type { ChildProcess, StartProgram } from "./engine-process.ts";
import type { ProgramFiles } from "./program-files.ts";

/** Starts the built programs as Electron utility processes: plain Node, no window, gone when the app is. */
export function startUtilityProcess(
  files: ProgramFiles,
  log: (message: string) => void,
): StartProgram<MessagePortMain> {
  return (program, { args, env }) => {
    const child = utilityProcess.fork(files[program], [...args], {
      serviceName: `Reelbench ${program}`,
      stdio: "pipe",
      env: { ...definedEnvironment(), ...env },
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => log(`${program}: ${text.trimEnd()}`));
    }
    return wrap(child);
  };
}

function wrap(child: Electron.UtilityProcess): ChildProcess<MessagePortMain> {
  return {
    get pid() {
      return child.pid;
    },
    send: (message, channels = []) => child.postMessage(message, [...channels]),
    onMessage: (listener) => void child.on("message", listener),
    onSpawn: (listener) => void child.once("spawn", () => listener(child.pid)),
    onExit: (listener) => void child.once("exit", (code) => listener(code, `exit ${String(code)}`)),
    kill: () => {
      // `child.kill()` asks with SIGTERM, which a program may answer at leisure.
      if (child.pid === undefined || process.platform === "win32") child.kill();
      else process.kill(child.pid, "SIGKILL");
    },
  };
}

function definedEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
