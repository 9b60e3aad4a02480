import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { collectComplaints, root, temporaryFolder } from "./workbench.ts";
import type { Workbench } from "./workbench.ts";

/** The browser that `npm test` found; null where there is none. */
export const chromiumPath =
  process.env.REELBENCH_CHROMIUM ?? ["/usr/bin/chromium"].find((path) => existsSync(path)) ?? null;

export interface BrowserWorkbench extends Workbench {
  /** The process of the host, and of the engine in it. */
  readonly hostPid: number;
  /** Ends the host, and the engine in it, as a power cut would. */
  killHost(): Promise<void>;
}

/**
 * Starts the built web host as a person would (`reelbench web`) and opens its one-time link in a browser. Without a workspace
 * it has an empty one, which is removed after it.
 */
export async function startInBrowser(executablePath: string, workspace?: string): Promise<BrowserWorkbench> {
  const folder = temporaryFolder("browser");
  const workspaceDirectory = workspace ?? join(folder.path, "workspace");
  const host = spawn(process.execPath, [join(root, "dist/node/cli.js"), "--workspace", workspaceDirectory, "web"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const url = await oneTimeUrl(host);
  const browser = await chromium.launch({
    executablePath,
    args: process.getuid?.() === 0 ? ["--no-sandbox", "--disable-dev-shm-usage"] : ["--disable-dev-shm-usage"],
  });
  const page = await browser.newPage({ viewport: { width: 1360, height: 880 } });
  const complaints = collectComplaints(page);
  await page.goto(url);
  return {
    page,
    workspaceDirectory,
    complaints,
    hostPid: host.pid ?? 0,
    answerFileDialog: () => Promise.resolve(false),
    killHost: async () => {
      const exited = once(host, "exit");
      host.kill("SIGKILL");
      await exited;
    },
    close: async () => {
      await browser.close();
      if (host.exitCode === null && host.signalCode === null) {
        const exited = once(host, "exit");
        host.kill("SIGTERM");
        await exited;
      }
      folder.remove();
    },
  };
}

/** The link that the host prints. Rejects with what it said when it ends before. */
function oneTimeUrl(host: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    host.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      const url = /http:\/\/\S+/.exec(said)?.[0];
      if (url !== undefined) resolve(url);
    });
    host.once("exit", (code) => reject(new Error(`The web host ended with ${String(code)}: ${said}`)));
  });
}
