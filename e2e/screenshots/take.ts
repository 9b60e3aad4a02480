/**
 * Pictures of every view in five states and narrow: `npm run screenshots [-- --out DIR --only SCREEN,SCREEN/VIEW --workspaces DIR --states a,b]`.
 * Starts the built web host on workspaces of its own, drives a Chromium through them and writes PNGs with a page that shows
 * them as a table. Says what a program can see wrong: overflow, axe's findings, complaints of the page.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Page } from "playwright-core";
import { nodeProcessHost } from "../../core/jobs/process-host.ts";
import { attach } from "../../core/transport/attach.ts";
import { say } from "../../scripts/say.ts";
import { findChromium } from "../../scripts/test/chromium.ts";
import { accessibilityViolations } from "../workbench/accessibility.ts";
import { startInBrowser } from "../workbench/in-browser.ts";
import { root, temporaryFolder } from "../workbench/workbench.ts";
import { indexPage } from "./index-page.ts";
import type { Picture } from "./index-page.ts";
import { lookAround, views } from "./screens.ts";
import type { Known } from "./screens.ts";
import { dress, settled, show } from "./visit.ts";
import type { Dress } from "./visit.ts";
import { fillWorkspace } from "./workspaces.ts";
import type { WorkspaceName } from "./workspaces.ts";

interface State extends Dress {
  readonly workspace: WorkspaceName;
}

const states = {
  empty: { workspace: "empty", dark: false, width: 1360 },
  sample: { workspace: "sample", dark: false, width: 1360 },
  dark: { workspace: "sample", dark: true, width: 1360 },
  narrow: { workspace: "sample", dark: false, width: 900 },
  large: { workspace: "large", dark: false, width: 1360 },
  error: { workspace: "error", dark: false, width: 1360 },
} as const satisfies Record<string, State>;
const stateNames = Object.keys(states) as (keyof typeof states)[];

const { values } = parseArgs({
  options: {
    out: { type: "string", default: join(root, "test-results", "screenshots") },
    only: { type: "string" },
    states: { type: "string", default: stateNames.join(",") },
    workspaces: { type: "string" },
  },
});
const out = resolve(values.out);
const wantedStates = stateNames.filter((name) => values.states.split(",").includes(name));
const wantedViews = views.filter(
  ({ screen, name }) =>
    values.only === undefined || values.only.split(",").some((only) => only === screen || only === `${screen}/${name}`),
);
const executablePath = findChromium(say);
if (executablePath === null || wantedViews.length === 0 || wantedStates.length === 0) {
  say(`nothing to take: ${executablePath === null ? "no browser" : "no such screen or state"}.`);
  process.exitCode = 64;
} else await takeAll(executablePath);

async function takeAll(browser: string): Promise<void> {
  const kept = values.workspaces === undefined ? null : resolve(values.workspaces);
  const temporary = kept === null ? temporaryFolder("screenshots") : null;
  const folder = kept ?? temporary?.path ?? "";
  const pictures: Picture[] = [];
  try {
    for (const workspace of ["empty", "sample", "large", "error"] as const) {
      const here = wantedStates.filter((name) => states[name].workspace === workspace);
      if (here.length === 0) continue;
      say(`filling the workspace "${workspace}".`);
      await fillWorkspace(workspace, join(folder, workspace), join(folder, "files"));
      pictures.push(...(await takeIn(workspace, here, folder, browser)));
    }
  } finally {
    temporary?.remove();
  }
  writeFileSync(join(out, "index.html"), indexPage(pictures, wantedStates));
  const remarks = pictures.flatMap(({ file, remarks: seen }) => seen.map((remark) => `${file}: ${remark}`));
  process.stdout.write(remarks.map((remark) => `${remark}\n`).join(""));
  say(`${String(pictures.length)} pictures, ${String(remarks.length)} remarks: ${join(out, "index.html")}`);
}

async function takeIn(
  workspace: WorkspaceName,
  here: readonly (keyof typeof states)[],
  folder: string,
  browser: string,
): Promise<readonly Picture[]> {
  const workspaceDirectory = join(folder, workspace);
  const workbench = await startInBrowser(browser, workspaceDirectory);
  const { page } = workbench;
  page.setDefaultTimeout(30_000);
  const pictures: Picture[] = [];
  try {
    await page.getByRole("heading", { name: "Home", exact: true }).waitFor();
    const known = await whatIsThere(workspace, workspaceDirectory, join(folder, "files"));
    for (const view of wantedViews) {
      const address = view.address(known);
      if (address === null) continue;
      for (const state of here) {
        const complaints = workbench.complaints.length;
        const remarks: string[] = [];
        await dress(page, states[state], 880);
        await show(page, address);
        try {
          await settled(page);
          await view.prepare?.(page, known);
          await settled(page);
        } catch (error) {
          remarks.push(error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error));
        }
        const file = `${view.screen}-${view.name}-${state}.png`;
        mkdirSync(out, { recursive: true });
        await wholeLength(page, states[state]);
        await page.screenshot({ path: join(out, file) });
        remarks.push(...(await overflow(page)));
        remarks.push(...(await accessibilityViolations(page, view.name)));
        remarks.push(...workbench.complaints.slice(complaints));
        pictures.push({ screen: view.screen, view: view.name, state, file, remarks });
        say(`${file}${remarks.length === 0 ? "" : ` (${String(remarks.length)} remarks)`}`);
      }
    }
    if (here.includes("error") && wantedViews.some(({ screen }) => screen === "home"))
      pictures.push(await withoutEngine(page, workbench.killHost));
  } finally {
    await workbench.close();
  }
  return pictures;
}

async function whatIsThere(workspace: WorkspaceName, workspaceDirectory: string, files: string): Promise<Known> {
  const attached = await attach({ workspaceDirectory, processHost: nodeProcessHost });
  try {
    const known = await lookAround(attached.transport, workspace, files);
    const start = () => attached.transport.request("servers.start", { targetId: known.target });
    if (wantedViews.every(({ screen }) => screen !== "publish")) return known;
    // Production has something to say only while somebody serves, or when it could not be started.
    if (workspace === "sample") await start();
    if (workspace === "error") await start().catch(() => undefined);
    return { ...known, served: workspace === "sample" };
  } finally {
    await attached.close();
  }
}

/** The window as high as what it shows, within reason: the shell scrolls inside. */
async function wholeLength(page: Page, state: State): Promise<void> {
  const hidden = Number(
    await page.evaluate(
      "(({ scrollHeight, clientHeight }) => scrollHeight - clientHeight)(document.querySelector('main'))",
    ),
  );
  if (hidden <= 0) return;
  await dress(page, state, Math.min(2400, 880 + hidden));
  await page.waitForTimeout(300);
}

/** Whether the screen has to be scrolled sideways, and what is the cause. */
async function overflow(page: Page): Promise<readonly string[]> {
  const wider: unknown = await page.evaluate(`[document.documentElement, document.querySelector("main")]
    .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth + 1)
    .map(({ tagName, scrollWidth, clientWidth }) => tagName.toLowerCase() + " is " + (scrollWidth - clientWidth) + " px wider than its place")`);
  return Array.isArray(wider) ? wider.map(String) : [];
}

/** What stays when the engine is killed under an open page. */
async function withoutEngine(page: Page, kill: () => Promise<void>): Promise<Picture> {
  await dress(page, states.error, 880);
  await show(page, "/");
  await settled(page);
  await kill();
  await page.waitForTimeout(4000);
  await page.screenshot({ path: join(out, "home-engine-killed-error.png") });
  return { screen: "home", view: "engine-killed", state: "error", file: "home-engine-killed-error.png", remarks: [] };
}
