/**
 * Ends a run that does not end by itself, with a verdict that says so: whoever waits for it need not. `release` has ten seconds to stop
 * what was started.
 */
export function limitTime(minutes: number, release: () => Promise<unknown> = () => Promise.resolve()): void {
  const late = async () => {
    process.stdout.write(`FAILED: not over after ${minutes} minutes\n`);
    setTimeout(() => process.exit(2), 10_000);
    await release().catch(() => undefined);
    process.exit(2);
  };
  setTimeout(() => void late(), 60_000 * minutes).unref();
}

/** One word to look for. What nothing was wrong with is passed only if it is all that was asked for. */
export function verdictOf(sound: boolean, done: number, asked: number): "PASSED" | "FAILED" | "INCOMPLETE" {
  if (!sound) return "FAILED";
  return done < asked ? "INCOMPLETE" : "PASSED";
}
