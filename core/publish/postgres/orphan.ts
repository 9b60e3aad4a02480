import { execFile } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { ReelbenchError } from "../../contract/errors.ts";

/**
 * Ends the Postgres that a killed process left on this data folder, and removes a lock file whose process is gone or
 * has become another program. Without this Postgres refuses to start wherever the number in postmaster.pid was given to
 * some other process since (always likely in a container). Nobody else uses the folder: the workspace is locked.
 */
export async function stopOrphan(dataDirectory: string): Promise<"none" | "stale" | "stopped"> {
  const lockFile = join(dataDirectory, "postmaster.pid");
  const pid = await lockedBy(lockFile);
  if (pid === null) return "none";
  if (!(await isPostgresOn(pid, dataDirectory))) {
    await rm(lockFile, { force: true });
    return "stale";
  }
  // Fast shutdown, then an immediate one; neither loses anything committed.
  for (const signal of ["SIGINT", "SIGQUIT"] as const) {
    process.kill(pid, signal);
    if (await ended(pid, dataDirectory, 10_000)) return "stopped";
  }
  throw new ReelbenchError(
    "RB_CONFLICT",
    `A Postgres of an earlier start (process ${pid}) still runs on ${dataDirectory} and does not stop.`,
  );
}

/** Whether a Postgres runs on this data folder at this moment. */
export async function isLockedByPostgres(dataDirectory: string): Promise<boolean> {
  const pid = await lockedBy(join(dataDirectory, "postmaster.pid"));
  return pid !== null && (await isPostgresOn(pid, dataDirectory));
}

async function lockedBy(lockFile: string): Promise<number | null> {
  const text = await readFile(lockFile, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  if (text === null) return null;
  // The first line; a standalone backend writes it negative. A torn file holds none.
  const pid = Math.abs(Number.parseInt(text.split("\n")[0] ?? "", 10));
  return Number.isSafeInteger(pid) && pid > 0 ? pid : 0;
}

async function isPostgresOn(pid: number, dataDirectory: string): Promise<boolean> {
  if (pid <= 1 || pid === process.pid || !isAlive(pid)) return false;
  const command = await commandOf(pid);
  return command.includes("postgres") && command.includes(dataDirectory);
}

async function commandOf(pid: number): Promise<string> {
  if (process.platform === "linux")
    return (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).replaceAll("\0", " ");
  const [program, args]: [string, string[]] =
    process.platform === "win32"
      ? [
          "powershell.exe",
          ["-NoProfile", "-Command", `(Get-CimInstance Win32_Process -Filter 'ProcessId=${pid}').CommandLine`],
        ]
      : ["/bin/ps", ["-p", String(pid), "-o", "command="]];
  return promisify(execFile)(program, args, { timeout: 10_000, windowsHide: true }).then(
    ({ stdout }) => stdout,
    () => "",
  );
}

async function ended(pid: number, dataDirectory: string, milliseconds: number): Promise<boolean> {
  for (const deadline = Date.now() + milliseconds; Date.now() < deadline;) {
    if (!(await isPostgresOn(pid, dataDirectory))) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
