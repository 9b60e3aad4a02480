import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { findDeployment } from "../../core/production/deployments.ts";
import { ask } from "./ask.ts";
import type { Ledger } from "./ledger.ts";
import type { People } from "./people.ts";
import type { Stage } from "./stage.ts";

const recoveredWithin = 30_000;
const list = z.object({ items: z.array(z.object({ itemId: z.string() })) });
const keptAnswer = z.object({ kept: z.string() });
/** What waits in Redis or on a disk is moved every second, once Postgres answers the mover. */
const movedWithin = 6_000;

/**
 * Waits until every server is whole again: ready, on the version that the pointer names, with Postgres and Redis up and nothing
 * waiting outside of Postgres. Returns how long that took in milliseconds; more than half a minute (times `patience`) is a breach.
 */
export async function recover(stage: Stage, ledger: Ledger, during: string, patience: number): Promise<number> {
  const begun = performance.now();
  for (;;) {
    const missing = await whatIsMissing(stage).catch((error: unknown) => String(error));
    if (missing === null) return performance.now() - begun;
    if (performance.now() - begun > patience * recoveredWithin) {
      ledger.breach("not recovered", during, missing);
      return performance.now() - begun;
    }
    await sleep(100);
  }
}

async function whatIsMissing({ replicas, target, channel }: Stage): Promise<string | null> {
  const wanted = (await findDeployment(target.pool, channel))?.version;
  for (const replica of replicas) {
    const health = await replica.health();
    if (!replica.inRotation || health?.status !== "ready" || health.serving !== wanted)
      return `${replica.name} is ${JSON.stringify(health)}, wanted ${wanted}`;
    const waiting = await replica.metric(/^reelbench_feedback_spool_bytes (\d+)/m);
    if (waiting !== 0) return `${waiting} bytes wait on the disk of ${replica.name}`;
  }
  return null;
}

let ratings = 0;

/**
 * What must hold when nothing is wrong: a rating given to one server shows in its next answer, and in the other's. A connection
 * left over from a fault may still fail, so that the rating waits outside of Postgres: the other server then learns of it when
 * it was moved.
 */
export async function checkRating(
  stage: Stage,
  people: People,
  ledger: Ledger,
  during: string,
  patience: number,
): Promise<void> {
  const [first, second] = ratings++ % 2 === 0 ? stage.replicas : stage.replicas.toReversed();
  if (first === undefined || second === undefined) return;
  const userId = `checker-${ratings}`;
  const path = `/v1/users/${userId}/recommendations?n=5`;
  const before = await ask(second, { path, credential: people.reader });
  await ask(first, { path, credential: people.reader });
  const parsed = list.safeParse(before.status === 200 ? JSON.parse(before.text) : null);
  const itemId = parsed.data?.items[0]?.itemId;
  if (itemId === undefined)
    return ledger.breach(
      "unexpected answer",
      `after ${during}`,
      `${second.name}: ${before.status} ${before.text.slice(0, 200)}`,
    );
  const batch = `check${ratings}`;
  const entry = {
    batch,
    namespace: "data" as const,
    userId,
    itemId,
    rating: 4,
    kept: null as string | null,
    attempts: 1,
  };
  ledger.sent.set(batch, entry);
  const sent = await ask(first, {
    method: "POST",
    path: "/v1/feedback",
    credential: people.writer,
    idempotencyKey: batch,
    body: { events: [{ userId, itemId, kind: "rating", rating: 4 }] },
  });
  if (sent.status !== 200)
    return ledger.breach(
      "unexpected answer",
      `after ${during}`,
      `${first.name}: ${sent.status} ${sent.text.slice(0, 200)}`,
    );
  const { kept } = keptAnswer.parse(JSON.parse(sent.text));
  entry.kept = kept;
  for (const replica of [first, second]) {
    const until = performance.now() + (replica === second && kept !== "postgres" ? patience * movedWithin : 0);
    for (;;) {
      const after = await ask(replica, { path, credential: people.reader });
      const items = list.safeParse(after.status === 200 ? JSON.parse(after.text) : null).data?.items;
      if (items?.every((item) => item.itemId !== itemId) === true) break;
      if (performance.now() >= until) {
        const what = `${replica.name}, kept by ${kept}: ${after.status} ${after.text.slice(0, 200)}`;
        ledger.breach("unserved rating", `after ${during}`, what);
        break;
      }
      await sleep(200);
    }
  }
}
