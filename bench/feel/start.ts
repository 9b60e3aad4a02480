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

async function usable(page: Page): Promise<void> {
  await page.locator("main h1", { hasText: "Home" }).waitFor();
  // What the workspace holds has been answered, the latest runs are listed.
  await page.locator('main a[href*="compare?run"]').first().waitFor();
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
