import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

/** A process that makes objects of which many live for a while, as a cache's do; it prints the megabytes of its space for new ones. */
const busy = (first: string) => `
  import { getHeapSpaceStatistics } from "node:v8";
  ${first}
  const kept = [];
  let made = 0;
  const turn = () => {
    for (let n = 0; n < 20_000; n++) kept[made++ % 300_000] = { pair: [n, n + 1], text: "x" + n };
    if (made < 8_000_000) setImmediate(turn);
    else console.log(getHeapSpaceStatistics().find((space) => space.space_name === "new_space").space_size / 2 ** 20);
  };
  turn();`;

async function megabytesOf(script: string): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script]);
  return Number(stdout);
}

test("the space for new objects stays small however many come", { timeout: 60_000 }, async () => {
  const url = new URL("young-generation.ts", import.meta.url).href;
  const bounded = await megabytesOf(
    busy(`import { boundYoungGeneration } from ${JSON.stringify(url)};\n  boundYoungGeneration();`),
  );
  expect(bounded).toBeGreaterThanOrEqual(32);
  expect(bounded).toBeLessThanOrEqual(64);
  expect(await megabytesOf(busy(""))).toBeGreaterThan(64);
});
