import { it } from "vitest";
import { workOnData } from "./workbench/data-work.ts";
import { chromiumPath, startInBrowser } from "./workbench/in-browser.ts";

it.skipIf(chromiumPath === null)(
  "ratings that nobody could guess: mapped, tried, imported, cleaned, examined, followed to their rows",
  async () => {
    const workbench = await startInBrowser(chromiumPath ?? "");
    try {
      await workOnData(workbench, "data");
    } finally {
      await workbench.close();
    }
  },
);
