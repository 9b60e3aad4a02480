import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

const names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "microsoft-edge"];
const macApplications = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/**
 * A Chromium for the journeys: REELBENCH_CHROMIUM, one on the PATH, or, as root on Debian, the distribution's package.
 * Null, said aloud, when there is none; the journeys then skip.
 */
export function findChromium(say: (message: string) => void): string | null {
  const named = process.env.REELBENCH_CHROMIUM;
  if (named !== undefined && named !== "") {
    if (isExecutable(named)) return named;
    say(`REELBENCH_CHROMIUM names ${named}, which cannot be run; looking for another.`);
  }
  return onPath() ?? installedWithApt(say) ?? nothing(say);
}

function onPath(): string | null {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const candidates = [...names.flatMap((name) => folders.map((folder) => join(folder, name))), ...macApplications];
  return candidates.find(isExecutable) ?? null;
}

function installedWithApt(say: (message: string) => void): string | null {
  if (process.getuid?.() !== 0 || !isExecutable("/usr/bin/apt-get")) return null;
  say("installing the distribution's chromium for the browser journeys.");
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const options = { env: environment, encoding: "utf8", timeout: 600_000 } as const;
  const install = () => spawnSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "chromium"], options);
  let result = install();
  if (result.status !== 0) {
    spawnSync("apt-get", ["update", "-qq"], options);
    result = install();
  }
  if (result.status !== 0)
    say(`apt-get could not install it: ${result.stderr.trim().split("\n").at(-1) ?? "no message"}`);
  return onPath();
}

function nothing(say: (message: string) => void): null {
  say("NO CHROMIUM FOUND: the browser journeys will be skipped. Install one, or name it in REELBENCH_CHROMIUM.");
  return null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
