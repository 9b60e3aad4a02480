import type { Pool } from "pg";
import { ReelbenchError, toReelbenchError } from "../contract/errors.ts";
import type { WorkContext } from "../jobs/work-context.ts";
import type { Bundle } from "../models/bundle.ts";
import { factorsOf } from "../models/servable.ts";
import { hiddenItems } from "../production/catalogue.ts";
import { createProductionPool, endPool } from "../production/database.ts";
import { findDeployment } from "../production/deployments.ts";
import type { Deployment } from "../production/deployments.ts";
import { saveEvaluation, saveGates } from "../production/evaluations.ts";
import type { GateResult } from "../production/evaluations.ts";
import type { History } from "../production/histories.ts";
import { migrate } from "../production/migrate.ts";
import { lockPublisher } from "../production/publisher-lock.ts";
import type { PublisherLock } from "../production/publisher-lock.ts";
import { collectGarbage } from "../production/retention.ts";
import { markFailed, markProbed, markReady, openVersion } from "../production/versions.ts";
import { readChampion } from "./champion.ts";
import { judge } from "./gates.ts";
import { hashLocalArtifact } from "./local-artifact.ts";
import type { LocalArtifact } from "./local-artifact.ts";
import { readBundleFor, readCard, userIdsOf } from "./local-bundle.ts";
import { probeParity } from "./parity.ts";
import { planProbes, sampleHistories } from "./probe-plan.ts";
import type { PublishOutcome, PublishRequest } from "./publish-request.ts";
import { closeRedis, openRedis, redisError } from "./redis-target.ts";
import type { RedisClient } from "./redis-target.ts";
import { announce, switchOver, untilLost, waitForServers } from "./switch-over.ts";
import { parseTarget } from "./target-address.ts";
import type { TargetAddress } from "./target-address.ts";
import { uploadArtifact, uploadCatalogue, uploadHistories, verifyArtifact } from "./upload.ts";
import { warmRankings } from "./warm.ts";

/** Users whose rankings are written ahead. */
const warmedUsers = 500;
const switchSeconds = 30;

interface Publication {
  readonly request: PublishRequest;
  readonly target: Required<TargetAddress>;
  readonly pool: Pool;
  readonly redis: RedisClient | null;
  readonly lock: PublisherLock;
  readonly context: WorkContext;
  readonly warnings: string[];
  /** From here on the lock's loss is no failure by itself: the switch may have been made though nobody answers. */
  readonly onSwitching: () => void;
}

/**
 * Publishes a model by the protocol of `core/production/SPEC.md`. Killed or failing at any point, the version before goes
 * on serving; called again it goes on where it was. Throws RB_PUBLISH_GATE (details: gates), RB_PUBLISH_CHECKSUM,
 * RB_PUBLISH_PARITY (details: parity), RB_CONFLICT (another publication), RB_TARGET_SCHEMA, RB_TARGET_UNREACHABLE,
 * RB_CORRUPT, RB_CANCELLED.
 */
export async function publish(request: PublishRequest, context: WorkContext): Promise<PublishOutcome> {
  const target = parseTarget(request.target);
  const warnings: string[] = [];
  tell(context, "Connecting to the target");
  // Hashing gigabytes is one statement; it has minutes.
  const pool = createProductionPool({
    url: target.postgresUrl,
    applicationName: "reelbench publish",
    connections: 3,
    statementTimeout: 600_000,
  });
  let redis: RedisClient | null = null;
  let lock: PublisherLock | null = null;
  let switching = false;
  try {
    await migrate(pool);
    lock = await lockPublisher(target.postgresUrl, target.channel, context.signal);
    redis = await openOptionalRedis(target.redisUrl, context.signal, warnings);
    const guarded = { ...context, signal: AbortSignal.any([context.signal, lock.lost]) };
    // A statement that nobody answers any more would be waited for by its own, long limit.
    const silence = whenLost(lock.lost);
    const onSwitching = () => {
      switching = true;
      context.onIrrevocable?.();
      silence.ignore();
    };
    const publication = { request, target, pool, redis, lock, context: guarded, warnings, onSwitching };
    return await Promise.race([carryOut(publication), silence.lost]);
  } catch (error) {
    // An abort's own error hides why: the person cancelled, or the lock was lost.
    if (context.signal.aborted && !switching)
      throw new ReelbenchError("RB_CANCELLED", "The publication was cancelled; what was serving still is.", {
        cause: error,
      });
    if (lock?.lost.aborted === true && !switching) throw toReelbenchError(lock.lost.reason);
    throw toReelbenchError(error);
  } finally {
    if (redis !== null) await closeRedis(redis);
    await lock?.release();
    await endPool(pool);
  }
}

function whenLost(signal: AbortSignal): { readonly lost: Promise<never>; ignore(): void } {
  const ignored = new AbortController();
  const lost = new Promise<never>((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(toReelbenchError(signal.reason)), { signal: ignored.signal });
  });
  return { lost, ignore: () => ignored.abort() };
}

async function carryOut(publication: Publication): Promise<PublishOutcome> {
  const { request, target, pool, context, warnings } = publication;
  const artifact = await hashLocalArtifact(request.bundleDirectory, context.signal);
  const card = await readCard(artifact, request, context.signal);
  const version = `${request.run.algorithm.slice(0, 50)}-${artifact.digest.slice(0, 12)}`;
  const sample = await sampleHistories(request.histories(), Math.max(warmedUsers, request.probes), version);
  const sampled = new Set(sample.map(({ userId }) => userId));
  const bundle = await readBundleFor(artifact, card, sampled, context.signal);
  const deployment = await findDeployment(pool, target.channel);
  const gates = await checkGates(publication, artifact, bundle, deployment, version);
  await publication.lock.also(`version ${version}`);
  try {
    await send(publication, version, artifact, bundle, gates);
    const parity = await warmAndProbe(publication, { version, bytes: artifact.bytes }, bundle, sample);
    if (!parity.passed) {
      throw new ReelbenchError(
        "RB_PUBLISH_PARITY",
        `${parity.result.mismatches} of ${parity.result.servers * parity.result.probes} answers differ from the workbench's; first: ${parity.example ?? "missing answers"}.`,
        {
          details: { parity: parity.result },
        },
      );
    }
    await markProbed(pool, version);
    context.signal.throwIfAborted();
    tell(context, "Switching");
    publication.onSwitching();
    const { lost } = publication.lock;
    const expectedEpoch = deployment?.epoch ?? 0;
    const activation = { channel: target.channel, version, reason: "publish", expectedEpoch } as const;
    const active = await switchOver(pool, target.postgresUrl, activation, lost);
    // From here it is published: nothing below may turn that into a failure.
    const servers = await untilLost(afterSwitch(publication, active), lost).catch(() => {
      warnings.push(
        "Postgres stopped answering after the switch, so the servers could not be watched; each switches when it hears of it.",
      );
      return { live: 0, switched: 0 };
    });
    return { version, gates, parity: parity.result, activatedAt: active.activatedAt, servers, warnings };
  } catch (error) {
    await recordFailure(pool, version, error);
    throw error;
  }
}

async function checkGates(
  { request, pool, context }: Publication,
  artifact: LocalArtifact,
  bundle: Bundle,
  deployment: Deployment | null,
  version: string,
): Promise<GateResult[]> {
  tell(context, "Checking the gates");
  // A version is not judged against itself when its publication is repeated.
  const champion =
    deployment === null || deployment.version === version
      ? null
      : await readChampion(pool, deployment, userIdsOf(artifact, bundle.card, context.signal), context.signal);
  const championRun = champion?.evaluation?.runId;
  const paired =
    championRun === undefined || request.pairedWith === undefined ? null : await request.pairedWith(championRun);
  const gates = judge(
    {
      evaluation: request.evaluation,
      users: bundle.card.users,
      itemIds: bundle.itemIds,
      catalogue: request.catalogue,
      paired,
    },
    champion,
  );
  const failed = gates.filter(({ passed }) => !passed);
  if (failed.length > 0 && !request.overrideGates) {
    throw new ReelbenchError("RB_PUBLISH_GATE", failed.map(({ gate, reason }) => `${gate}: ${reason}`).join(" "), {
      details: { gates },
    });
  }
  return gates;
}

/** Everything a server needs, chunk by chunk, then the proof that it arrived (PUB-2, PUB-5). */
async function send(
  { request, target, pool, context }: Publication,
  version: string,
  artifact: LocalArtifact,
  bundle: Bundle,
  gates: readonly GateResult[],
): Promise<void> {
  const { card, model } = bundle;
  const opened = await openVersion(pool, {
    version,
    algorithm: request.run.algorithm,
    runId: request.run.id,
    snapshotId: request.run.snapshotId,
    splitId: request.run.splitId,
    sha256: artifact.digest,
    modelHash: card.parts["model.safetensors"].sha256,
    users: card.users,
    items: card.items,
    factors: factorsOf(model),
    card,
    files: artifact.files.map(({ name, bytes, chunkHashes }) => ({ name, bytes, chunks: chunkHashes.length })),
  });
  await saveGates(pool, version, gates, request.overrideGates);
  await saveEvaluation(pool, version, request.evaluation);
  await uploadCatalogue(pool, target.channel, request.catalogue, context);
  await uploadHistories(pool, request.run.snapshotId, request.historyShape, request.histories(), context);
  if (opened.state === "uploading") await uploadArtifact(pool, version, artifact, context);
  tell(context, "Comparing checksums");
  const arrived = await verifyArtifact(pool, version, artifact);
  if (opened.state === "uploading") await markReady(pool, version, arrived);
}

async function warmAndProbe(
  { request, target, pool, redis, context, warnings }: Publication,
  { version, bytes }: { readonly version: string; readonly bytes: number },
  bundle: Bundle,
  sample: readonly History[],
) {
  const hidden = await hiddenItems(pool);
  if (redis !== null) {
    await warmRankings(
      redis,
      pool,
      target.channel,
      version,
      bundle,
      sample.slice(0, warmedUsers),
      hidden,
      context,
    ).catch((error: unknown) => {
      if (context.signal.aborted) throw error;
      warnings.push(`The cache was not warmed. ${redisError(error).message} Servers will fill it by themselves.`);
    });
  }
  const probes = await planProbes(bundle, sample.slice(0, request.probes), hidden, context.signal);
  return probeParity(pool, target, { version, bytes }, probes, request.processHost, context);
}

async function afterSwitch(
  { request, target, pool, redis, context, warnings }: Publication,
  active: Deployment,
): Promise<PublishOutcome["servers"]> {
  const note = (what: string) => (error: unknown) => void warnings.push(`${what}: ${toReelbenchError(error).message}`);
  if (redis !== null)
    await announce(redis, target.channel).catch((error: unknown) => note("Redis could not be told")(redisError(error)));
  const servers = await waitForServers(pool, active, switchSeconds, context).catch((error: unknown) => {
    note("The servers could not be watched")(error);
    return { live: 0, switched: 0 };
  });
  if (servers.switched < servers.live)
    warnings.push(
      `${servers.live - servers.switched} of ${servers.live} servers have not switched yet; each will when it has loaded the version.`,
    );
  await collectGarbage(pool, request.keepVersions ?? 5).catch(note("Old versions were not collected"));
  return servers;
}

/** What was refused is failed; what was interrupted stays as it is and goes on next time. */
async function recordFailure(pool: Pool, version: string, error: unknown): Promise<void> {
  const known = toReelbenchError(error);
  if (known.code !== "RB_PUBLISH_CHECKSUM" && known.code !== "RB_PUBLISH_PARITY") return;
  await markFailed(pool, version, known.message).catch(() => undefined); // The first error is the one to report.
}

async function openOptionalRedis(
  url: string | null,
  signal: AbortSignal,
  warnings: string[],
): Promise<RedisClient | null> {
  if (url === null) return null;
  try {
    return await openRedis(url, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    warnings.push(`${toReelbenchError(error).message} Servers will fill their caches by themselves.`);
    return null;
  }
}

function tell(context: WorkContext, message: string): void {
  context.onProgress({ done: 0, total: null, unit: "steps", message });
}
