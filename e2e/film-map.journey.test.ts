import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { inEngine } from "../bench/many-runs.ts";
import { runJob } from "../core/contract/transport.ts";
import { accessibilityViolations } from "./workbench/accessibility.ts";
import { chromiumPath, startInBrowser } from "./workbench/in-browser.ts";
import { screenshots, temporaryFolder } from "./workbench/workbench.ts";

const mapOf = (page: Page) => page.getByRole("button", { name: /^Map of films, (PCA|UMAP): / });
const go = async (page: Page, address: string) => {
  await page.evaluate(`location.hash = ${JSON.stringify(`#${address}`)}`);
};

async function fill(directory: string): Promise<{ readonly factors: string; readonly counts: string }> {
  return inEngine(directory, async (transport) => {
    const { snapshotId } = await runJob(transport, "sample.create", { users: 250, items: 320, ratings: 14_000 });
    const { splitId } = await runJob(transport, "splits.create", { snapshotId, protocol: { protocol: "random" } });
    const { runId: counts } = await runJob(transport, "runs.train", { splitId, algorithm: "popularity" });
    const { runId: factors } = await runJob(transport, "runs.train", {
      splitId,
      algorithm: "biased-svd",
      hyperparameters: { factors: 12, epochs: 15 },
    });
    return { factors, counts };
  });
}

interface Visit {
  readonly page: Page;
  readonly runs: { readonly factors: string; readonly counts: string };
  /** Keeps a picture, and what axe finds in it. */
  readonly shot: (name: string) => Promise<void>;
}

/** A workbench with two trained models; afterwards neither axe nor the page may have complained. */
async function visit(name: string, work: (visit: Visit) => Promise<void>): Promise<void> {
  const folder = temporaryFolder(name);
  try {
    const runs = await fill(folder.path);
    const workbench = await startInBrowser(chromiumPath ?? "", folder.path);
    const { page } = workbench;
    page.setDefaultTimeout(60_000);
    const keep = screenshots(name, page);
    const violations: string[] = [];
    const shot = async (picture: string) => {
      await keep(picture);
      violations.push(...(await accessibilityViolations(page, picture)));
    };
    try {
      await page.getByRole("heading", { name: "Home", exact: true }).waitFor();
      await work({ page, runs, shot });
      expect(violations).toEqual([]);
      expect(workbench.complaints).toEqual([]);
    } finally {
      await workbench.close();
    }
  } finally {
    folder.remove();
  }
}

it.skipIf(chromiumPath === null)(
  "the films of a model on a map: found, caught with a lasso, coloured, shared by link",
  () =>
    visit("film-map", async ({ page, shot }) => {
      await go(page, "/recommendations");
      await page.getByRole("link", { name: "Map of films" }).click();
      // Principal components are laid out without being asked for.
      await mapOf(page).waitFor();
      await page.getByText(/the axes hold .* of what varies in 12 factors, trustworthiness/).waitFor();
      await shot("pca");

      const title = await findFirst(page);
      await page.getByRole("group", { name: "Marked film" }).getByText(title).waitFor();
      const size = await lasso(page);
      expect(size).toBeGreaterThan(5);
      await shot("lasso");

      await page.getByText("Error", { exact: true }).click();
      await page.getByText(/^Mean absolute error, over/).waitFor();
      const classes = page.getByRole("list", { name: "Legend" }).getByRole("button");
      await classes.first().click();
      expect(await classes.first().getAttribute("aria-pressed")).toBe("false");
      await shot("error");

      // The address holds all of it: who follows the link sees the same.
      await expect.poll(() => page.url()).toContain("lasso=");
      const address = page.url();
      await go(page, "/data");
      await page.getByRole("heading", { name: "Data", exact: true }).waitFor();
      await page.goto(address);
      await page.reload();
      await page.getByRole("heading", { name: new RegExp(`^Selected: ${String(size)} film`) }).waitFor();
      await page.getByRole("group", { name: "Marked film" }).getByText(title).waitFor();
      expect(await classes.first().getAttribute("aria-pressed")).toBe("false");
    }),
  300_000,
);

it.skipIf(chromiumPath === null)(
  "the map by keys alone, as files, laid out by neighbours, and refused where there is nothing to lay out",
  () =>
    visit("film-map-keys", async ({ page, runs, shot }) => {
      await go(page, `/recommendations/map?run=${runs.factors}`);
      await mapOf(page).waitFor();
      await byKeys(page);
      await exported(page);

      await page.getByText("UMAP", { exact: true }).click();
      await page.getByRole("heading", { name: "This map has not been made yet" }).waitFor();
      await shot("not-made");
      await page.getByRole("button", { name: "Make the map" }).click();
      await page.getByRole("button", { name: /^Map of films, UMAP: / }).waitFor({ timeout: 120_000 });
      await shot("umap");

      await go(page, `/recommendations/map?run=${runs.counts}`);
      await page.getByText(/^This model has no map of its films\./).waitFor();
      await page.getByText("RB_NO_ITEM_FACTORS", { exact: true }).waitFor();
      await shot("no-factors");
      await go(page, `/recommendations/map?run=${runs.factors}&film=nobody`);
      await page.getByText(/^Film nobody is not on this map/).waitFor();
    }),
  300_000,
);

async function findFirst(page: Page): Promise<string> {
  const search = page.getByRole("combobox", { name: "Find a film" });
  await search.click();
  const option = page.getByRole("option").nth(4);
  const title = await option.innerText();
  await search.fill(title.slice(0, Math.max(4, title.length - 2)).toUpperCase());
  await page.getByRole("option", { name: title, exact: true }).click();
  return title;
}

/** Draws around the middle of the map; answers with how many films that caught. */
async function lasso(page: Page): Promise<number> {
  await page.getByRole("button", { name: "Show all of the map" }).click();
  await page.getByText("Lasso", { exact: true }).click();
  const box = await mapOf(page).boundingBox();
  if (box === null) throw new Error("The map is not there.");
  const place = (angle: number) =>
    [
      box.x + box.width / 2 + 0.3 * box.height * Math.cos(angle),
      box.y + box.height / 2 + 0.3 * box.height * Math.sin(angle),
    ] as const;
  await page.mouse.move(...place(0));
  await page.mouse.down();
  for (let turn = 1; turn <= 24; turn++) await page.mouse.move(...place((2 * Math.PI * turn) / 24));
  await page.mouse.up();
  const heading = page.getByRole("heading", { name: /^Selected: / });
  await heading.waitFor();
  expect(await page.getByRole("table", { name: "Selected films" }).count()).toBe(1);
  return Number(/\d+/.exec(await heading.innerText())?.[0]);
}

/** Without a pointer: from film to film, those like it, and what a lasso does. */
async function byKeys(page: Page): Promise<void> {
  await mapOf(page).focus();
  const marked = page.getByRole("group", { name: "Marked film" });
  await page.keyboard.press("Shift+ArrowRight");
  const before = await marked.innerText();
  await page.keyboard.press("+");
  await page.keyboard.press("Shift+ArrowRight");
  await expect.poll(() => marked.innerText()).not.toBe(before);
  await page.keyboard.press("Enter");
  const similar = page.getByRole("dialog", { name: /^Films like / });
  await similar.getByRole("listitem").first().waitFor();
  await page.keyboard.press("Escape");
  await similar.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "to the marked film" }).press("Enter");
  await page.getByRole("heading", { name: "Selected: 21 films" }).waitFor();
  await page.getByRole("button", { name: /^Show as a table: Map of films/ }).press("Enter");
  await page.getByRole("table", { name: "Films of the map" }).waitFor();
  await page.getByRole("button", { name: /^Show the chart of Map of films/ }).press("Enter");
  await mapOf(page).waitFor();
}

async function exported(page: Page): Promise<void> {
  for (const [item, begins] of [
    [/^CSV/, "Film,Film id,Year,Genres,Ratings"],
    [/^SVG/, "<svg "],
    [/^PNG/, "\u0089PNG"],
  ] as const) {
    await page.getByRole("button", { name: /^Export Map of films/ }).click();
    const saved = page.waitForEvent("download");
    await page.getByRole("menuitem", { name: item }).click();
    const path = await (await saved).path();
    expect(readFileSync(path, "latin1").slice(0, begins.length)).toBe(begins);
  }
}
