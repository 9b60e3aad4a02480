import { afterEach, expect, test, vi } from "vitest";
import { createScoringPool } from "./scoring-pool.ts";
import type { ScoringPool } from "./scoring-pool.ts";

/** Threads that end as soon as they begin. */
vi.mock("../../core/runtime-paths.ts", () => ({
  entryUrl: () => new URL("data:text/javascript,process.exit(1)"),
}));

let pool: ScoringPool | undefined;
afterEach(async () => {
  vi.restoreAllMocks();
  await pool?.close();
});

test("a thread that cannot live is tried again ever more rarely, and a job that ended two threads is refused", async () => {
  const pauses: number[] = [];
  const real = globalThis.setTimeout;
  // The pauses are written down and not waited for.
  vi.spyOn(globalThis, "setTimeout").mockImplementation((work: () => void, pause = 0) => {
    pauses.push(pause);
    return real(work, 1);
  });
  let died = 0;
  pool = createScoringPool({ threads: 1, queueLimit: 10, onWorkerDied: () => void died++ });
  const job = {
    ...{ subject: { kind: "item" as const, i: 0 }, n: 5, excludeSeen: false, exclude: [] },
    ...{ filter: null, explain: false, only: null },
  };
  await expect(pool.score(1, job, performance.now() + 60_000)).rejects.toMatchObject({ code: "RB_UNAVAILABLE" });
  await vi.waitUntil(() => died >= 10, { timeout: 30_000 });
  const respawns = pauses.filter((pause) => pause >= 250).slice(0, 9);
  expect(respawns).toEqual([250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
});
