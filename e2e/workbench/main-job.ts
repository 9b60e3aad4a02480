import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { z } from "zod";
import { generateSample } from "../../core/ratings/sample.ts";
import { accessibilityViolations } from "./accessibility.ts";
import { screenshots, temporaryFolder } from "./workbench.ts";
import type { Workbench } from "./workbench.ts";

/** Small, and dense enough that a factor model has something to find. */
export const shape = { seed: 5, users: 300, items: 400, ratings: 20_000 };
const recommendations = z.object({
  version: z.string(),
  items: z.array(z.object({ itemId: z.string(), title: z.string().nullable(), score: z.number() })),
});

/**
 * The main job as a person does it, with the mouse and the keyboard: import a file, make a snapshot, split, train two, compare,
 * look at recommendations, publish one, start the server and ask it over HTTP. What HTTP answers must be the list that the
 * workbench showed, title by title.
 */
export async function doMainJob(workbench: Workbench, journey: string): Promise<void> {
  const { page } = workbench;
  page.setDefaultTimeout(60_000);
  const keep = screenshots(journey, page);
  const violations: string[] = [];
  /** Everything that is worth a look is also looked at by axe. */
  const shot = async (name: string) => {
    await keep(name);
    violations.push(...(await accessibilityViolations(page, name)));
  };
  const files = temporaryFolder("ratings");
  try {
    const { ratingsPath } = await generateSample(shape, files.path);
    await page.getByRole("heading", { name: "Home", exact: true }).waitFor();
    await shot("home-empty");
    await importFile(workbench, ratingsPath);
    await shot("imported");
    await makeSnapshot(page);
    await shot("snapshot");
    await split(page);
    await train(page, ["Biases", "Biased SVD"]);
    await shot("trained");
    await compare(page);
    await shot("compared");
    await page.getByRole("link", { name: "See recommendations" }).click();
    await chooseFirstUser(page);
    await shot("recommendations");
    // Nothing stands beyond the column's edge: there the stars would be.
    const beyond: unknown = await page.evaluate(
      `(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(document.querySelector("[aria-label='History, scrolls']"))`,
    );
    expect(beyond).toBe(0);
    await publish(page);
    await shot("published");
    const server = await startServer(page);
    await shot("server-running");
    const { user, titles } = await recommendationsOfRefit(page);
    await shot("recommendations-of-refit");
    expect(await titlesOverHttp(server, user)).toEqual(titles);
    await expectRefusal(server, user);
    await inTheDark(page, shot);
    expect(workbench.complaints).toEqual([]);
    expect(violations).toEqual([]);
  } finally {
    files.remove();
  }
}

export const goTo = (page: Page, screen: string) =>
  page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: screen, exact: true }).click();

export async function importFile({ page, answerFileDialog }: Workbench, path: string): Promise<void> {
  await goTo(page, "Data");
  await page.getByRole("link", { name: "Import ratings" }).first().click();
  if (await answerFileDialog(path)) await page.getByRole("button", { name: "Browse…" }).first().click();
  else {
    await page.getByLabel("File of ratings").fill(path);
    await page.keyboard.press("Enter");
  }
  await page.getByRole("button", { name: "Import", exact: true }).click();
  // Counted here, in the file itself.
  const records = readFileSync(path, "utf8").trimEnd().split("\n").length - 1;
  const count = records.toLocaleString("en");
  await page.getByText(`${count} records read: ${count} accepted, 0 rejected.`).waitFor();
}

export async function makeSnapshot(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Make a snapshot" }).click();
  await page.getByRole("button", { name: "Create snapshot" }).click();
  await page.waitForURL(/#\/data\/snapshots\//);
  await page.getByText(shape.ratings.toLocaleString("en")).first().waitFor();
}

export async function split(page: Page): Promise<void> {
  await goTo(page, "Train");
  await page.getByRole("button", { name: /^Use / }).first().click();
  await page.getByText(/^Trained on [\d,]+ ratings/).waitFor();
}

export async function train(page: Page, algorithms: readonly string[]): Promise<void> {
  for (const name of algorithms) await page.getByRole("region", { name, exact: true }).getByRole("checkbox").check();
  await page.getByRole("button", { name: `Train ${String(algorithms.length)} models` }).click();
  const runs = page.getByRole("table", { name: "Runs on this split" });
  await runs
    .getByText("Succeeded")
    .nth(algorithms.length - 1)
    .waitFor({ timeout: 120_000 });
}

async function compare(page: Page): Promise<void> {
  // By the keyboard: the toasts of two trainings lie over the corner where the link is.
  await page.getByRole("link", { name: "Compare all 2" }).press("Enter");
  await page.getByRole("tab", { name: "Is it better?" }).waitFor();
  await page.getByRole("tabpanel").getByRole("table").first().waitFor();
  // Nobody chose a baseline: user by user it is the simplest run, as in the verdict, and not the one that was chosen first.
  await page.getByRole("tab", { name: "User by user" }).click();
  await page.getByText("against Biases", { exact: true }).waitFor();
  await page.getByRole("tab", { name: "Is it better?" }).click();
  await page.getByRole("tabpanel").getByRole("table").first().waitFor();
}

/** Chooses the first user that the list offers, and returns the id once both models have answered. */
export async function chooseFirstUser(page: Page): Promise<string> {
  await page.getByRole("combobox", { name: "User" }).click();
  const option = page.getByRole("option").first();
  const user = (await option.innerText()).split(/\s/)[0] ?? "";
  await option.click();
  for (const list of [0, 1]) {
    await page
      .getByRole("region", { name: /^Recommendations of / })
      .nth(list)
      .getByRole("listitem")
      .nth(9)
      .waitFor();
  }
  return user;
}

/** What the workbench says that the published model, the one trained on all of the snapshot, recommends. */
async function recommendationsOfRefit(
  page: Page,
): Promise<{ readonly user: string; readonly titles: readonly string[] }> {
  await goTo(page, "Recommendations");
  await page.getByRole("combobox", { name: "Models, side by side" }).press("ArrowDown");
  const option = page.getByRole("option", { name: / \(refit\)$/ });
  if ((await option.getAttribute("aria-selected")) !== "true") await option.click();
  await page.keyboard.press("Escape");
  const user = await chooseFirstUser(page);
  const films = page.getByRole("region", { name: / \(refit\)$/ }).getByRole("button", { name: /^Similar to / });
  await films.nth(9).waitFor();
  const labels = await Promise.all((await films.all()).map((film) => film.getAttribute("aria-label")));
  return { user, titles: labels.map((label) => (label ?? "").replace("Similar to ", "")) };
}

/** Publishes the factor model as the form proposes it: trained again on all of the snapshot. */
async function publish(page: Page): Promise<void> {
  await goTo(page, "Publish");
  await page.getByRole("combobox", { name: "Run" }).click();
  await page.getByRole("option", { name: /SVD/ }).first().click();
  await page.getByRole("button", { name: "Publish", exact: true }).click();
  await page.getByText(/^Version .+ is live$/).waitFor({ timeout: 180_000 });
  await page.getByText(/ 0 mismatches, /).waitFor();
}

interface RunningServer {
  readonly url: string;
  readonly key: string;
}

async function startServer(page: Page): Promise<RunningServer> {
  const section = page.getByRole("region", { name: "Bundled server" });
  await section.getByRole("button", { name: "Start server" }).click();
  await section.getByText("Running").waitFor({ timeout: 120_000 });
  const url = await section.locator("code").first().innerText();
  await section.getByRole("button", { name: "Show" }).click();
  return { url, key: await section.locator("code").nth(1).innerText() };
}

async function ask({ url }: RunningServer, user: string, headers: Readonly<Record<string, string>>): Promise<Response> {
  return fetch(new URL(`/v1/users/${encodeURIComponent(user)}/recommendations?n=10`, url), { headers });
}

async function titlesOverHttp(server: RunningServer, user: string): Promise<readonly (string | null)[]> {
  const response = await ask(server, user, { authorization: `Bearer ${server.key}` });
  expect(response.status).toBe(200);
  return recommendations.parse(await response.json()).items.map(({ title }) => title);
}

async function expectRefusal(server: RunningServer, user: string): Promise<void> {
  const response = await ask(server, user, { authorization: "Bearer guessed" });
  expect([response.status, response.headers.get("content-type")?.split(";")[0]]).toEqual([
    401,
    "application/problem+json",
  ]);
}

async function inTheDark(page: Page, shot: (name: string) => Promise<void>): Promise<void> {
  await goTo(page, "Publish");
  await page.keyboard.press("ControlOrMeta+k");
  const palette = page.getByRole("dialog");
  await palette.getByRole("textbox").fill("Dark theme");
  await palette.getByRole("button", { name: "Dark theme" }).click();
  await page.locator("html[data-mantine-color-scheme=dark]").waitFor({ state: "attached" });
  await shot("publish-dark");
  await goTo(page, "Compare");
  await shot("compare-dark");
}
