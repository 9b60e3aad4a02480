import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nodeProcessHost } from "../core/jobs/process-host.ts";
import { attach } from "../core/transport/attach.ts";
import { lookAround, views } from "./screenshots/screens.ts";
import type { Known } from "./screenshots/screens.ts";
import { dress, settled, show } from "./screenshots/visit.ts";
import { fillSmall, fillWorkspace } from "./screenshots/workspaces.ts";
import type { WorkspaceName } from "./screenshots/workspaces.ts";
import { accessibilityViolations } from "./workbench/accessibility.ts";
import { chromiumPath, startInBrowser } from "./workbench/in-browser.ts";
import { temporaryFolder } from "./workbench/workbench.ts";

const dresses = {
  light: { dark: false, width: 1360 },
  dark: { dark: true, width: 1360 },
  narrow: { dark: false, width: 900 },
} as const;

describe.skipIf(chromiumPath === null)("axe finds nothing on any view", () => {
  const folder = temporaryFolder("accessibility");
  const files = join(folder.path, "files");
  const at = (workspace: WorkspaceName) => join(folder.path, workspace);

  async function whatIsThere(workspace: WorkspaceName): Promise<Known> {
    const attached = await attach({ workspaceDirectory: at(workspace), processHost: nodeProcessHost });
    try {
      return await lookAround(attached.transport, workspace, files);
    } finally {
      await attached.close();
    }
  }

  beforeAll(async () => {
    await fillSmall(at("sample"), files);
    await fillWorkspace("error", at("error"), files);
  }, 600_000);
  afterAll(() => folder.remove());

  // Side by side: each has a workspace, an engine and a browser of its own.
  it.concurrent.each([
    ["sample", ["light", "dark", "narrow"]],
    // In the dark they differ by what the sample shows there, too; the screenshots command looks at all in all dresses.
    ["empty", ["light"]],
    ["error", ["light"]],
  ] as const)(
    "in a workspace that is called %s here",
    async (workspace, worn) => {
      const workbench = await startInBrowser(chromiumPath ?? "", at(workspace));
      const { page } = workbench;
      page.setDefaultTimeout(60_000);
      try {
        await page.getByRole("heading", { name: "Home", exact: true }).waitFor();
        const known = await whatIsThere(workspace);
        const violations: string[] = [];
        let seen = 0;
        for (const view of views) {
          const address = view.address(known);
          if (address === null) continue;
          await dress(page, dresses.light, 880);
          await show(page, address);
          await settled(page, 60_000);
          if (view.prepare !== undefined) {
            await view.prepare(page, known);
            await settled(page, 60_000);
          }
          for (const name of worn) {
            await dress(page, dresses[name], 880);
            violations.push(...(await accessibilityViolations(page, `${view.screen}/${view.name}, ${name}`)));
          }
          seen++;
        }
        expect(violations).toEqual([]);
        expect(workbench.complaints).toEqual([]);
        expect(seen).toBeGreaterThan(workspace === "empty" ? 15 : 35);
      } finally {
        await workbench.close();
      }
    },
    900_000,
  );
});
