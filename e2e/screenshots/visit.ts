import type { Page } from "playwright-core";

export interface Dress {
  readonly dark: boolean;
  readonly width: number;
}

/** The window's size and the colours that the system asks for, all of them there; nothing moves by itself. */
export async function dress(page: Page, { dark, width }: Dress, height: number): Promise<void> {
  await page.emulateMedia({ colorScheme: dark ? "dark" : "light", reducedMotion: "reduce" });
  await page.setViewportSize({ width, height });
  await still(page);
}

/** Colours change by transitions, of which axe would measure the middle. */
async function still(page: Page): Promise<void> {
  for (let waited = 0; waited < 5000; waited += 150) {
    await page.waitForTimeout(150);
    const moving = await page.evaluate(`document.getAnimations().filter(
      ({ playState, effect }) => playState === "running" && effect?.getTiming().iterations !== Infinity,
    ).length`);
    if (moving === 0) return;
  }
}

/** From scratch, so that nothing that was pressed in one picture is seen in the next. */
export async function show(page: Page, address: string): Promise<void> {
  const { origin } = new URL(page.url());
  await page.goto("about:blank");
  await page.goto(`${origin}/#${address}`);
}

/** What was asked has been answered and drawn. */
export async function settled(page: Page, longest = 30_000): Promise<void> {
  await page.locator("main").waitFor();
  const waiting = page.locator("[role=progressbar][aria-label=Loading], main [aria-busy=true]");
  for (let waited = 0; (await waiting.count()) > 0; waited += 250) {
    if (waited > longest) throw new Error(`It is still loading after ${String(longest / 1000)} seconds.`);
    await page.waitForTimeout(250);
  }
  await page.waitForTimeout(500);
}
