import { PerformanceObserver } from "node:perf_hooks";
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";

/**
 * Megabytes of new objects that pile up before V8 looks which of them live (both halves of its space for them). What a request makes is
 * forgotten within milliseconds, but cleaning up takes as long as what others keep meanwhile is much: rare large pauses or short frequent ones.
 */
const enough = 32;

/**
 * Stops the space for new objects from growing beyond `enough`, where by itself it takes four times as much of the memory and of each pause.
 * `--max-semi-space-size` says the same, but only on the command line of a process that does not run yet; it holds beside this.
 */
export function boundYoungGeneration(): void {
  const observer = new PerformanceObserver(() => {
    const space = getHeapSpaceStatistics().find(({ space_name: name }) => name === "new_space");
    if (space === undefined || space.space_size < enough * 2 ** 20) return;
    // V8 multiplies the size by this whenever much survives.
    setFlagsFromString("--semi-space-growth-factor=1");
    observer.disconnect();
  });
  observer.observe({ entryTypes: ["gc"] });
}
