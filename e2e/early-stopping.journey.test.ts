/** A training that ends by itself: set in Train's form, seen in the run, and trained again with one setting changed. */
import { expect, it } from "vitest";
import { inEngine } from "../bench/many-runs.ts";
import { runJob } from "../core/contract/transport.ts";
import { accessibilityViolations } from "./workbench/accessibility.ts";
import { chromiumPath, startInBrowser } from "./workbench/in-browser.ts";
import { screenshots, temporaryFolder } from "./workbench/workbench.ts";

it.skipIf(chromiumPath === null)("a training stops early, says where, and is trained again changed", async () => {
  const folder = temporaryFolder("early-stopping");
  const splitId = await inEngine(folder.path, async (transport) => {
    const { snapshotId } = await runJob(transport, "sample.create", { users: 150, items: 200, ratings: 8000 });
    return (await runJob(transport, "splits.create", { snapshotId, protocol: { protocol: "random" } })).splitId;
  });
  const workbench = await startInBrowser(chromiumPath ?? "", folder.path);
  const { page } = workbench;
  page.setDefaultTimeout(120_000);
  const shot = screenshots("early-stopping", page);
  const runs = () => inEngine(folder.path, (transport) => transport.request("runs.list", {}));
  try {
    await page.getByRole("heading", { name: "Home", exact: true }).waitFor();
    await page.evaluate(`location.hash = '#/train?split=${splitId}'`);
    const options = page.getByRole("region", { name: "Ratings and judgement" });
    await options.getByRole("button", { name: "Change" }).click();
    await options.getByRole("textbox", { name: "Stop early, patience" }).fill("0");
    await options.getByText("A whole number from 1 to 1,000.").waitFor();
    await options.getByRole("textbox", { name: "Stop early, patience" }).fill("2");
    await options.getByText("For all that are trained together: stopping early, patience 2.").waitFor();

    // One that cannot stop early is refused before anything is queued.
    await page.getByRole("region", { name: "Popularity", exact: true }).getByRole("checkbox").check();
    await page.getByText("Popularity cannot be stopped early: train it by itself, without patience.").waitFor();
    expect(await page.getByRole("button", { name: "Train", exact: true }).isDisabled()).toBe(true);
    await page.getByRole("region", { name: "Popularity", exact: true }).getByRole("checkbox").uncheck();

    const svd = page.getByRole("region", { name: "Biased SVD", exact: true });
    await svd.getByRole("button", { name: /^Settings/u }).click();
    await svd.getByRole("textbox", { name: "Factors" }).fill("32");
    await svd.getByRole("textbox", { name: "Epochs" }).fill("200");
    // So weakly held back that learning longer soon stops helping.
    await svd.getByRole("textbox", { name: "Regularization λ", exact: true }).fill("0.001");
    await shot("form");
    expect(await accessibilityViolations(page, "form")).toEqual([]);
    await page.getByRole("button", { name: "Train", exact: true }).click();
    const table = page.getByRole("table", { name: "Runs on this split" });
    await table.getByText("Succeeded").waitFor();
    await table.getByRole("row").filter({ hasText: "Succeeded" }).getByRole("link").first().click();
    await page.getByText("1 run chosen").waitFor();
    await shot("stopped");

    // The address of a chosen run names it; its particulars are a link, too.
    const chosen = /r[0-9a-f]{16,}/u.exec(decodeURIComponent(new URL(page.url()).hash))?.[0] ?? page.url();
    await page.evaluate(`location.hash = '#/compare?open=${chosen}'`);
    await page
      .getByRole("table", { name: "Particulars of the run" })
      .getByText(/^Learnt for \d+ epochs, the best of \d+ tried: RMSE \d\.\d+ on ratings put aside$/u)
      .waitFor();
    await shot("particulars");
    await page.getByRole("dialog").getByRole("link", { name: "Change and train" }).click();
    await page.getByText("What you change makes another run; the old one stays.").waitFor();
    // All is as it was, and the first setting waits for another number.
    await options.getByText(/stopping early, patience 2/u).waitFor();
    expect(await svd.getByRole("textbox", { name: "Epochs" }).inputValue()).toBe("200");
    await svd.getByRole("textbox", { name: "Factors" }).and(page.locator(":focus")).waitFor();
    await page.keyboard.type("16");
    await shot("again");
    expect(await accessibilityViolations(page, "again")).toEqual([]);
    await page.getByRole("button", { name: "Train", exact: true }).click();
    await table.getByText("Succeeded").nth(1).waitFor();
    expect(workbench.complaints).toEqual([]);
  } finally {
    await workbench.close();
  }
  const trained = await runs();
  expect(
    trained
      .map(({ hyperparameters }) => [hyperparameters["factors"], hyperparameters["epochs"]])
      .toSorted(([left], [right]) => Number(left) - Number(right)),
  ).toEqual([
    [16, 200],
    [32, 200],
  ]);
  for (const { training, stopped = [] } of trained) {
    expect(training?.earlyStopping).toMatchObject({ patience: 2, every: 1 });
    expect(stopped).toHaveLength(1);
    // It tried no more than two in vain, and by far not all.
    expect((stopped[0]?.tried ?? 200) - (stopped[0]?.epochs ?? 0)).toBe(2);
    expect(stopped[0]?.tried).toBeLessThan(200);
  }
  folder.remove();
});
