import type { Hand, Task } from "./hand.ts";

async function choose(hand: Hand, names: readonly string[]): Promise<void> {
  const { page } = hand;
  for (const name of names) {
    const row = page.locator(".ag-row").filter({ has: page.getByRole("link", { name, exact: true }) });
    await hand.click(row.first().getByRole("checkbox").first(), `the box of ${name}`);
  }
}

async function compare(hand: Hand, names: readonly string[]): Promise<void> {
  await choose(hand, names);
  await hand.click(hand.page.getByTestId("runs-compare-button"), "Compare");
}

/** Each from MLflow's list of runs, as it opens. A task that is not here was not found in its interface. */
export const mlflowTasks: Readonly<Record<number, Task>> = {
  1: async (hand) => {
    const { page } = hand;
    await hand.click(page.getByText("Datasets", { exact: true }).last(), "Datasets");
    await hand.click(page.getByRole("option", { name: /^Sample \(/u }).first(), "Sample");
    await hand.click(page.getByText(/^Sort: /u).first(), "Sort");
    await hand.click(page.getByText("ndcg_at_10", { exact: true }).last(), "ndcg_at_10");
  },
  2: async (hand) => {
    await compare(hand, ["svd 8", "svd 32"]);
    await hand.click(hand.page.getByText("Show diff only").first(), "Show diff only");
  },
  3: async (hand) => {
    await compare(hand, ["svd 8", "svd 16", "svd 32"]);
    // It stands below the parameters, at the end of a list of its own. Scrolling counts nothing.
    const metric = hand.page.locator("a[href*='train-rmse']").first();
    await hand.page.locator("a[href*='/metric?']").first().scrollIntoViewIfNeeded();
    await hand.page.getByText("rmse", { exact: true }).first().hover();
    for (let turn = 0; turn < 20 && (await metric.count()) === 0; turn++) {
      await hand.page.mouse.wheel(0, 200);
      await hand.page.waitForTimeout(150);
    }
    await hand.click(metric, "train-rmse");
    await hand.click(
      hand.page
        .getByText(/log scale/iu)
        .locator("..")
        .getByRole("switch")
        .first(),
      "Y-axis log scale",
    );
  },
  // The address of a comparison names its runs. Its views save columns, filters and charts under a name, not which runs are chosen.
  10: async (hand) => {
    const { page } = hand;
    await compare(hand, ["ials 16", "svd 32"]);
    await page.getByText("Comparing 2 Runs").first().waitFor();
    await hand.press("ControlOrMeta+l", "the address (a key)");
    await hand.press("ControlOrMeta+c", "copied (a key)");
    const other = await page.context().newPage();
    await other.goto(page.url());
    await other.getByText("Comparing 2 Runs").first().waitFor();
    await other.close();
  },
  5: async (hand) => {
    const { page } = hand;
    await hand.click(page.locator('button:has-text("New run")').locator("xpath=preceding::button[1]"), "⋮");
    const download = page.waitForEvent("download");
    await hand.click(page.getByRole("menuitem", { name: /^Download/u }).first(), "Download runs");
    await download;
  },
  8: async (hand) => {
    const { page } = hand;
    await hand.click(page.getByText("Model training", { exact: true }), "Model training");
    await hand.click(page.getByRole("link", { name: "Model registry" }).last(), "Model registry");
    const novelty = page.getByRole("dialog").getByRole("button", { name: "Try it now" });
    await novelty.waitFor({ timeout: 15_000 }).then(
      () => novelty.click(),
      () => undefined,
    );
    await hand.click(page.getByRole("link", { name: "front-page" }).first(), "front-page");
    const older = page.getByRole("row").filter({ hasText: "Version 1" });
    await hand.click(older.getByText("Add", { exact: true }).last(), "Add (alias of version 1)");
    const dialog = page.getByRole("dialog");
    await hand.click(dialog.getByRole("combobox"), "its field");
    await hand.type("champion", "champion");
    await hand.press("Enter", "Enter");
    await hand.click(dialog.getByRole("button", { name: "Save aliases" }), "Save aliases");
    await dialog.waitFor({ state: "hidden" });
  },
  6: async (hand) => {
    const { page } = hand;
    await hand.click(page.getByText("Model training", { exact: true }), "Model training");
    await hand.click(page.getByRole("link", { name: "Model registry" }).last(), "Model registry");
    // What is told to newcomers once is not counted.
    const novelty = page.getByRole("dialog").getByRole("button", { name: "Try it now" });
    await novelty.waitFor().then(
      () => novelty.click(),
      () => undefined,
    );
    await hand.click(page.getByRole("link", { name: "Version 2" }).last(), "@champion: Version 2");
    await hand.click(page.getByRole("link", { name: /ials 32|runs\//u }).first(), "the source run");
  },
};
