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
