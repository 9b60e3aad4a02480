/** What a person sees when the disk is full, and when the trainer's process or the engine's is killed; and that work goes on after it. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { smallDisk } from "../bench/faults/small-disk.ts";
import { inEngine } from "../bench/many-runs.ts";
import { runJob } from "../core/contract/transport.ts";
import { generateSample } from "../core/ratings/sample.ts";
import { say } from "../scripts/say.ts";
import { accessibilityViolations } from "./workbench/accessibility.ts";
import { chromiumPath, startInBrowser } from "./workbench/in-browser.ts";
import { beginLongTraining, openJobs, resumeTraining } from "./workbench/long-training.ts";
import { goTo, makeSnapshot, shape, split } from "./workbench/main-job.ts";
import { screenshots, temporaryFolder } from "./workbench/workbench.ts";

const runsTable = (page: Page) => page.getByRole("table", { name: "Runs on this split" });
/** As the table of runs has it. */
const stateOf = (page: Page, state: string) => runsTable(page).getByText(state, { exact: true });
const tray = (page: Page) => page.getByRole("region", { name: "Jobs" });

function lookAt(page: Page, journey: string) {
  page.setDefaultTimeout(60_000);
  const keep = screenshots(journey, page);
  const violations: string[] = [];
  const shot = async (name: string) => {
    await keep(name);
    violations.push(...(await accessibilityViolations(page, name)));
  };
  return { shot, violations };
}

it.skipIf(chromiumPath === null)(
  "a full disk: said, nothing half-made, and the same goes well when there is room",
  async (context) => {
    const disk = await smallDisk(24);
    if (disk === null) {
      say(
        "NO SMALL DISK: the journey with a full disk is skipped; it takes root on Linux, where a tmpfs can be mounted.",
      );
      context.skip();
      return;
    }
    const workspace = join(disk.folder, "workspace");
    const files = temporaryFolder("full-disk");
    const workbench = await startInBrowser(chromiumPath ?? "", workspace);
    const { page } = workbench;
    const { shot, violations } = lookAt(page, "full-disk");
    try {
      const { ratingsPath } = await generateSample(shape, files.path);
      await page.getByRole("heading", { name: "Home", exact: true }).waitFor();
      await goTo(page, "Data");
      await page.getByRole("link", { name: "Import ratings" }).first().click();
      await page.getByLabel("File of ratings").fill(ratingsPath);
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: "How it is read" }).waitFor();
      await disk.fill(64_000);
      await page.getByRole("button", { name: "Import", exact: true }).click();
      const failed = page.getByRole("alert").filter({ hasText: "The import failed" });
      await failed
        .getByText(/^The disk of the workspace ran out of room; (0\.\d MB are|nothing is) free there now/)
        .waitFor();
      await failed.getByRole("paragraph").filter({ hasText: "Free some space, then try again or resume" }).waitFor();
      await shot("import-failed");
      expect(existsSync(join(workspace, "sources")) ? readdirSync(join(workspace, "sources")) : []).toEqual([]);

      await disk.free();
      await page.getByRole("button", { name: "Import", exact: true }).click();
      await page.getByText("20,000 records read: 20,000 accepted, 0 rejected.").waitFor();
      expect(readdirSync(join(workspace, "sources"))).toHaveLength(1);

      await makeSnapshot(page);
      await split(page);
      await beginLongTraining(page);
      await stateOf(page, "Running").waitFor();
      await disk.fill(0);
      await stateOf(page, "Failed").waitFor();
      await runsTable(page).getByText("The disk of the workspace ran out of room", { exact: false }).waitFor();
      await shot("training-failed");
      // And with no room at all nothing is even begun.
      await disk.fill(0);
      await page.getByRole("button", { name: "Train", exact: true }).click();
      await page
        .getByRole("alert")
        .filter({ hasText: "The training could not be queued" })
        .getByText(/^The disk of the workspace ran out of room/)
        .waitFor();
      await shot("nothing-begun");

      await disk.free();
      await resumeTraining(page, "Try again");
      await stateOf(page, "Succeeded").waitFor();
      await shot("trained-after-all");
      expect(await stateOf(page, "Running").count()).toBe(0);
      expect(readdirSync(join(workspace, "runs")).filter((name) => name.startsWith(".tmp"))).toEqual([]);
      expect(violations).toEqual([]);
      expect(workbench.complaints).toEqual([]);
    } finally {
      await workbench.close();
      files.remove();
      await disk.remove();
    }
  },
);

/** The child of this process that trains; null before it has begun. */
function trainerOf(host: number): number | null {
  const processes = execFileSync("ps", ["-A", "-o", "pid=,ppid=,args="], { encoding: "utf8" }).split("\n");
  for (const line of processes) {
    const [, pid, parent, program] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    if (Number(parent) === host && /trainer/.test(program ?? "")) return Number(pid);
  }
  return null;
}

it.skipIf(chromiumPath === null || process.platform === "win32")(
  "the trainer is killed, then the engine: the run is interrupted, never running, and goes on",
  async () => {
    const folder = temporaryFolder("killed");
    const splitId = await inEngine(folder.path, async (transport) => {
      const { snapshotId } = await runJob(transport, "sample.create", { users: 300, items: 400, ratings: 20_000 });
      return (await runJob(transport, "splits.create", { snapshotId, protocol: { protocol: "random" } })).splitId;
    });
    let workbench = await startInBrowser(chromiumPath ?? "", folder.path);
    let { page } = workbench;
    let { shot, violations } = lookAt(page, "killed");
    try {
      await page.getByRole("heading", { name: "Home", exact: true }).waitFor();
      await page.evaluate(`location.hash = '#/train?split=${splitId}'`);
      await beginLongTraining(page);
      await stateOf(page, "Running").waitFor();
      await expect.poll(() => trainerOf(workbench.hostPid)).not.toBeNull();
      process.kill(trainerOf(workbench.hostPid) ?? 0, "SIGKILL");
      await stateOf(page, "Interrupted").waitFor();
      await runsTable(page)
        .getByText(/The training process ended \(SIGKILL\)/)
        .waitFor();
      expect(await stateOf(page, "Running").count()).toBe(0);
      await openJobs(page);
      await shot("trainer-killed");
      await resumeTraining(page);
      await stateOf(page, "Running").waitFor();

      await workbench.killHost();
      await page.getByText(/^The engine is gone\. Reconnecting/).waitFor();
      await stateOf(page, "Was running").waitFor();
      await tray(page).getByText("Was running", { exact: true }).waitFor();
      expect(await page.getByText("Running", { exact: true }).count()).toBe(0);
      await shot("engine-killed");
      expect(violations).toEqual([]);
      await workbench.close();

      workbench = await startInBrowser(chromiumPath ?? "", folder.path);
      ({ page } = workbench);
      ({ shot, violations } = lookAt(page, "killed-and-back"));
      await page.getByRole("heading", { name: "Home", exact: true }).waitFor();
      await page.evaluate(`location.hash = '#/train?split=${splitId}'`);
      await stateOf(page, "Interrupted").waitFor();
      await runsTable(page).getByText("The engine ended while this run was training.", { exact: false }).waitFor();
      await shot("back");
      await page.getByRole("button", { name: "Resume it" }).waitFor();
      await resumeTraining(page);
      await stateOf(page, "Succeeded").waitFor();
      expect(await runsTable(page).getByRole("row").count()).toBe(2);
      // What was resumed is not offered once more.
      await page.getByText("what was interrupted was resumed", { exact: false }).waitFor();
      expect(await page.getByRole("button", { name: "Resume it" }).count()).toBe(0);
      await shot("resumed");
      expect(violations).toEqual([]);
      expect(workbench.complaints).toEqual([]);
    } finally {
      await workbench.close();
      folder.remove();
    }
  },
);
