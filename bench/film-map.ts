/**
 * The map of films with 60,000 of them, in a browser: seconds until it is drawn, and the longest task of the page's main thread
 * while it is opened, moved, zoomed, pointed at and lassoed, on the clock and in processor time.
 * `node bench/film-map.ts [FILMS] [--workspace DIRECTORY]`, after `npm run build`. A workspace named is kept, and used again.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Transport } from "../core/contract/transport.ts";
import { runJob } from "../core/contract/transport.ts";
import { chromiumPath, startInBrowser } from "../e2e/workbench/in-browser.ts";
import { temporaryFolder } from "../e2e/workbench/workbench.ts";
import { mainThreadDuring, told } from "./main-thread.ts";
import { inEngine } from "./many-runs.ts";

const { values, positionals } = parseArgs({ options: { workspace: { type: "string" } }, allowPositionals: true });
const films = Number(positionals[0] ?? 60_000);
const folder = values.workspace === undefined ? temporaryFolder("bench-map") : null;
const directory = folder?.path ?? values.workspace ?? "";
try {
  const isMade = existsSync(join(directory, "workspace.sqlite"));
  await look(await inEngine(directory, isMade ? newestRun : train));
} finally {
  folder?.remove();
}

async function newestRun(transport: Transport): Promise<string> {
  const { rows } = await transport.request("runs.query", { limit: 1 });
  const [run] = rows;
  if (run === undefined) throw new Error("The workspace has no run.");
  return run.id;
}

async function train(transport: Transport): Promise<string> {
  const shape = { users: 4000, items: films, ratings: films * 10 };
  const { snapshotId } = await runJob(transport, "sample.create", shape);
  const { splitId } = await runJob(transport, "splits.create", { snapshotId, protocol: { protocol: "random" } });
  const hyperparameters = { factors: 16 };
  const evaluation = { thorough: false };
  const { runId } = await runJob(transport, "runs.train", {
    splitId,
    algorithm: "puresvd",
    hyperparameters,
    evaluation,
  });
  const started = performance.now();
  const made = await runJob(transport, "embedding.make", { runId });
  console.log(`PCA of ${String(made.films)} films, with errors: ${seconds(started)} s`);
  return runId;
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(1);
}

async function look(runId: string): Promise<void> {
  const { page, close } = await startInBrowser(chromiumPath ?? "/usr/bin/chromium", directory);
  page.setDefaultTimeout(90_000);
  const during = async (what: string, action: () => Promise<void>) =>
    console.log(told(what, await mainThreadDuring(page, action)));
  try {
    await page.getByRole("heading", { name: "Home", exact: true }).waitFor();
    // Selectors of style sheets: looking for roles is work of the page's main thread itself.
    const map = page.locator('button[aria-roledescription="map"]');
    await during("opened", async () => {
      const started = performance.now();
      await page.evaluate(`location.hash = "#/recommendations/map?run=${runId}"`);
      await map.waitFor();
      console.log(`there in ${seconds(started)} s`);
      await page.waitForTimeout(1500);
    });
    const box = await map.boundingBox();
    if (box === null) throw new Error("The map is not there.");
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await during("moved", async () => {
      await page.mouse.move(x, y);
      await page.mouse.down();
      for (let step = 1; step <= 60; step++) await page.mouse.move(x + 2 * step, y + step);
      await page.mouse.up();
      await page.waitForTimeout(1000);
    });
    await during("zoomed", async () => {
      for (let step = 0; step < 20; step++) await page.mouse.wheel(0, step < 12 ? -120 : 120);
      await page.waitForTimeout(1000);
    });
    await during("pointed at", async () => {
      for (let step = 0; step < 60; step++) await page.mouse.move(x - 150 + 5 * step, y + 20);
    });
    await during("lassoed", async () => {
      await page.locator("label", { hasText: "Lasso" }).click();
      await page.mouse.move(x + 120, y);
      await page.mouse.down();
      for (let turn = 1; turn <= 40; turn++)
        await page.mouse.move(x + 120 * Math.cos(turn / 6.4), y + 120 * Math.sin(turn / 6.4));
      await page.mouse.up();
      await page.locator("#chosen-films").waitFor();
      await page.waitForTimeout(1000);
    });
  } finally {
    await close();
  }
}
