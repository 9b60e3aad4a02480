import type { Reporter, SerializedError, TestModule } from "vitest/node";

/**
 * Ends the output with one line that people and scripts can rely on: `N passed, N failed, N skipped`. A file that could
 * not be loaded and an error outside any test count as failed, so that zero failed means that nothing went wrong.
 */
export class SummaryLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const { passed, failed, skipped } = countResults(modules);
    // After the other reporters, which write their own summaries in the same event.
    setImmediate(() =>
      process.stdout.write(`\n${passed} passed, ${failed + unhandled.length} failed, ${skipped} skipped\n`),
    );
  }
}

export function countResults(modules: readonly TestModule[]): { passed: number; failed: number; skipped: number } {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const module of modules) {
    let failures = 0;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === "passed") counts.passed++;
      else if (state === "failed") failures++;
      else counts.skipped++;
    }
    counts.failed += failures === 0 && module.state() === "failed" ? 1 : failures;
  }
  return counts;
}
