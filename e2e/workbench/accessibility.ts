import axe from "axe-core";
import type { Page } from "playwright-core";
import { z } from "zod";

const findings = z.array(
  z.object({
    id: z.string(),
    impact: z.string().nullish(),
    help: z.string(),
    nodes: z.array(z.object({ html: z.string() })),
  }),
);

/** What axe finds against WCAG 2.2 A and AA on the screen as it is now, a line each. */
export async function accessibilityViolations(page: Page, screen: string): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  // What fades in has the contrast of neither its beginning nor its end.
  await page.evaluate(`Promise.race([
    Promise.allSettled(document.getAnimations().filter(ends).map(({ finished }) => finished)),
    new Promise((resolve) => setTimeout(resolve, 2000)),
  ]).then(() => undefined);
  function ends(animation) {
    return animation.effect?.getComputedTiming().endTime !== Infinity;
  }`);
  const violations = findings.parse(
    await page.evaluate(`axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    }).then(({ violations }) => violations)`),
  );
  return violations.map(
    ({ id, help, nodes }) =>
      `${screen}: ${id}: ${help} (${String(nodes.length)} times, first: ${nodes[0]?.html.slice(0, 300) ?? ""})`,
  );
}
