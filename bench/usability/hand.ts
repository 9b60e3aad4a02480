import type { Locator, Page } from "playwright-core";

/** What a person's hand did: every click counts one. */
export interface Hand {
  readonly page: Page;
  readonly steps: readonly string[];
  click(what: Locator, name: string): Promise<void>;
}

export type Task = (hand: Hand) => Promise<void>;

/** A hand that does nothing which is not counted. Waiting is no step: it costs time, not clicks. */
export function newHand(page: Page): Hand {
  const steps: string[] = [];
  return {
    page,
    steps,
    click: async (what, name) => {
      await what.click();
      steps.push(name);
    },
  };
}
