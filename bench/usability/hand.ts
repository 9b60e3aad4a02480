import type { Locator, Page } from "playwright-core";

/** What a person's hand did: every click counts one, and every key. */
export interface Hand {
  readonly page: Page;
  readonly steps: readonly string[];
  /** Clicks and keys; a step can be several keys. */
  count(): number;
  click(what: Locator, name: string): Promise<void>;
  /** Into what has the focus, key by key. */
  type(text: string, name: string): Promise<void>;
  press(key: string, name: string): Promise<void>;
}

export type Task = (hand: Hand) => Promise<void>;

/** A hand that does nothing which is not counted. Waiting is no step: it costs time, not clicks. */
export function newHand(page: Page): Hand {
  const steps: string[] = [];
  let count = 0;
  const did = (times: number, name: string) => {
    count += times;
    steps.push(name);
  };
  return {
    page,
    steps,
    count: () => count,
    click: async (what, name) => {
      await what.click();
      did(1, name);
    },
    type: async (text, name) => {
      await page.keyboard.type(text);
      did(text.length, name);
    },
    press: async (key, name) => {
      await page.keyboard.press(key);
      did(1, name);
    },
  };
}
