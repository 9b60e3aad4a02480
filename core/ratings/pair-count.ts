import { throwIfAborted } from "./database.ts";
import type { PlainBlock } from "./plain-scan.ts";

const blocksAtOnce = 8;
const usersAtOnce = 10_000;

/** Different pairs of user and item, without stopping the event loop for long. */
export async function countPairs(
  blocks: readonly Pick<PlainBlock, "rows" | "u" | "i">[],
  users: number,
  items: number,
  signal: AbortSignal,
): Promise<number> {
  const start = new Int32Array(users + 1);
  for (const { rows, u } of blocks)
    for (let row = 0; row < rows; row++) {
      const next = (u[row] ?? 0) + 1;
      start[next] = (start[next] ?? 0) + 1;
    }
  for (let user = 0; user < users; user++) start[user + 1] = (start[user + 1] ?? 0) + (start[user] ?? 0);
  const byUser = new Int32Array(start[users] ?? 0);
  const next = start.slice(0, users);
  for (const [index, { rows, u, i }] of blocks.entries()) {
    if (index % blocksAtOnce === 0) await pause(signal);
    for (let row = 0; row < rows; row++) {
      const user = u[row] ?? 0;
      const place = next[user] ?? 0;
      byUser[place] = i[row] ?? 0;
      next[user] = place + 1;
    }
  }
  // Which user last rated an item, as number + 1.
  const lastRater = new Int32Array(items);
  let pairs = 0;
  for (let user = 0; user < users; user++) {
    if (user % usersAtOnce === 0) await pause(signal);
    for (let at = start[user] ?? 0; at < (start[user + 1] ?? 0); at++) {
      const item = byUser[at] ?? 0;
      if (lastRater[item] === user + 1) continue;
      lastRater[item] = user + 1;
      pairs++;
    }
  }
  return pairs;
}

async function pause(signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  throwIfAborted(signal);
}
