/** What the page holds after every screen was walked through again and again. */
import { views } from "../../e2e/screenshots/screens.ts";
import type { Session } from "./session.ts";

export interface Held {
  /** Screens that were opened until then. */
  readonly opened: number;
  /** Megabytes after collecting garbage. */
  readonly heap: number;
  readonly nodes: number;
  readonly listeners: number;
}

/** Goes through all screens for some minutes, and looks at what is held after each round. The first round fills caches. */
export async function walkRound({ page, known, go }: Session, minutes: number): Promise<readonly Held[]> {
  const devtools = await page.context().newCDPSession(page);
  const addresses = views.flatMap(({ address }) => address(known) ?? []);
  const rounds: Held[] = [];
  const end = performance.now() + minutes * 60_000;
  let opened = 0;
  do {
    for (const address of addresses) {
      await go(address);
      await page.waitForTimeout(350);
      opened++;
    }
    await go("/");
    await page.waitForTimeout(3000);
    // Twice: what finalizers let go is garbage of the second.
    for (let turn = 0; turn < 2; turn++) await devtools.send("HeapProfiler.collectGarbage");
    const { usedSize } = await devtools.send("Runtime.getHeapUsage");
    const { nodes, jsEventListeners } = await devtools.send("Memory.getDOMCounters");
    rounds.push({ opened, heap: usedSize / 2 ** 20, nodes, listeners: jsEventListeners });
  } while (performance.now() < end);
  await devtools.detach();
  return rounds;
}
