/**
 * The steps that tasks take here and in MLflow, with the same runs on both sides:
 * `node bench/usability/run.ts --workspace FOLDER [--mlflow URL] [--shots FOLDER]`. The first time the folder is filled and
 * `runs.json` written there; `log_to_mlflow.py` brings it into a store, `mlflow server` shows that. Needs what
 * `reelbench build` makes, and a Chromium.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import type { Browser, Page } from "playwright-core";
import { chromiumPath, startInBrowser } from "../../e2e/workbench/in-browser.ts";
import { fillForBoth } from "./fill.ts";
import { newHand } from "./hand.ts";
import type { Task } from "./hand.ts";
import { mlflowTasks } from "./mlflow-tasks.ts";
import { ourTasks } from "./our-tasks.ts";

const { values } = parseArgs({
  options: {
    workspace: { type: "string" },
    mlflow: { type: "string" },
    shots: { type: "string" },
    /** Of one side alone. */
    only: { type: "string" },
    /** The numbers of the tasks, by commas; all when left out. */
    tasks: { type: "string" },
  },
});
if (values.workspace === undefined || chromiumPath === null)
  throw new Error("Needs --workspace FOLDER, and a Chromium (REELBENCH_CHROMIUM).");
const shots = values.shots;
const numbers = values.tasks?.split(",");
const wanted = (tasks: Readonly<Record<number, Task>>) =>
  Object.entries(tasks).filter(([number]) => numbers === undefined || numbers.includes(number));
if (shots !== undefined) mkdirSync(shots, { recursive: true });
await fillForBoth(values.workspace);

async function tell(side: string, number: string, task: Task, page: Page): Promise<void> {
  page.setDefaultTimeout(90_000);
  const hand = newHand(page);
  const failure = await task(hand).then(
    () => null,
    (error: unknown) => String(error).split("\n")[0] ?? "",
  );
  await page.waitForTimeout(2500);
  if (shots !== undefined) await page.screenshot({ path: join(shots, `${side}-${number}.png`) });
  console.log(
    `${side} ${number}: ${failure === null ? `${String(hand.count())} clicks and keys` : `NOT DONE (${failure})`}: ${hand.steps.join(" · ")}`,
  );
}

async function ours(executablePath: string, workspace: string): Promise<void> {
  const { page, close } = await startInBrowser(executablePath, workspace);
  try {
    await page.getByRole("navigation", { name: "Main" }).waitFor();
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    for (const [number, task] of wanted(ourTasks)) {
      await page.evaluate("location.hash = '#/'");
      await page.reload();
      await page.evaluate("location.hash = '#/compare'");
      await page.getByRole("row").filter({ hasText: "ials 16" }).first().waitFor();
      await tell("reelbench", number, task, page);
    }
  } finally {
    await close();
  }
}

async function mlflow(browser: Browser, url: string): Promise<void> {
  for (const [number, task] of wanted(mlflowTasks)) {
    // A context of its own: in that of `browser.newPage` no second page can be opened, as following a link needs.
    const context = await browser.newContext({ viewport: { width: 1600, height: 1000 } });
    const page = await context.newPage();
    await page.goto(`${url}/#/experiments/1/runs`, { timeout: 90_000 });
    await page.getByText("ials 16").first().waitFor({ timeout: 90_000 });
    await tell("mlflow", number, task, page);
    await context.close();
  }
}

if (values.only !== "mlflow") await ours(chromiumPath, values.workspace);
if (values.mlflow !== undefined) {
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    args: process.getuid?.() === 0 ? ["--no-sandbox", "--disable-dev-shm-usage"] : ["--disable-dev-shm-usage"],
  });
  await mlflow(browser, values.mlflow);
  await browser.close();
}
