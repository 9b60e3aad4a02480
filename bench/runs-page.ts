/**
 * A workspace with ten thousand runs, in a browser: the longest task of the page's main thread while Compare is opened, sorted,
 * scrolled and searched and runs are chosen, on the clock and in processor time.
 * `node bench/runs-page.ts --workspace DIRECTORY`, after `npm run build` and `node bench/runs.ts --workspace DIRECTORY`.
 */
import { parseArgs } from "node:util";
import { chromiumPath, startInBrowser } from "../e2e/workbench/in-browser.ts";
import { mainThreadDuring, told } from "./main-thread.ts";

const { values } = parseArgs({ options: { workspace: { type: "string" } } });
if (values.workspace === undefined)
  throw new Error("Name the workspace that bench/runs.ts has made: --workspace DIRECTORY");

const { page, close } = await startInBrowser(chromiumPath ?? "/usr/bin/chromium", values.workspace);
page.setDefaultTimeout(60_000);
const during = async (what: string, action: () => Promise<void>) => {
  const thread = await mainThreadDuring(page, async () => {
    await action();
    await page.waitForTimeout(800);
  });
  console.log(told(what, thread));
};
try {
  await page.getByRole("heading", { name: "Home", exact: true }).waitFor();
  // Selectors of style sheets: looking for roles is work of the page's main thread itself.
  const table = page.locator('table[aria-label="Runs"]');
  const rows = table.locator("tbody tr[aria-rowindex]");
  await during("Compare opened", async () => {
    await page.evaluate(`location.hash = "#/compare"`);
    await rows.first().waitFor();
  });
  await during("sorted", () => table.locator("th button", { hasText: "NDCG@10" }).click());
  await during("scrolled", async () => {
    await rows.first().hover();
    for (let step = 0; step < 20; step++) await page.mouse.wheel(0, 300);
  });
  await during("searched", () => page.locator('[aria-label="Search runs"]').fill("algorithm = ials"));
  await during("a run chosen", () => rows.first().locator("input").click());
  await during("a second run chosen", () => rows.nth(1).locator("input").click());
} finally {
  await close();
}
