import type { Page } from "playwright-core";

export interface Dress {
  readonly dark: boolean;
  readonly width: number;
}

/** The window's size and the colours that the system asks for; nothing moves by itself. */
export async function dress(page: Page, { dark, width }: Dress, height: number): Promise<void> {
  await page.emulateMedia({ colorScheme: dark ? "dark" : "light", reducedMotion: "reduce" });
  await page.setViewportSize({ width, height });
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
