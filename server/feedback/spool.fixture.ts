import { pino } from "pino";
import { openSpool } from "./spool.ts";

/** Adds to a spool as fast as it can and tells its parent of each batch that was acknowledged, until it is killed. */
const [directory = "", round = ""] = process.argv.slice(2);
const spool = await openSpool(directory, 1e9, pino({ level: "silent" }));

async function add(lane: number): Promise<void> {
  for (let n = 0; ; n++) {
    const idempotencyKey = `${round}:${lane}:${n}`;
    await spool.add([
      {
        namespace: "data",
        userId: "u".repeat(1 + (n % 300)),
        idempotencyKey,
        itemId: "i",
        kind: "click",
        value: null,
        occurredAt: new Date(0),
      },
    ]);
    process.send?.(idempotencyKey);
  }
}
await Promise.all([add(0), add(1), add(2)]);
