import type { Page } from "playwright-core";
import { goTo } from "./main-job.ts";

interface TargetAddresses {
  readonly name: string;
  readonly postgres: string;
  readonly redis?: string;
}

/** Adds a publish target by its form, its password used until the workbench is closed, and leaves it chosen. */
export async function addTarget(page: Page, { name, postgres, redis }: TargetAddresses): Promise<void> {
  await goTo(page, "Publish");
  await page.getByRole("button", { name: "Add target" }).click();
  const form = page.getByRole("dialog", { name: "Add a target" });
  await form.getByLabel("Name").fill(name);
  await form.getByLabel("Postgres").fill(postgres);
  if (redis !== undefined) await form.getByLabel("Redis (optional)").fill(redis);
  await form.getByRole("switch", { name: /^Use the password/ }).press("Space");
  await form.getByRole("button", { name: "Save" }).click();
  await form.waitFor({ state: "hidden" });
  await chooseTarget(page, name);
}

export async function chooseTarget(page: Page, name: string): Promise<void> {
  await page
    .getByRole("region", { name: "Targets" })
    .getByRole("button", { name: new RegExp(`^${name}`) })
    .first()
    .click();
  await page.getByRole("heading", { name: `Publish to ${name}` }).waitFor();
}

/** Opens the test of the connection; what it says is in the dialog. */
export async function testTarget(page: Page, name: string) {
  await page.getByRole("button", { name: `Actions for target ${name}` }).click();
  await page.getByRole("menuitem", { name: "Test the connection" }).click();
  return page.getByRole("dialog", { name: `Connection to ${name}` });
}

/** Presses Publish for the chosen target, with the first run that is offered where none is chosen. */
export async function beginPublication(page: Page): Promise<void> {
  const run = page.getByRole("combobox", { name: "Run" });
  if ((await run.inputValue()) === "") {
    await run.click();
    await page.getByRole("option").first().click();
  }
  await page.getByRole("button", { name: "Publish", exact: true }).click();
}

/** The version that the publication under way ends with. */
export async function untilLive(page: Page): Promise<string> {
  const told = page.getByText(/^Version .+ is live$/);
  await told.waitFor({ timeout: 120_000 });
  return /^Version (.+) is live$/.exec(await told.innerText())?.[1] ?? "";
}
