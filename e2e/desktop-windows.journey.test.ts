import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { viewLink } from "../core/contract/view-link.ts";
import { findElectron, sandboxArguments } from "../scripts/desktop/electron.ts";
import { hasDisplay, startInElectron } from "./workbench/in-electron.ts";
import type { DesktopWorkbench } from "./workbench/in-electron.ts";
import { root, screenshots, temporaryFolder } from "./workbench/workbench.ts";

const electron = findElectron(root);
// Said aloud by `npm test`, too: without an Electron or a display there is nothing to drive.
const missing = electron.path === null || !hasDisplay();

async function onDesktop(work: (workbench: DesktopWorkbench) => Promise<void>): Promise<void> {
  const workbench = await startInElectron(electron.path ?? "", root);
  workbench.page.setDefaultTimeout(60_000);
  try {
    await work(workbench);
  } finally {
    await workbench.close();
  }
}

const home = (page: Page) => page.getByRole("heading", { name: "Home", exact: true }).waitFor();
const goTo = (page: Page, screen: string) =>
  page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: screen, exact: true }).click();

async function chooseInMenu({ app }: DesktopWorkbench, id: string): Promise<void> {
  await app.evaluate(({ Menu }, wanted): void => {
    const item = Menu.getApplicationMenu()?.getMenuItemById(wanted);
    if (item !== undefined && item !== null) Reflect.apply(item.click, item, []);
  }, id);
}

/** What the app would show in the system's message box; it is answered with the button of this number. */
async function answerQuestions({ app }: DesktopWorkbench, button: number): Promise<() => Promise<readonly string[]>> {
  await app.evaluate(({ dialog }, response) => {
    const asked: string[] = [];
    Reflect.set(globalThis, "askedByTheApp", asked);
    dialog.showMessageBox = (...given: unknown[]) => {
      const question: unknown = given.at(-1);
      asked.push(String(typeof question === "object" && question !== null ? Reflect.get(question, "message") : ""));
      return Promise.resolve({ response, checkboxChecked: false });
    };
  }, button);
  return () => app.evaluate(() => (Reflect.get(globalThis, "askedByTheApp") as string[]).splice(0));
}

/** A second start of the app with the same files, as the system does for a link; it hands its command line over and ends. */
async function startAgain(workbench: DesktopWorkbench, ...words: readonly string[]): Promise<void> {
  const again = spawn(
    electron.path ?? "",
    [...sandboxArguments(), root, `--user-data-dir=${workbench.userDataDirectory}`, ...words],
    { stdio: "ignore" },
  );
  await new Promise((resolve) => again.once("exit", resolve));
}

async function workspaceId({ userDataDirectory }: DesktopWorkbench): Promise<string> {
  const file = join(userDataDirectory, "workspaces.json");
  await expect.poll(() => existsSync(file), { timeout: 30_000 }).toBe(true);
  return /"id":"([^"]+)"/.exec(readFileSync(file, "utf8"))?.[1] ?? "";
}

it.skipIf(missing)("two windows on one engine, both live; closing one leaves the other", () =>
  onDesktop(async (workbench) => {
    const { app, page } = workbench;
    await home(page);
    await goTo(page, "Data");
    const opened = app.waitForEvent("window");
    await chooseInMenu(workbench, "window.new");
    const second = await opened;
    second.setDefaultTimeout(60_000);
    // It begins where the first one is.
    await second.getByRole("heading", { name: "Data", exact: true, level: 1 }).waitFor();
    await goTo(page, "Home");
    await page.getByRole("button", { name: "Create the sample" }).click();
    // What the first one made, the other shows without being asked.
    await second.getByText("Sample").first().waitFor({ timeout: 120_000 });
    await page.close();
    await goTo(second, "Train");
    await second.getByText("100,000 ratings of 1,000 users").waitFor();
    expect(app.windows()).toHaveLength(1);
  }),
);

it.skipIf(missing)("windows and what they show are there again after the app was killed", async () => {
  const folder = temporaryFolder("killed");
  const first = await startInElectron(electron.path ?? "", root, folder);
  await home(first.page);
  await first.page.evaluate(`location.hash = "#/compare?filter=rmse%20%3C%201&tab=metrics"`);
  await first.page.getByRole("heading", { name: "Compare", exact: true, level: 1 }).waitFor();
  const opened = first.app.waitForEvent("window");
  await chooseInMenu(first, "window.new");
  const other = await opened;
  await goTo(other, "Publish");
  await other.getByRole("heading", { name: "Publish", exact: true, level: 1 }).waitFor();
  // Written down once things have been quiet for a moment.
  await expect
    .poll(() => keptViews(first), { timeout: 10_000 })
    .toEqual(["/compare?filter=rmse%20%3C%201&tab=metrics", "/publish"]);
  await first.kill();

  const again = await startInElectron(electron.path ?? "", root, folder);
  try {
    await expect.poll(() => again.app.windows().length, { timeout: 30_000 }).toBe(2);
    const addresses = () =>
      again.app
        .windows()
        .map((window) => window.url().replace("app://reelbench/", ""))
        .toSorted();
    await expect.poll(addresses).toEqual(["#/compare?filter=rmse%20%3C%201&tab=metrics", "#/publish"]);
    const compare = again.app.windows().find((window) => window.url().includes("/compare"));
    // The engine was killed with the app: the person is told what became of the work.
    await compare?.getByText("The engine had ended without closing").waitFor({ timeout: 60_000 });
    await screenshotOf(compare, "after-kill");
  } finally {
    await again.close();
  }
});

async function screenshotOf(page: Page | undefined, name: string): Promise<void> {
  if (page !== undefined) await screenshots(`windows-${name}`, page)(name);
}

function keptViews({ userDataDirectory, workspaceDirectory }: DesktopWorkbench): readonly string[] {
  const sessions = join(userDataDirectory, "sessions");
  if (!existsSync(sessions)) return [];
  const name = createHash("sha256").update(workspaceDirectory).digest("hex").slice(0, 24);
  return [...readFileSync(join(sessions, `${name}.json`), "utf8").matchAll(/"view":"([^"]+)"/g)].map(
    ([, view]) => view ?? "",
  );
}

it.skipIf(missing)("a link shows its view; one from elsewhere, or of another workspace, asks or is refused", () =>
  onDesktop(async (workbench) => {
    const { app, page } = workbench;
    await home(page);
    const id = await workspaceId(workbench);
    const asked = await answerQuestions(workbench, 1);

    await startAgain(workbench, viewLink({ workspaceId: id, view: "/compare?tab=metrics" }));
    await page.getByRole("heading", { name: "Compare", exact: true, level: 1 }).waitFor();
    expect(page.url()).toBe("app://reelbench/#/compare?tab=metrics");
    expect(await asked()).toEqual([]);

    // What a person is at stays; the link has a window of its own.
    const opened = app.waitForEvent("window");
    await startAgain(workbench, viewLink({ workspaceId: null, view: "/train" }));
    await (await opened).getByRole("heading", { name: "Train", exact: true, level: 1 }).waitFor();
    expect(page.url()).toContain("/compare");

    for (const hostile of [
      "reelbench://open?view=/../../etc/passwd",
      "reelbench://open?view=javascript:alert(1)",
      "reelbench://run?cmd=x",
    ]) {
      await startAgain(workbench, hostile);
      await expect.poll(asked).toEqual(["This link cannot be opened"]);
    }
    await startAgain(workbench, viewLink({ workspaceId: "11111111-1111-4111-8111-111111111111", view: "/" }));
    await expect.poll(asked).toEqual(["The workspace of this link is not known here"]);
    expect(app.windows()).toHaveLength(2);

    // Another workspace takes this one's place only after the person has said so.
    await startAgain(workbench, `--workspace=${workbench.workspaceDirectory}-other`);
    await expect.poll(asked).toEqual(["Open the workspace “workspace-other”?"]);
    expect(existsSync(`${workbench.workspaceDirectory}-other`)).toBe(false);
    await answerQuestions(workbench, 0);
    const elsewhere = app.waitForEvent("window");
    await startAgain(workbench, `--workspace=${workbench.workspaceDirectory}-other`);
    const otherHome = await elsewhere;
    await otherHome.getByText("Start with the sample").waitFor({ timeout: 60_000 });
    const list = otherHome.getByRole("table", { name: "Recent workspaces" });
    await list.getByText("workspace-other", { exact: true }).waitFor();
    await otherHome.emulateMedia({ colorScheme: "dark" });
    await screenshotOf(otherHome, "home-workspaces");
    // And back, by the list: the windows are as they were left there.
    await list.getByRole("button", { name: "Open workspace", exact: true }).click();
    await expect
      .poll(
        () =>
          app
            .windows()
            .map((window) => window.url())
            .toSorted(),
        { timeout: 60_000 },
      )
      .toEqual(["app://reelbench/#/compare?tab=metrics", "app://reelbench/#/train"]);
  }),
);

it.skipIf(missing)("windows follow the system into the dark, and a choice of one's own reaches all of them", () =>
  onDesktop(async (workbench) => {
    const { app, page } = workbench;
    await home(page);
    const scheme = (window: Page) => window.locator("html").getAttribute("data-mantine-color-scheme");
    const setSystem = (theme: "dark" | "light") =>
      app.evaluate(({ nativeTheme }, source): void => {
        nativeTheme.themeSource = source;
      }, theme);
    await setSystem("dark");
    await expect.poll(() => scheme(page)).toBe("dark");
    const opened = app.waitForEvent("window");
    await chooseInMenu(workbench, "window.new");
    const second = await opened;
    await home(second);
    await expect.poll(() => scheme(second)).toBe("dark");
    const ground = (window: Page) => window.evaluate("getComputedStyle(document.body).backgroundColor");
    expect(await ground(second)).toBe("rgb(18, 22, 27)");
    await setSystem("light");
    await expect.poll(() => scheme(second)).toBe("light");
    // Chosen in one window, kept against the system in both.
    await page.keyboard.press("ControlOrMeta+k");
    await page.getByRole("dialog").getByRole("textbox").fill("Dark theme");
    await page.getByRole("dialog").getByRole("button", { name: "Dark theme" }).click();
    await expect.poll(async () => [await scheme(page), await scheme(second)]).toEqual(["dark", "dark"]);
  }),
);
