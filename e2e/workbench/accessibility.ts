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
