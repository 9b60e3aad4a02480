/** From the start of the program until somebody can work: the heading stands there, and what the workspace holds. */
import { mkdirSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { performance } from "node:perf_hooks";
import type { Page } from "playwright-core";
import { chromiumPath, startInBrowser } from "../../e2e/workbench/in-browser.ts";
import { hasDisplay, startInElectron } from "../../e2e/workbench/in-electron.ts";
import { root, temporaryFolder } from "../../e2e/workbench/workbench.ts";
import { findElectron } from "../../scripts/desktop/electron.ts";

export interface Start {
  readonly where: "browser" | "desktop";
  /** Milliseconds, the driver's own work included, each of several starts. */
  readonly taken: readonly number[];
}

/** The heading stands there, what the workspace holds has been answered, and the latest runs are listed. */
const isUsable = `document.querySelector("main h1")?.textContent === "Home" && document.querySelector('main a[href*="compare?run"]') !== null`;

/** Looked at every 10 ms from inside the page: the driver itself looks up to half a second too late. */
async function usable(page: Page): Promise<void> {
  await page.waitForURL(/^(app|http):/, { waitUntil: "domcontentloaded" });
  await page.evaluate<undefined>(`new Promise((done) => {
    const look = () => (${isUsable} ? done() : setTimeout(look, 10));
    look();
  })`);
}

/** The web host and a browser that is started with it. */
export async function startsInBrowser(directory: string, times: number): Promise<Start> {
  const taken = [];
  for (let start = 0; start < times; start++) {
    const began = performance.now();
    const { page, close } = await startInBrowser(chromiumPath ?? "/usr/bin/chromium", directory);
    await usable(page);
    taken.push(performance.now() - began);
    await close();
  }
  return { where: "browser", taken };
}

/** The desktop app; null where there is no Electron or no display. */
export async function startsOnDesktop(directory: string, times: number): Promise<Start | null> {
  const electron = findElectron(root);
  if (electron.path === null || !hasDisplay()) return null;
  const taken = [];
  for (let start = 0; start < times; start++) {
    const folder = temporaryFolder("bench-start");
    mkdirSync(folder.path, { recursive: true });
    symlinkSync(resolve(directory), join(folder.path, "workspace"));
    const began = performance.now();
    const { page, close } = await startInElectron(electron.path, root, folder);
    await usable(page);
    taken.push(performance.now() - began);
    await close();
  }
  return { where: "desktop", taken };
}
