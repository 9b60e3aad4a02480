/**
 * The map of films with 60,000 of them, in a browser: seconds until it is drawn, and the longest task of the page's main thread
 * while it is opened, moved, zoomed, pointed at and lassoed. `node bench/film-map.ts [FILMS]`, after `npm run build`.
 */
import { chromiumPath, startInBrowser } from "../e2e/workbench/in-browser.ts";
import { temporaryFolder } from "../e2e/workbench/workbench.ts";
import { runJob } from "../core/contract/transport.ts";
import { inEngine } from "./many-runs.ts";

const films = Number(process.argv[2] ?? 60_000);
const folder = temporaryFolder("bench-map");
try {
  const runId = await inEngine(folder.path, async (transport) => {
    const shape = { users: 4000, items: films, ratings: films * 10 };
    const { snapshotId } = await runJob(transport, "sample.create", shape);
    const { splitId } = await runJob(transport, "splits.create", { snapshotId, protocol: { protocol: "random" } });
    const hyperparameters = { factors: 16 };
    const evaluation = { thorough: false };
    const trained = await runJob(transport, "runs.train", {
      splitId,
      algorithm: "puresvd",
      hyperparameters,
      evaluation,
    });
    const started = performance.now();
    const made = await runJob(transport, "embedding.make", { runId: trained.runId });
    console.log(`PCA of ${String(made.films)} films, with errors: ${seconds(started)} s`);
    return trained.runId;
  });
  await look(runId);
} finally {
  folder.remove();
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(1);
}

async function look(runId: string): Promise<void> {
  const { page, close } = await startInBrowser(chromiumPath ?? "/usr/bin/chromium", folder.path);
  page.setDefaultTimeout(90_000);
  try {
    await page.getByRole("heading", { name: "Home", exact: true }).waitFor();
    await page.evaluate(`window.tasks = []; new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) window.tasks.push(duration);
    }).observe({ type: "longtask" });`);
    const told = async (what: string) => {
      const tasks = await page.evaluate<number[]>("window.tasks.splice(0)");
      const longest = tasks.reduce((most, task) => Math.max(most, task), 0);
      console.log(`${what}: ${String(tasks.length)} tasks over 50 ms, longest ${longest.toFixed(0)} ms`);
    };
    const started = performance.now();
    await page.evaluate(`location.hash = "#/recommendations/map?run=${runId}"`);
    const map = page.getByRole("button", { name: /^Map of films, PCA: / });
    await map.waitFor();
    await page.waitForTimeout(1500);
    await told(`opened in ${seconds(started)} s`);
    const box = await map.boundingBox();
    if (box === null) throw new Error("The map is not there.");
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await page.mouse.move(x, y);
    await page.mouse.down();
    for (let step = 1; step <= 60; step++) await page.mouse.move(x + 2 * step, y + step);
    await page.mouse.up();
    await page.waitForTimeout(1000);
    await told("moved");
    for (let step = 0; step < 20; step++) await page.mouse.wheel(0, step < 12 ? -120 : 120);
    await page.waitForTimeout(1000);
    await told("zoomed");
    for (let step = 0; step < 60; step++) await page.mouse.move(x - 150 + 5 * step, y + 20);
    await told("pointed at");
    await page.getByText("Lasso", { exact: true }).click();
    await page.mouse.move(x + 120, y);
    await page.mouse.down();
    for (let turn = 1; turn <= 40; turn++)
      await page.mouse.move(x + 120 * Math.cos(turn / 6.4), y + 120 * Math.sin(turn / 6.4));
    await page.mouse.up();
    await page.getByRole("heading", { name: /^Selected: / }).waitFor();
    await page.waitForTimeout(1000);
    await told("lassoed");
  } finally {
    await close();
  }
}
