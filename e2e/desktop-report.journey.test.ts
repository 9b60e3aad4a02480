/** A comparison as a PDF, through the desktop's own dialog. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { findElectron } from "../scripts/desktop/electron.ts";
import { hasDisplay, startInElectron } from "./workbench/in-electron.ts";
import { twoQuickRuns } from "./workbench/two-quick-runs.ts";
import { screenshots, root, temporaryFolder } from "./workbench/workbench.ts";

const electron = findElectron(root);
const missing = electron.path === null || !hasDisplay();

it.skipIf(missing)(
  "a comparison is saved as PDF where the person says, and nowhere when the dialog is dismissed",
  async () => {
    const folder = temporaryFolder("desktop-report");
    const runs = await twoQuickRuns(join(folder.path, "workspace"));
    const workbench = await startInElectron(electron.path ?? "", root, folder);
    const { page, app } = workbench;
    try {
      const shot = screenshots("desktop-report", page);
      const file = join(folder.path, "the comparison.pdf");
      const answer = (filePath: string) =>
        app.evaluate(({ app: main, dialog }, chosen) => {
          dialog.showSaveDialog = () => {
            main.emit("reelbench-test-asked");
            return Promise.resolve({ canceled: chosen === "", filePath: chosen });
          };
        }, filePath);
      /** Resolves when the dialog is next shown: the report is made before that, which takes its time. */
      const asked = () =>
        app.evaluate(
          ({ app: main }) =>
            new Promise<void>((resolve) => {
              main.once("reelbench-test-asked" as "activate", () => resolve());
            }),
        );
      await page.getByText("This workspace").waitFor();
      await page.evaluate(`location.hash = '#/compare?run=${encodeURIComponent(JSON.stringify(runs))}'`);
      const saved = page.getByText("The report was saved as PDF.");
      const choose = async () => {
        await page.getByRole("button", { name: "Report" }).click();
        await page.getByRole("menuitem", { name: "PDF" }).click();
      };
      await answer("");
      const dismissed = asked();
      await choose();
      await dismissed;
      await page.getByRole("menuitem", { name: "PDF" }).waitFor({ state: "hidden" });
      await answer(file);
      expect(existsSync(file)).toBe(false);
      await choose();
      await saved.first().waitFor();
      await shot("saved");
      const pdf = readFileSync(file);
      expect(pdf.subarray(0, 5).toString("latin1")).toBe("%PDF-");
      expect(pdf.toString("latin1")).toMatch(/\/Type\s*\/Pages/u);
      expect(pdf.byteLength).toBeGreaterThan(10_000);
      expect(await saved.count()).toBe(1);
      // A page cannot say where, nor name anything but a PDF.
      expect(
        await page.evaluate(
          `window.reelbench.savePdf({ name: "../out.pdf", html: "<p>" }).then(() => "saved", () => "refused")`,
        ),
      ).toBe("refused");
      expect(workbench.complaints).toEqual([]);
    } finally {
      await workbench.close();
    }
  },
);
