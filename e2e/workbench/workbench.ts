import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** A running workbench with an empty workspace, however it is shown. */
export interface Workbench {
  readonly page: Page;
  readonly workspaceDirectory: string;
  /** What the page complained about: console errors and uncaught exceptions. */
  readonly complaints: readonly string[];
  /** Makes the next "Browse…" give this file, where the system's dialog would be shown; false where there is none. */
  answerFileDialog(path: string): Promise<boolean>;
  close(): Promise<void>;
}

/** A folder of this run alone. */
export function temporaryFolder(name: string): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), `reelbench-${name}-`));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Collects what the page complains about from now on. */
export function collectComplaints(page: Page): readonly string[] {
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  return complaints;
}

/** Takes a screenshot into `test-results/<journey>/`, in the order in which they are taken. */
export function screenshots(journey: string, page: Page): (name: string) => Promise<void> {
  const folder = join(root, "test-results", journey);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  let number = 0;
  return async (name) => {
    number++;
    await page.screenshot({ path: join(folder, `${String(number).padStart(2, "0")}-${name}.png`) });
  };
}
