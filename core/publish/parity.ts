import { setTimeout as sleep } from "node:timers/promises";
import type { Pool } from "pg";
import { z } from "zod";
import { ReelbenchError } from "../contract/errors.ts";
import type { ParityResult } from "../contract/entities.ts";
import type { ProcessHost } from "../jobs/process-host.ts";
import type { Progress } from "../contract/jobs.ts";
import type { WorkContext } from "../jobs/work-context.ts";
import { saveParity } from "../production/evaluations.ts";
import { closeProbeRound, openProbeRound, probeAnswers, probeProgress } from "../production/probes.ts";
import { liveServers } from "../production/servers.ts";
import { startBundledServer } from "./bundled-server.ts";
import type { BundledServer } from "./bundled-server.ts";
import { compareAnswers } from "./probe-plan.ts";
import type { Probe } from "./probe-plan.ts";
import type { TargetAddress } from "./target-address.ts";

/** Seconds a server may take to load a candidate of so many bytes and answer: a slow disk, a busy machine. */
const answerSecondsFor = (bytes: number): number => 180 + Math.ceil(bytes / 2 ** 20);
const pollMilliseconds = 200;
const healthMilliseconds = 1000;
const loadingHealth = z.object({
  loading: z.array(z.object({ bytes: z.int().nonnegative(), ofBytes: z.int().positive() })).min(1),
});

export interface ParityOutcome {
  readonly result: ParityResult;
  readonly passed: boolean;
  /** The first difference in words; null when there is none. */
  readonly example: string | null;
}

/**
 * Asks every live server of the channel what the candidate answers and compares that with the workbench's own answers
 * (PUB-8). Where none is live, the bundled server is started against the target for as long as it takes. A server that
 * stays alive and does not answer counts as a mismatch; one that goes away meanwhile does not count.
 */
export async function probeParity(
  pool: Pool,
  target: Required<TargetAddress>,
  { version, bytes }: { readonly version: string; readonly bytes: number },
  probes: readonly Probe[],
  host: ProcessHost,
  context: WorkContext,
): Promise<ParityOutcome> {
  if (probes.length === 0)
    throw new ReelbenchError("RB_INVALID_INPUT", "There is nobody to ask about: the snapshot has no users.");
  const answerSeconds = answerSecondsFor(bytes);
  const before = await liveServers(pool, target.channel);
  let bundled: BundledServer | null =
    before.length === 0 ? await startBundledServer(host, target, context.signal) : null;
  const roundId = await openProbeRound(
    pool,
    target.channel,
    version,
    probes.map(({ request }) => request),
    answerSeconds,
  ).catch(async (error: unknown) => {
    await bundled?.stop();
    throw error;
  });
  try {
    const deadline = Date.now() + answerSeconds * 1000;
    let servers: readonly string[];
    for (;;) {
      context.signal.throwIfAborted();
      servers = bundled === null ? (await liveServers(pool, target.channel)).map(({ id }) => id) : [bundled.id];
      // The last live server went away: the question must be answered all the same.
      if (servers.length === 0) {
        bundled = await startBundledServer(host, target, context.signal);
        continue;
      }
      const given = await probeProgress(pool, roundId);
      const answered = servers.reduce((sum, id) => sum + Math.min(given.get(id) ?? 0, probes.length), 0);
      const asked = servers.length * probes.length;
      const message =
        bundled === null
          ? `Comparing with ${servers.length} live server${servers.length === 1 ? "" : "s"}`
          : "Comparing with the bundled server";
      const reading = bundled === null || answered > 0 ? null : await readingOf(bundled.url);
      context.onProgress(reading ?? { done: answered, total: asked, unit: "answers", message });
      if (answered === asked || Date.now() > deadline) break;
      const failure = bundled?.failure() ?? null;
      if (failure !== null)
        throw new ReelbenchError("RB_PUBLISH_PARITY", `The bundled server ended before it had answered (${failure}).`);
      await sleep(pollMilliseconds, undefined, { signal: context.signal });
    }
    const comparison = compareAnswers(probes, await probeAnswers(pool, roundId), servers);
    const result: ParityResult = {
      answeredBy: bundled === null ? "live" : "bundled",
      servers: servers.length,
      probes: probes.length,
      compared: comparison.compared,
      mismatches: comparison.mismatches,
      largestDifference: comparison.largestDifference,
    };
    const passed = comparison.mismatches === 0 && comparison.compared === servers.length * probes.length;
    await saveParity(pool, roundId, version, result, passed);
    return { result, passed, example: comparison.example };
  } finally {
    await closeProbeRound(pool, roundId).catch(() => undefined); // It expires by itself.
    await bundled?.stop();
  }
}

/** How far the bundled server is with a version that takes a while; null where it does not say. */
async function readingOf(url: string): Promise<Progress | null> {
  try {
    const response = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(healthMilliseconds) });
    const [first] = loadingHealth.parse(await response.json()).loading;
    if (first === undefined) return null;
    return { done: first.bytes, total: first.ofBytes, unit: "bytes", message: "The bundled server reads the version" };
  } catch {
    return null; // Busy, or reading nothing: how many answers there are is told all the same.
  }
}
