import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { generateSample } from "../core/ratings/sample.ts";
import { findElectron } from "../scripts/desktop/electron.ts";
import { hasDisplay, startInElectron } from "./workbench/in-electron.ts";
import type { DesktopWorkbench } from "./workbench/in-electron.ts";
import { beginLongTraining, resumeTraining } from "./workbench/long-training.ts";
import { doMainJob, split } from "./workbench/main-job.ts";
import { root } from "./workbench/workbench.ts";

const electron = findElectron(root);
// Said aloud by `npm test`, too: without an Electron or a display there is nothing to drive.
const missing = electron.path === null || !hasDisplay();

/** Runs in the page (as text, since nothing here knows the DOM): tries what a hostile script would, tells what came of it. */
const forbiddenThings = `(async () => {
  const outcome = async (attempt) => {
    try {
      return String(await attempt());
    } catch (error) {
      return error.name;
    }
  };
  return {
    // In a task of its own: what a driver evaluates itself is exempt from the policy.
    evaluation: await outcome(() => new Promise((resolve, reject) =>
      setTimeout(() => { try { resolve(new Function("return 1")()); } catch (error) { reject(error); } }))),
    network: await outcome(() => fetch("https://example.org/")),
    files: await outcome(() => fetch("file:///etc/passwd")),
    outside: await outcome(async () => (await fetch("app://reelbench/..%2f..%2fpackage.json")).status),
    window: await outcome(() => window.open("https://user@example.org/") === null),
    location: await outcome(() => new Promise((resolve) =>
      navigator.geolocation.getCurrentPosition(() => resolve("given"), ({ code }) => resolve("denied " + code)))),
    clipboard: await outcome(() => navigator.clipboard.readText()),
    notifications: await outcome(() => Notification.requestPermission()),
  };
})()`;

/** A zombie has ended: only its number is still kept by a parent that has not asked for its fate. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== "linux" || !/^State:\s+Z/m.test(readFileSync(`/proc/${String(pid)}/status`, "utf8"));
  } catch {
    return false;
  }
}

async function onDesktop(work: (workbench: DesktopWorkbench) => Promise<void>): Promise<void> {
  const workbench = await startInElectron(electron.path ?? "", root);
  try {
    await work(workbench);
  } finally {
    await workbench.close();
  }
}

it.skipIf(missing)("the main job on the desktop: import, train two, compare, publish, ask over HTTP", () =>
  onDesktop((workbench) => doMainJob(workbench, "desktop")),
);

it.skipIf(missing)("a page has none of Node's or Electron's powers and cannot leave", () =>
  onDesktop(async ({ app, page, log }) => {
    await page.getByRole("heading", { name: "Home", exact: true }).waitFor();
    const powers: unknown = await page.evaluate(`({
      node: ["require", "process", "module", "global", "Buffer"].filter((name) => name in globalThis),
      bridge: Object.keys(window.reelbench).sort(),
    })`);
    expect(powers).toEqual({
      node: [],
      bridge: [
        "chooseFile",
        "newWindow",
        "notify",
        "onMenuCommand",
        "pathOfFile",
        "platform",
        "readLog",
        "requestEnginePort",
        "savePdf",
        "setMenuKeys",
        "versions",
        "workspaces",
      ],
    });

    // Electron's own record of what the window was made with.
    const preferences = await app.evaluate(({ BrowserWindow }): unknown => {
      const contents = BrowserWindow.getAllWindows()[0]?.webContents;
      // Not in Electron's types, so it is called by name.
      const ask: unknown = contents === undefined ? null : Reflect.get(contents, "getLastWebPreferences");
      return typeof ask === "function" ? Reflect.apply(ask, contents, []) : null;
    });
    expect(preferences).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
    });

    const attempts: unknown = await page.evaluate(forbiddenThings);
    expect(attempts).toEqual({
      evaluation: "EvalError",
      network: "TypeError",
      files: "TypeError",
      outside: "404",
      window: "true",
      location: "denied 1",
      clipboard: "NotAllowedError",
      notifications: "denied",
    });

    for (const target of [
      "https://user@evil.example/",
      "data:text/html,x",
      "file:///etc/passwd",
      "javascript:document.title='taken'",
      "app://evil/",
    ]) {
      await page.evaluate(`location.href = ${JSON.stringify(target)}`).catch(() => undefined);
    }
    // Asked of Electron: the driver still waits for the navigations that were refused.
    const after = await app.evaluate(async ({ BrowserWindow }): Promise<unknown> => {
      const inPage = "[location.href, document.querySelector('h1').textContent, document.title]";
      const seen: unknown = await BrowserWindow.getAllWindows()[0]?.webContents.executeJavaScript(inPage);
      return seen;
    });
    expect(after).toEqual(["app://reelbench/", "Home", "Reelbench"]);
    expect(app.windows()).toHaveLength(1);
    expect(log()).toContain("refused to go to https://user@evil.example/");
  }),
);

it.skipIf(missing)("the menu's commands reach the interface", () =>
  onDesktop(async ({ app, page }) => {
    await page.getByRole("heading", { name: "Home", exact: true }).waitFor();
    const click = (id: string) =>
      app.evaluate(({ Menu }, wanted): void => {
        const item = Menu.getApplicationMenu()?.getMenuItemById(wanted);
        if (item !== undefined && item !== null) Reflect.apply(item.click, item, []);
      }, id);
    for (const [id, heading] of [
      ["go.train", "Train"],
      ["data.import", "Import ratings"],
      ["go.publish", "Publish"],
      ["help.shortcuts", "Settings"],
    ] as const) {
      await click(id);
      await page.getByRole("heading", { name: heading, exact: true, level: 1 }).waitFor();
    }
    await click("palette.open");
    await page.getByRole("dialog").waitFor();
  }),
);

it.skipIf(missing)("a killed engine is started again, and the window finds it by itself", () =>
  onDesktop(async ({ page, workspaceDirectory, log }) => {
    await page.getByRole("button", { name: "Create the sample" }).click();
    await page.waitForURL(/#\/data\/snapshots\//, { timeout: 120_000 });
    const enginePid = () =>
      Number(/"pid":\s*(\d+)/.exec(readFileSync(join(workspaceDirectory, "engine.json"), "utf8"))?.[1]);
    const before = enginePid();
    process.kill(before, "SIGKILL");
    await expect.poll(() => log().split("the engine has opened").length - 1, { timeout: 60_000 }).toBe(2);
    expect(enginePid()).not.toBe(before);
    // What was finished is there, and the window shows it without being reloaded.
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Train", exact: true }).click();
    await page.getByText("100,000 ratings of 1,000 users").waitFor({ timeout: 60_000 });
  }),
);

it.skipIf(missing)(
  "an engine killed while it trains: the window comes back by itself, with the run interrupted, and it goes on",
  () =>
    onDesktop(async ({ page, workspaceDirectory }) => {
      page.setDefaultTimeout(120_000);
      await page.getByRole("button", { name: "Create the sample" }).click();
      await page.waitForURL(/#\/data\/snapshots\//);
      await split(page);
      await beginLongTraining(page);
      const runs = page.getByRole("table", { name: "Runs on this split" });
      await runs.getByText("Running", { exact: true }).waitFor();
      process.kill(
        Number(/"pid":\s*(\d+)/.exec(readFileSync(join(workspaceDirectory, "engine.json"), "utf8"))?.[1]),
        "SIGKILL",
      );
      await runs.getByText("Interrupted", { exact: true }).waitFor();
      await runs.getByText("The engine ended while this run was training.", { exact: false }).waitFor();
      expect(await runs.getByText("Running", { exact: true }).count()).toBe(0);
      await resumeTraining(page);
      await runs.getByText("Succeeded", { exact: true }).waitFor();
      expect(await runs.getByRole("row").count()).toBe(2);
    }),
);

it.skipIf(missing)("quitting leaves no process behind", async () => {
  const workbench = await startInElectron(electron.path ?? "", root);
  const { page, app, workspaceDirectory } = workbench;
  await page.getByText("This workspace").waitFor();
  const pid = Number(/"pid":\s*(\d+)/.exec(readFileSync(join(workspaceDirectory, "engine.json"), "utf8"))?.[1]);
  const main = app.process().pid ?? 0;
  await workbench.close();
  // The engine notices by itself that its parent has gone, and whoever adopts it may take a moment to bury it.
  for (const gone of [pid, main]) await expect.poll(() => isRunning(gone), { timeout: 10_000 }).toBe(false);
});

it.skipIf(missing)("files dropped on the window are looked at, wherever they are dropped", () =>
  onDesktop(async ({ app, page, workspaceDirectory }) => {
    await page.getByRole("heading", { name: "Home", exact: true }).waitFor();
    const { ratingsPath, itemsPath } = await generateSample(
      { seed: 3, users: 60, items: 80, ratings: 900 },
      join(workspaceDirectory, "..", "dropped"),
    );
    const devtools = await app.context().newCDPSession(page);
    const data = { items: [], files: [ratingsPath, itemsPath], dragOperationsMask: 1 };
    for (const type of ["dragEnter", "dragOver", "drop"] as const)
      await devtools.send("Input.dispatchDragEvent", { type, x: 400, y: 300, data });
    await page.getByRole("heading", { name: "Import ratings" }).waitFor();
    expect(await page.getByLabel("File of ratings").inputValue()).toBe(ratingsPath);
    expect(await page.getByLabel("File of titles").inputValue()).toBe(itemsPath);
  }),
);
