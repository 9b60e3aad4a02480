/** Clicks and keys while a training runs on all cores of the machine. */
import { cpus } from "node:os";
import { beginLongTraining, openJobs } from "../../e2e/workbench/long-training.ts";
import type { Session } from "./session.ts";

export interface Busy {
  /** Share of the machine's processor time that was used meanwhile, 0 … 1. */
  readonly busy: number;
}

export async function whileTraining(session: Session): Promise<Busy> {
  const { page, known, show, during } = session;
  await show(`/train?split=${known.split}`);
  // With a million ratings, too, it must outlast the clicks.
  await beginLongTraining(page, { Epochs: 2000, "Factors k": 500 });
  await openJobs(page);
  const stop = page.getByRole("button", { name: /^Cancel .*Biased SVD/u }).first();
  await stop.waitFor();
  // Until the ratings are read, it is one thread's work.
  await page.waitForTimeout(15_000);
  const before = cpus();
  const room = (name: string) => () => page.locator('nav[aria-label="Main"] a', { hasText: name }).click();
  const tab = (name: string) => () => page.locator('[role="tab"]', { hasText: name }).first().click();
  for (const name of ["Data", "Train", "Compare", "Recommendations", "Models", "Publish", "Settings", "Home"])
    await during(`training: ${name} clicked`, room(name));
  await show(`/compare`);
  const table = page.locator('table[aria-label="Runs"]');
  const rows = table.locator("tbody tr[aria-rowindex]");
  await during("training: runs sorted", () => table.locator("th button", { hasText: "NDCG@10" }).click());
  await during("training: a run chosen", () => rows.first().locator("input").click());
  await during("training: a second run chosen", () => rows.nth(1).locator("input").click());
  await during("training: runs searched", () => page.locator('[aria-label="Search runs"]').pressSequentially("ials"));
  for (const name of ["Metrics", "Where it errs", "User by user", "Trade-offs"])
    await during(`training: ${name} clicked`, tab(name));
  await show(`/data/snapshots/${known.snapshot}`);
  for (const name of ["Quality", "People", "Users and films", "Rows", "Lineage", "Profile"])
    await during(`training: ${name} clicked`, tab(name));
  await show(`/data/snapshots/${known.snapshot}?tab=rows`);
  const ratings = page.locator('table[aria-label="Ratings of the snapshot"]');
  await during("training: rows sorted", () => ratings.locator("th button", { hasText: "Rating" }).click());
  const used = usedBetween(before, cpus());
  await openJobs(page);
  await stop.click();
  return { busy: used };
}

function usedBetween(before: ReturnType<typeof cpus>, after: ReturnType<typeof cpus>): number {
  const spent = (all: ReturnType<typeof cpus>) =>
    all.reduce(
      (sum, { times }) => {
        const total = times.user + times.nice + times.sys + times.idle + times.irq;
        return { total: sum.total + total, idle: sum.idle + times.idle };
      },
      { total: 0, idle: 0 },
    );
  const [from, to] = [spent(before), spent(after)];
  return 1 - (to.idle - from.idle) / Math.max(1, to.total - from.total);
}
