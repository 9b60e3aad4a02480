import { spawn } from "node:child_process";
import type { ChildProcess, SpawnOptions } from "node:child_process";

/**
 * Starts a program that must not outlive this process. A shell waits for the end of its standard input: when this process
 * ends, however it ends, the pipe closes and the shell interrupts the program (SIGINT: for Postgres a fast, orderly
 * shutdown). In a session of its own, so that Ctrl-C in the terminal does not end it under work that is being finished;
 * `stopGuarded` ends it. Windows has no such shell: there it is started plainly.
 */
export function spawnGuarded(
  program: string,
  args: readonly string[],
  log: number | "ignore",
  options: SpawnOptions,
): ChildProcess {
  if (process.platform === "win32")
    return spawn(program, args, { ...options, windowsHide: true, stdio: ["ignore", log, log] });
  return spawn("/bin/sh", ["-c", script, "reelbench-guard", program, ...args], {
    ...options,
    detached: true,
    stdio: ["pipe", log, log],
  });
}

const script = `
exec 3<&0
"$@" </dev/null 3<&- &
program=$!
( read -r _ <&3; kill -INT "$program" 2>/dev/null ) &
watch=$!
wait "$program"
status=$?
kill "$watch" 2>/dev/null
exit "$status"`;

/** In order; by force after ten seconds. Resolves when it has ended. */
export async function stopGuarded(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = new Promise<"exited">((resolve) => child.once("exit", () => resolve("exited")));
  if (child.stdin === null) child.kill("SIGINT");
  else child.stdin.destroy(); // What the guard waits for.
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), 10_000);
  });
  const outcome = await Promise.race([exited, late]);
  clearTimeout(timer);
  if (outcome === "exited") return;
  // The whole session: guard and program.
  if (process.platform === "win32") child.kill("SIGKILL");
  else process.kill(-child.pid, "SIGKILL");
  await exited;
}
