/** Who prints a comparison in the browser gets its report; who prints another screen gets what it shows, without the frame. */
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { chromiumPath, startInBrowser } from "./workbench/in-browser.ts";
import { twoQuickRuns } from "./workbench/two-quick-runs.ts";
import { temporaryFolder } from "./workbench/workbench.ts";

/** What lies on the paper: text of the page that is printed instead, of the screen itself, and of the frame around it. */
async function onPaper(page: Page) {
  await page.emulateMedia({ media: "print" });
  const seen = await page.evaluate<{ report: string | null; screen: boolean; frame: boolean }>(`(() => {
    window.dispatchEvent(new Event("beforeprint"));
    const isSeen = (selector) => document.querySelector(selector)?.checkVisibility() === true;
    const seen = {
      report: document.querySelector("body > [data-printed-page]")?.shadowRoot.textContent ?? null,
      screen: isSeen("main h1"),
      frame: isSeen("nav"),
    };
    window.dispatchEvent(new Event("afterprint"));
    return seen;
  })()`);
  await page.emulateMedia({ media: null });
  return seen;
}

it.skipIf(chromiumPath === null)(
  "a comparison is printed as its report, any other screen without its frame",
  async () => {
    const folder = temporaryFolder("print");
    const runs = await twoQuickRuns(join(folder.path, "workspace"));
    const workbench = await startInBrowser(chromiumPath ?? "", join(folder.path, "workspace"));
    const { page } = workbench;
    try {
      await page.getByRole("heading", { name: "Home", exact: true }).waitFor();
      expect(await onPaper(page)).toEqual({ report: null, screen: true, frame: false });

      await page.evaluate(`location.hash = '#/compare?run=${encodeURIComponent(JSON.stringify(runs))}'`);
      await page.getByText("2 runs chosen").waitFor();
      await page.getByRole("table", { name: /^Differences in / }).waitFor();
      const { report, ...rest } = await onPaper(page);
      expect(rest).toEqual({ screen: false, frame: false });
      expect(report).toMatch(/Comparison.*Is it better\?.*Metrics.*Model cards/su);
      expect(await page.locator("body > [data-printed-page]").count()).toBe(0);
      expect(await page.getByRole("navigation", { name: "Main" }).isVisible()).toBe(true);
      expect(workbench.complaints).toEqual([]);
    } finally {
      await workbench.close();
      folder.remove();
    }
  },
);
