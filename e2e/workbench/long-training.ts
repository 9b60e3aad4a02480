import type { Page } from "playwright-core";

const tray = (page: Page) => page.getByRole("region", { name: "Jobs" });

/** On Train's form, a split being chosen: begins a training that takes long enough to be disturbed. */
export async function beginLongTraining(
  page: Page,
  settings: Readonly<Record<string, number>> = { Epochs: 400 },
): Promise<void> {
  const svd = page.getByRole("region", { name: "Biased SVD", exact: true });
  await svd.getByRole("checkbox").check();
  for (const [name, value] of Object.entries(settings)) {
    const field = svd.getByRole("textbox", { name });
    if (!(await field.isVisible())) await svd.getByRole("button", { name: /^Settings/u }).click();
    await field.fill(String(value));
  }
  await page.getByRole("button", { name: "Train", exact: true }).click();
}

export async function openJobs(page: Page): Promise<void> {
  const toggle = tray(page).getByRole("button", { name: /^Jobs/ });
  if ((await toggle.getAttribute("aria-expanded")) !== "true") await toggle.click();
}

/** What the tray offers for a training that stopped before its end. */
export async function resumeTraining(page: Page, word: "Resume" | "Try again" = "Resume"): Promise<void> {
  await openJobs(page);
  await tray(page)
    .getByRole("button", { name: `${word}: Train Biased SVD` })
    .last()
    .click();
}
