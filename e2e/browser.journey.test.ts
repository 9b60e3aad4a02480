import { expect, it } from "vitest";
import { chromiumPath, startInBrowser } from "./workbench/in-browser.ts";
import { doMainJob } from "./workbench/main-job.ts";

// Said aloud by `npm test`, too: without a browser there is nothing to drive.
it.skipIf(chromiumPath === null)(
  "the main job in a browser: import, train two, compare, publish, ask over HTTP",
  async () => {
    const workbench = await startInBrowser(chromiumPath ?? "");
    try {
      await doMainJob(workbench, "browser");
    } finally {
      await workbench.close();
    }
  },
);

it.skipIf(chromiumPath === null)("the link works once, and nobody without it gets in", async () => {
  const workbench = await startInBrowser(chromiumPath ?? "");
  try {
    const { page } = workbench;
    await page.getByRole("heading", { name: "Home", exact: true }).waitFor();
    const address = new URL(page.url());
    expect(address.hostname).toBe("127.0.0.1");
    // The token is not left in the address, where it would be copied and kept in the history.
    expect(address.search).toBe("");
    const stranger = await fetch(address.origin);
    expect(stranger.status).toBeGreaterThanOrEqual(401);
    expect(await stranger.text()).not.toContain('<div id="root">');
  } finally {
    await workbench.close();
  }
});
