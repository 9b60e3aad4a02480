/** The main job with as many ratings as MovieLens 1M has, as a person sees it. */
import { expect, it } from "vitest";
import { generateSample, movieLensShapes } from "../core/ratings/sample.ts";
import { accessibilityViolations } from "./workbench/accessibility.ts";
import { chromiumPath, startInBrowser } from "./workbench/in-browser.ts";
import { chooseFirstUser, goTo, split, train } from "./workbench/main-job.ts";
import { screenshots, temporaryFolder } from "./workbench/workbench.ts";

it.skipIf(chromiumPath === null)(
  "a million ratings: imported, made a snapshot, PureSVD trained, compared, and recommended from",
  async () => {
    const files = temporaryFolder("million");
    const { ratingsPath } = await generateSample(movieLensShapes["ml-1m"], files.path);
    const count = movieLensShapes["ml-1m"].ratings.toLocaleString("en");
    const workbench = await startInBrowser(chromiumPath ?? "");
    const { page } = workbench;
    page.setDefaultTimeout(180_000);
    const keep = screenshots("million-ratings", page);
    const violations: string[] = [];
    const shot = async (name: string) => {
      await keep(name);
      violations.push(...(await accessibilityViolations(page, name)));
    };
    try {
      await page.getByRole("heading", { name: "Home", exact: true }).waitFor();
      await goTo(page, "Data");
      await page.getByRole("link", { name: "Import ratings" }).first().click();
      await page.getByLabel("File of ratings").fill(ratingsPath);
      await page.keyboard.press("Enter");
      await page.getByRole("button", { name: "Import", exact: true }).click();
      await page.getByText(`${count} records read: ${count} accepted, 0 rejected.`).waitFor();
      await page.getByRole("link", { name: "Make a snapshot" }).click();
      await page.getByRole("status", { name: "What the recipe leaves" }).getByText(`of ${count} ratings`).waitFor();
      await page.getByRole("button", { name: "Create snapshot" }).click();
      await page.waitForURL(/#\/data\/snapshots\//);
      await page.getByText(new RegExp(`^${count} ratings of 6,040 users on [\\d,]+ films`)).waitFor();
      await page.getByRole("heading", { name: "Ratings given" }).waitFor();
      await shot("profile");
      await split(page);
      await train(page, ["Popularity", "PureSVD"]);
      await shot("trained");

      await page.getByRole("link", { name: "Compare all 2" }).press("Enter");
      await page.getByRole("tab", { name: "Is it better?" }).waitFor();
      await page.getByRole("tabpanel").getByRole("table").first().waitFor();
      await page
        .getByText(/^No difference between |^PureSVD's |^Popularity's /)
        .first()
        .waitFor();
      const verdict = await page.getByRole("tabpanel").innerText();
      for (const said of ["PureSVD", "the baseline", "NDCG@10"]) expect(verdict).toContain(said);
      for (const run of ["PureSVD", "Popularity"]) {
        const row = page.getByRole("row").filter({ hasText: "Succeeded" }).filter({ hasText: run }).first();
        const ndcg = Number(/0\.\d{4}/.exec(await row.innerText())?.[0]);
        // Of the invented films, lists by chance would have less than a tenth of this.
        expect(ndcg).toBeGreaterThan(0.05);
        expect(ndcg).toBeLessThan(1);
      }
      await shot("compared");
      await page.getByRole("link", { name: "See recommendations" }).click();
      const user = await chooseFirstUser(page);
      expect(user).not.toBe("");
      const lists = page.getByRole("region", { name: /^Recommendations of / });
      const films = await lists.nth(1).getByRole("listitem").allInnerTexts();
      expect(new Set(films).size).toBe(films.length);
      await shot("recommendations");
      expect(workbench.complaints).toEqual([]);
      expect(violations).toEqual([]);
    } finally {
      await workbench.close();
      files.remove();
    }
  },
);
