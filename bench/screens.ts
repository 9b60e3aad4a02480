/**
 * Every screen on a workspace, opened one after the other in a browser and used where something heavy answers: tasks of the page's
 * main thread over 50 ms, the longest on the clock and in processor time, and the slowest answer to a click or a key.
 * `node bench/screens.ts --workspace DIRECTORY [--only WORDS]`, after `npm run build` and
 * `node bench/runs.ts --workspace DIRECTORY`.
 */
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import type { Transport } from "../core/contract/transport.ts";
import { lookAround, views } from "../e2e/screenshots/screens.ts";
import type { Known } from "../e2e/screenshots/screens.ts";
import { settled } from "../e2e/screenshots/visit.ts";
import { chromiumPath, startInBrowser } from "../e2e/workbench/in-browser.ts";
import { temporaryFolder } from "../e2e/workbench/workbench.ts";
import { mainThreadDuring, told } from "./main-thread.ts";
import type { MainThread } from "./main-thread.ts";
import { inEngine } from "./many-runs.ts";

const { values } = parseArgs({ options: { workspace: { type: "string" }, only: { type: "string", default: "" } } });
const directory = values.workspace;
if (directory === undefined) throw new Error("Name the workspace that bench/runs.ts has made: --workspace DIRECTORY");
const wanted = new RegExp(values.only);

const files = temporaryFolder("bench-screens");
const known = await inEngine(directory, (transport) => inSight(transport));
const { page, close } = await startInBrowser(chromiumPath ?? "/usr/bin/chromium", directory);
page.setDefaultTimeout(60_000);
const all: { readonly what: string; readonly thread: MainThread }[] = [];

/** What is asked of the page while it is looked at is work of its main thread, too: selectors of style sheets, and few of them. */
async function during(what: string, action: () => Promise<unknown>): Promise<void> {
  const thread = await mainThreadDuring(page, async () => {
    await action();
    await page.waitForTimeout(700);
  });
  all.push({ what, thread });
  console.log(told(what, thread));
}

/** The largest snapshot, and runs of the split that has most of them. */
async function inSight(transport: Transport): Promise<Known> {
  const seen = await lookAround(transport, "large", files.path);
  const { rows } = await transport.request("runs.query", { where: "state = succeeded", limit: 1000 });
  const sizes = new Map<string, number>();
  for (const { splitId } of rows) sizes.set(splitId, (sizes.get(splitId) ?? 0) + 1);
  const split = [...sizes].sort((a, b) => b[1] - a[1])[0]?.[0] ?? seen.split;
  const ofSplit = rows.filter(({ splitId }) => splitId === split);
  const large = rows.find(({ snapshotId }) => snapshotId === seen.snapshot);
  return { ...seen, split, runs: ofSplit.slice(0, 4).map(({ id }) => id), factors: large?.id ?? seen.factors };
}

const go = (address: string) => page.evaluate(`location.hash = ${JSON.stringify(`#${address}`)}`);

async function openEveryScreen(): Promise<void> {
  for (const { screen, name, address } of views) {
    const [what, where] = [`${screen}/${name}`, address(known)];
    if (where === null || !wanted.test(what)) continue;
    await during(what, async () => {
      await go(where);
      await page.waitForTimeout(150);
      await settled(page, 60_000);
    });
  }
}

async function chooseRuns(): Promise<void> {
  await go("/compare");
  await settled(page);
  const table = page.locator('table[aria-label="Runs"]');
  const rows = table.locator("tbody tr[aria-rowindex]");
  await during("compare, sorted", () => table.locator("th button", { hasText: "NDCG@10" }).click());
  await during("compare, scrolled", async () => {
    await rows.first().hover();
    for (let step = 0; step < 20; step++) await page.mouse.wheel(0, 300);
  });
  await during("compare, searched", () => page.locator('[aria-label="Search runs"]').fill("algorithm = ials"));
  await during("compare, a run chosen", () => rows.first().locator("input").click());
  await during("compare, a second run chosen", () => rows.nth(1).locator("input").click());
  for (const name of ["Metrics", "Learning curves", "Where it errs", "User by user", "Trade-offs", "Settings"])
    await during(`compare, ${name} clicked`, () => page.locator('[role="tab"]', { hasText: name }).first().click());
}

async function useTrain(): Promise<void> {
  await go(`/train?split=${known.split}`);
  await settled(page);
  const rows = page.locator('table[aria-label="Runs on this split"] tbody tr');
  await during("train, runs scrolled", async () => {
    await rows.first().hover();
    for (let step = 0; step < 20; step++) await page.mouse.wheel(0, 300);
  });
}

async function useMap(): Promise<void> {
  if (known.factors === undefined) return;
  await go(`/recommendations/map?run=${known.factors}`);
  const map = page.locator('button[aria-roledescription="map"]');
  await map.waitFor();
  await page.waitForTimeout(1500);
  const box = await map.boundingBox();
  if (box === null) throw new Error("The map is not there.");
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await during("map, lassoed", async () => {
    await page.locator("label", { hasText: "Lasso" }).click();
    await page.mouse.move(x + 120, y);
    await page.mouse.down();
    for (let turn = 1; turn <= 40; turn++)
      await page.mouse.move(x + 120 * Math.cos(turn / 6.4), y + 120 * Math.sin(turn / 6.4));
    await page.mouse.up();
    await page.locator("#chosen-films").waitFor();
  });
  await during("map, coloured by ratings", () => page.locator("label", { hasText: "Ratings" }).click());
  await during("map, as a table", () => page.locator('[aria-label^="Show as a table: Map"]').click());
}

try {
  await page.getByRole("heading", { name: "Home", exact: true }).waitFor();
  await openEveryScreen();
  for (const [what, use] of [
    ["compare, used", chooseRuns],
    ["train, used", useTrain],
    ["map, used", useMap],
  ] as const)
    if (wanted.test(what)) await use();
} finally {
  await close();
  files.remove();
}
const over = all.filter(({ thread }) => thread.processor > 50).sort((a, b) => b.thread.processor - a.thread.processor);
console.log(`\n${String(over.length)} of ${String(all.length)} hold a task of more than 50 ms of processor time:`);
for (const { what, thread } of over) console.log(`  ${thread.processor.toFixed(0).padStart(4)} ms  ${what}`);
const slowest = all.reduce((most, { thread }) => Math.max(most, thread.answer ?? 0), 0);
console.log(`slowest answer to a click or a key: ${slowest.toFixed(0)} ms; load ${loadavg()[0]?.toFixed(1) ?? ""}`);
