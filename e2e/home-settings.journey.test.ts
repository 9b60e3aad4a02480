import { readFileSync } from "node:fs";
import { unzipSync } from "fflate";
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { accessibilityViolations } from "./workbench/accessibility.ts";
import { chromiumPath, startInBrowser } from "./workbench/in-browser.ts";
import { screenshots } from "./workbench/workbench.ts";

const open = (page: Page, view: string) => page.evaluate(`location.hash = ${JSON.stringify(view)}`);

// Said aloud by `npm test`, too: without a browser there is nothing to drive.
it.skipIf(chromiumPath === null)("home, settings and help: limits, keys, logs, a report, every metric", async () => {
  const workbench = await startInBrowser(chromiumPath ?? "");
  const { page, workspaceDirectory, complaints } = workbench;
  page.setDefaultTimeout(60_000);
  const keep = screenshots("home-settings", page);
  const violations: string[] = [];
  const shot = async (name: string) => {
    await keep(name);
    violations.push(...(await accessibilityViolations(page, name)));
  };
  try {
    await page.getByRole("region", { name: "What's new" }).waitFor();
    await shot("home");

    await open(page, "/settings");
    await page.getByText("Comfortable").click();
    await page.locator("html[data-density=comfortable]").waitFor({ state: "attached" });
    await shot("appearance");

    await page.getByRole("tab", { name: "Memory and threads" }).click();
    const threads = page.getByLabel("Threads", { exact: true });
    const save = page.getByRole("button", { name: "Save" });
    await threads.fill("1");
    await save.click();
    await page.getByText("Now in force: 1 thread,").waitFor();
    await noticesInOneRow(page, async () => {
      for (const wanted of ["", "1"]) {
        await threads.fill(wanted);
        await save.focus();
        await page.keyboard.press("Enter");
        await page.locator("button:disabled:not([data-loading])", { hasText: "Save" }).waitFor();
      }
    });
    expect(JSON.parse(readFileSync(`${workspaceDirectory}/limits.json`, "utf8"))).toEqual({ threads: 1, memory: null });
    await shot("limits");

    await page.getByRole("tab", { name: "Keyboard" }).click();
    const change = page.getByRole("button", { name: "Change the keys of Go to Data" });
    await change.click();
    await page.keyboard.press("ControlOrMeta+k");
    // Taken by the palette: said, and nothing is changed until the person decides.
    await page.getByRole("alert").getByText("It already means “Show all commands”.").waitFor();
    await shot("keyboard-conflict");
    await page.getByRole("button", { name: "Leave it" }).click();
    await change.click();
    await page.keyboard.press("ControlOrMeta+j");
    await page.getByRole("button", { name: "Reset the keys of Go to Data" }).waitFor();
    await page.keyboard.press("ControlOrMeta+j");
    await page.getByRole("heading", { name: "Data", exact: true, level: 1 }).waitFor();

    await open(page, "/settings?section=logs");
    await page.getByLabel("Find in the log").fill("may now use");
    // As often as the limits were kept above.
    await page.getByText("3 entries").waitFor();
    await page.getByText("Errors", { exact: true }).click();
    await page.getByText("Nothing in the log says that.").waitFor();
    await page.getByRole("button", { name: "Gather a report…" }).click();
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save the zip…" }).click();
    const files = unzipSync(readFileSync(await (await download).path()));
    const text = new TextDecoder();
    expect(Object.keys(files)).toContain("engine-log.jsonl");
    for (const content of Object.values(files)) expect(text.decode(content)).not.toContain(workspaceDirectory);
    await shot("logs");

    await page.getByRole("tab", { name: "About and recovery" }).click();
    await page.getByText("Nothing had to be mended.").waitFor();
    await shot("about");

    await open(page, "/help?metric=ndcg%4010");
    await page.getByRole("article", { name: "NDCG", exact: true }).getByText("You asked about this one").waitFor();
    await page.getByLabel("Find a metric").fill("Cremonesi");
    await page.getByRole("article", { name: "RMSE", exact: true }).waitFor();
    expect(await page.getByRole("article").count()).toBe(1);
    await page.emulateMedia({ colorScheme: "dark" });
    await shot("help-dark");

    expect(violations).toEqual([]);
    expect(complaints).toEqual([]);
  } finally {
    await workbench.close();
  }
});

/** The newest is shown, the others are counted, and all go at once. */
async function noticesInOneRow(page: Page, tell: () => Promise<void>): Promise<void> {
  const notice = page.getByText("The limits are kept;");
  // A notice that is pointed at stays, however long the rest takes.
  await notice.hover();
  await tell();
  await page.getByText(/^and [12] more$/).waitFor();
  await expect.poll(() => notice.count(), { timeout: 10_000 }).toBe(1);
  await page.getByRole("button", { name: "Dismiss all" }).click();
  await page.getByText(/^and \d+ more$/).waitFor({ state: "detached" });
}
