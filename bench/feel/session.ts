/** A browser on a workspace, in which what is done is measured. */
import type { Page } from "playwright-core";
import type { Known } from "../../e2e/screenshots/screens.ts";
import { settled } from "../../e2e/screenshots/visit.ts";
import { mainThreadDuring, told } from "../main-thread.ts";
import type { MainThread } from "../main-thread.ts";

export interface Measured {
  readonly what: string;
  readonly thread: MainThread;
  /** Milliseconds from the beginning until all that was asked stood there; null: that was not looked at. */
  readonly there: number | null;
}

export interface Session {
  readonly page: Page;
  readonly known: Known;
  readonly measured: readonly Measured[];
  /** Goes to an address of the workbench. */
  go(address: string): Promise<void>;
  /** Goes there and waits until all is drawn. */
  show(address: string): Promise<void>;
  /**
   * Does `action`, waits for `there` (or a moment), and keeps what the page's main thread was busy with meanwhile. What is asked of
   * the page while it is looked at is work of its main thread, too: selectors of style sheets, and few of them.
   */
  during(what: string, action: () => Promise<unknown>, there?: () => Promise<unknown>): Promise<void>;
}

export function sessionOn(page: Page, known: Known): Session {
  const measured: Measured[] = [];
  const go = (address: string) => page.evaluate<undefined>(`void (location.hash = ${JSON.stringify(`#${address}`)})`);
  return {
    page,
    known,
    measured,
    go,
    show: async (address) => {
      await go(address);
      await page.waitForTimeout(150);
      await settled(page, 60_000);
    },
    during: async (what, action, there) => {
      let stood: number | null = null;
      const thread = await mainThreadDuring(page, async () => {
        const started = performance.now();
        await action();
        if (there !== undefined) {
          await there();
          stood = performance.now() - started;
        }
        await page.waitForTimeout(700);
      });
      measured.push({ what, thread, there: stood });
      console.log(told(what, thread) + (stood === null ? "" : `; all there after ${Number(stood).toFixed(0)} ms`));
    },
  };
}
