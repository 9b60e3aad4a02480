import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { generateSample } from "../core/ratings/sample.ts";
import { accessibilityViolations } from "./workbench/accessibility.ts";
import { chromiumPath, startInBrowser } from "./workbench/in-browser.ts";
import { goTo, importFile, makeSnapshot, shape, split, train } from "./workbench/main-job.ts";
import { screenshots, temporaryFolder } from "./workbench/workbench.ts";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

async function publish(page: Page, run: RegExp): Promise<string> {
  await goTo(page, "Publish");
  await page.getByRole("combobox", { name: "Run" }).click();
  await page.getByRole("option", { name: run }).first().click();
  await page.getByRole("button", { name: "Publish", exact: true }).click();
  const told = page.getByText(/^Version .+ is live$/);
  await told.waitFor({ timeout: 180_000 });
  return /^Version (.+) is live$/.exec(await told.innerText())?.[1] ?? "";
}

const rowOf = (page: Page, version: string) =>
  page.getByRole("table", { name: "Versions", exact: true }).getByRole("row").filter({ hasText: version });

it.skipIf(chromiumPath === null)(
  "a model's life: published, carded, taken to another program, compared, rolled back, retired and restored",
  async () => {
    const workbench = await startInBrowser(chromiumPath ?? "");
    const { page } = workbench;
    page.setDefaultTimeout(60_000);
    const files = temporaryFolder("models");
    const keep = screenshots("models", page);
    const violations: string[] = [];
    const shot = async (name: string) => {
      await keep(name);
      violations.push(...(await accessibilityViolations(page, name)));
    };
    try {
      const { ratingsPath } = await generateSample(shape, files.path);
      await page.getByRole("heading", { name: "Home", exact: true }).waitFor();
      await goTo(page, "Models");
      await page.getByRole("heading", { name: "No version yet" }).waitFor();
      await shot("empty");
      await importFile(workbench, ratingsPath);
      await makeSnapshot(page);
      await split(page);
      await train(page, ["Biases", "Biased SVD"]);

      await goTo(page, "Models");
      await page.getByText("Candidates (2)").click();
      await page
        .getByRole("button", { name: /^Register / })
        .nth(1)
        .waitFor();
      await shot("candidates");

      const first = await publish(page, /^Biases/);
      await goTo(page, "Models");
      await rowOf(page, "recommender 1").getByText("local").waitFor();
      await page.getByRole("link", { name: "recommender 1" }).click();
      await page.getByRole("heading", { name: "recommender 1", level: 1 }).waitFor();
      const address = page.url();
      await describe(page);
      await shot("card");
      await lineage(page, ratingsPath);
      await shot("lineage");
      await bundle(page, files.path);
      await shot("bundle");
      await page.getByRole("tab", { name: /^Publications/ }).click();
      await page.getByRole("table", { name: "Publications of this version" }).getByText(first).waitFor();

      const second = await publish(page, /^Biased SVD/);
      expect(second).not.toBe(first);
      await goTo(page, "Models");
      await rowOf(page, "recommender 2").getByText("local").waitFor();
      expect(await rowOf(page, "recommender 1").getByText("local").count()).toBe(0);
      await rowOf(page, "recommender 1").getByText("champion").waitFor();
      await page.getByRole("textbox", { name: "Search models" }).fill("champion");
      await expect.poll(() => page.getByRole("link", { name: /^recommender / }).count()).toBe(1);
      await page.getByRole("textbox", { name: "Search models" }).fill("");
      await shot("versions");

      for (const version of ["recommender 1", "recommender 2"])
        await rowOf(page, version).getByRole("checkbox").check();
      await page.getByRole("button", { name: "Compare the two" }).click();
      await page.getByRole("table", { name: "Settings" }).getByText("algorithm").waitFor();
      await page.getByRole("table", { name: "Metrics" }).getByText("RMSE").waitFor();
      await page.getByText("Both were learnt from the same snapshot, to the bit.").waitFor();
      await shot("compared");

      await retireRefused(page, "recommender 2");
      await watchProduction(page, shot);
      await goTo(page, "Publish");
      await page.getByRole("button", { name: `Roll back to ${first}` }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Roll back", exact: true }).click();
      await page.getByRole("region", { name: "Live now" }).getByText(first).first().waitFor({ timeout: 60_000 });
      await goTo(page, "Models");
      await rowOf(page, "recommender 1").getByText("local").waitFor();

      await page.getByRole("link", { name: "recommender 2" }).click();
      await page.getByRole("button", { name: "Retire", exact: true }).click();
      await page.getByText(/^Out of use since/).waitFor();
      await shot("retired");
      await goTo(page, "Models");
      await page.getByText("Retired (1)").click();
      await page.getByRole("link", { name: "recommender 2" }).click();
      await page.getByRole("button", { name: "Restore", exact: true }).click();
      await page.getByRole("button", { name: "Retire", exact: true }).waitFor();

      // A link to the version opens it, with what was written there.
      await page.goto(address);
      await page.getByRole("textbox", { name: "Notes" }).waitFor();
      expect(await page.getByRole("textbox", { name: "Notes" }).inputValue()).toBe("Ready for the spring campaign.");
      expect(workbench.complaints).toEqual([]);
      expect(violations).toEqual([]);
    } finally {
      await workbench.close();
      files.remove();
    }
  },
);

async function describe(page: Page): Promise<void> {
  await page.getByRole("textbox", { name: "Notes" }).fill("Ready for the spring campaign.");
  await page.keyboard.press("Control+Enter");
  await page.getByRole("textbox", { name: "Intended use" }).fill("The front page of the film club.");
  await page.getByRole("tabpanel", { name: "Card" }).getByRole("button", { name: "Save", exact: true }).click();
  await page.getByRole("combobox", { name: "Aliases" }).fill("champion");
  await page.keyboard.press("Enter");
  await page.getByText("champion", { exact: true }).first().waitFor();
}

/** The chain ends at the bytes of the file that was imported: their hash, taken here. */
async function lineage(page: Page, ratingsPath: string): Promise<void> {
  await page.getByRole("tab", { name: "Lineage" }).click();
  const chain = page.getByRole("list", { name: "Lineage" });
  await chain.getByTitle(sha256(readFileSync(ratingsPath))).waitFor();
  const steps = await chain.getByRole("heading", { level: 2 }).allInnerTexts();
  expect(steps).toEqual(["Source", "Snapshot", "Split", "Run", "Version"]);
}

/** What is downloaded unpacks to the files that are listed, to the bit. */
async function bundle(page: Page, folder: string): Promise<void> {
  await page.getByRole("tab", { name: "Bundle and Python" }).click();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: /^Download recommender-1\.tar/ }).click(),
  ]);
  const archive = join(folder, "model.tar");
  await download.saveAs(archive);
  execFileSync("tar", ["-xf", archive, "-C", folder]);
  const listed = page.getByRole("table", { name: "Files of the bundle" });
  for (const name of ["card.json", "items.json", "model.safetensors", "users.json", "score.py"])
    await listed.getByText(sha256(readFileSync(join(folder, "recommender-1", name)))).waitFor();
}

/** The bundled server's own figures, while it is asked and after it has gone. */
async function watchProduction(page: Page, shot: (name: string) => Promise<void>): Promise<void> {
  await goTo(page, "Publish");
  const charts = page.getByRole("region", { name: "Production metrics" });
  await charts.getByText(/^No server to look at/).waitFor();
  const section = page.getByRole("region", { name: "Bundled server" });
  await section.getByRole("button", { name: "Start server" }).click();
  await section.getByText("Running").waitFor({ timeout: 120_000 });
  const url = await section.locator("code").first().innerText();
  await section.getByRole("button", { name: "Show" }).click();
  const authorization = `Bearer ${await section.locator("code").nth(1).innerText()}`;
  await charts.getByText(/^serves /).waitFor({ timeout: 60_000 });
  const asked = setInterval(() => {
    void fetch(new URL("/v1/users/1/recommendations?n=5", url), { headers: { authorization } }).then((answer) =>
      answer.text(),
    );
  }, 50);
  try {
    await charts.getByRole("img", { name: /^Requests: per second/ }).waitFor({ timeout: 60_000 });
    await charts.getByRole("img", { name: /^Latency: ms/ }).waitFor({ timeout: 60_000 });
    await charts.getByRole("button", { name: "Show as a table: Requests" }).click();
    // About twenty a second were asked: what is shown is what the server counted.
    const rate = async () => Number((await charts.getByRole("row").last().getByRole("cell").last().innerText()) || "0");
    await expect.poll(rate, { timeout: 40_000 }).toBeGreaterThan(5);
    await charts.getByRole("button", { name: "Show the chart of Requests" }).click();
    await charts.scrollIntoViewIfNeeded();
    await shot("production");
  } finally {
    clearInterval(asked);
  }
  // Killed, it is started again by itself, and why that was stays on the card.
  const shownProcess = section.getByText(/^process \d+$/u);
  const killed = await shownProcess.innerText();
  process.kill(Number(killed.slice("process ".length)), "SIGKILL");
  await section.getByText(/^It ended by itself at .+ \(SIGKILL\)\.$/u).waitFor({ timeout: 60_000 });
  await section.getByText("Running").waitFor({ timeout: 60_000 });
  expect(await shownProcess.innerText()).not.toBe(killed);
  await shot("server-started-again");
  await section.getByRole("button", { name: "Stop server" }).click();
  await section.getByText("Stopped").waitFor({ timeout: 60_000 });
  await charts.getByText(/^No server answers now/).waitFor({ timeout: 30_000 });
  await shot("production-gone");
}

async function retireRefused(page: Page, version: string): Promise<void> {
  await goTo(page, "Models");
  await page.getByRole("link", { name: version }).click();
  await page.getByRole("button", { name: "Retire", exact: true }).click();
  await page.getByText(/is live on local/).waitFor();
}
