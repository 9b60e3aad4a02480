import type { Pool } from "pg";
import { ReelbenchError, toReelbenchError } from "../../core/contract/errors.ts";
import { catalogueRevision } from "../../core/production/catalogue.ts";
import { createBackOff } from "../../core/jobs/back-off.ts";
import { findDeployment } from "../../core/production/deployments.ts";
import { findVersion } from "../../core/production/versions.ts";
import { findProbeRound, isProbeRoundOpen, probeRequests, saveProbeAnswers } from "../../core/production/probes.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { answerProbes } from "./answer-probes.ts";
import { changedItems } from "./changed-items.ts";
import type { HeldModel, LiveModels } from "./live-models.ts";
import type { LoadVersion } from "./loader.ts";
import type { LoadProgress } from "./read-bundle.ts";
import type { SharedModel } from "./shared-model.ts";
import { findId, textAt } from "./shared-text.ts";
import { warmUp } from "./warm-up.ts";
import type { RecentRequests } from "./warm-up.ts";

export interface ModelStatus {
  /** What the channel's pointer names, as last seen. */
  readonly wanted: string | null;
  readonly candidate: string | null;
  /** What is being read from the target, and how much of it has been. */
  readonly loading: readonly (LoadProgress & { readonly version: string })[];
  /** Why what is wanted, or a candidate, could not be loaded. */
  readonly failure: {
    readonly version: string;
    readonly code: string;
    readonly message: string;
    readonly at: string;
  } | null;
}

export interface DeploymentFollower {
  /** Looks at the pointer, the catalogue and the probes, and starts what they ask for. Never throws. */
  look(): Promise<void>;
  status(): ModelStatus;
  /** Resolves when nothing is being loaded or probed. */
  settled(): Promise<void>;
  /** Called when another version serves, or a load began, ended or failed. */
  onChange(listener: () => void): void;
  close(): Promise<void>;
}

export interface FollowerOptions {
  readonly database: Pool;
  readonly channel: string;
  readonly serverId: string;
  readonly load: LoadVersion;
  readonly models: LiveModels;
  readonly recent: RecentRequests;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

interface Loading {
  readonly version: string;
  /** The pointer's when the load began. */
  readonly epoch: number;
  readonly abort: AbortController;
  readonly done: Promise<void>;
  /** Postgres was away meanwhile: what it reads from may be dead without having said so. */
  interrupted: boolean;
}

/** Milliseconds from a failed load to the next try. */
const loadPauses = { first: 1000, longest: 30_000 };
/** A candidate is kept this long after its round closed: activating it is then immediate. */
const candidateLinger = 60_000;

/**
 * Makes this server serve what its channel points to. Versions load beside the one that serves, in a thread of their own;
 * until one is ready, and for ever if it cannot be loaded, the one before goes on serving. A pointer that moves on does not end
 * the load under way, or one that moves faster than versions load would never be followed: what was loaded serves if it is the
 * later one, and the newest is loaded next (PUB-13).
 */
export function followDeployment(options: FollowerOptions): DeploymentFollower {
  const { database, channel, models, metrics, logger } = options;
  let wanted: { readonly version: string; readonly epoch: number } | null = null;
  let failure: ModelStatus["failure"] = null;
  const loads = createBackOff(loadPauses);
  let retryAt = 0;
  let loading: Loading | null = null;
  let candidate: { readonly held: HeldModel; readonly roundId: string; closedAt: number | null } | null = null;
  let probing: { readonly abort: AbortController; readonly done: Promise<void> } | null = null;
  let looking: Promise<void> | null = null;
  /** The catalogue's revision that the hidden flags of a loaded version are up to. */
  let applied = { key: 0, revision: 0 };
  let closed = false;
  let lookedWell = true;
  let lookAgain = false;
  const reading = new Set<{ readonly version: string; progress: LoadProgress }>();
  const listeners: (() => void)[] = [];

  function lookSoon(): Promise<void> {
    // Asked during a look: what is asked about may have changed after it was looked at.
    if (looking !== null) lookAgain = true;
    looking ??= lookUntilAsked().finally(() => (looking = null));
    return looking;
  }

  async function lookUntilAsked(): Promise<void> {
    do {
      lookAgain = false;
      await look();
    } while (lookAgain);
  }

  async function look(): Promise<void> {
    if (closed) return;
    try {
      await lookAtPointer();
      await lookAtProbes();
      await lookAtCatalogue();
      lookedWell = true;
    } catch (error) {
      if (lookedWell)
        logger.warn(
          { error: toReelbenchError(error).toEnvelope() },
          "cannot look at what should be served; going on with what is",
        );
      lookedWell = false;
      if (loading !== null) loading.interrupted = true;
    }
  }

  async function lookAtPointer(): Promise<void> {
    const deployment = await findDeployment(database, channel);
    if (deployment === null || closed) return;
    if (wanted?.version !== deployment.version) {
      loads.worked();
      retryAt = 0;
    }
    wanted = { version: deployment.version, epoch: deployment.epoch };
    const current = models.current();
    const outdated = loading !== null && loading.version !== deployment.version ? loading : null;
    if (outdated?.interrupted === true) outdated.abort.abort();
    if (current?.shared.version === deployment.version) {
      if (current.epoch !== deployment.epoch) {
        models.renumber(deployment.epoch);
        report();
      }
      failure = null;
      outdated?.abort.abort();
      return;
    }
    if (candidate?.held.shared.version === deployment.version) {
      outdated?.abort.abort();
      switchTo(candidate.held, deployment.epoch);
      return;
    }
    if (loading === null && performance.now() >= retryAt) startLoading(wanted);
  }

  function startLoading({ version, epoch }: NonNullable<typeof wanted>): void {
    const abort = new AbortController();
    const done = loadAndSwitch(version, epoch, abort.signal)
      .catch((error: unknown) => {
        // What is wanted by now does not wait because another could not be loaded.
        if (abort.signal.aborted || wanted?.version !== version) return;
        retryAt = performance.now() + loads.failed();
        remember(version, error);
      })
      .finally(() => {
        loading = null;
        report();
        if (wanted !== null && wanted.version !== models.current()?.shared.version) void lookSoon();
      });
    loading = { version, epoch, abort, done, interrupted: false };
  }

  async function loadAndSwitch(version: string, epoch: number, signal: AbortSignal): Promise<void> {
    const held = await loadWarm(version, signal);
    try {
      // Asked before the pointer is looked at for the last time: it may be wanted again when the answer is there.
      const outdated = wanted?.version !== version && (await isOutOfService(version));
      signal.throwIfAborted();
      if (wanted?.version === version) switchTo(held, wanted.epoch);
      else if (!outdated && epoch > (models.current()?.epoch ?? 0)) switchTo(held, epoch);
    } finally {
      held.release();
    }
  }

  /** Whether people took it back since (PUB-12), or it is gone. */
  async function isOutOfService(version: string): Promise<boolean> {
    const found = await findVersion(database, version);
    return found === null || found.withdrawn !== null;
  }

  async function loadWarm(version: string, signal: AbortSignal): Promise<HeldModel> {
    const stopTimer = metrics.modelLoadSeconds.startTimer();
    const held = models.hold(await read(version, signal));
    try {
      await warmUp(held, options.recent);
      signal.throwIfAborted();
    } catch (error) {
      held.release();
      throw error;
    }
    metrics.modelLoads.inc({ result: "loaded" });
    logger.info({ version, seconds: stopTimer(), bytes: held.shared.bytes }, "loaded");
    return held;
  }

  async function read(version: string, signal: AbortSignal): Promise<SharedModel> {
    const entry = { version, progress: { bytes: 0, ofBytes: 0 } };
    reading.add(entry);
    try {
      return await options.load(version, signal, (progress) => (entry.progress = progress));
    } finally {
      reading.delete(entry);
    }
  }

  function switchTo(held: HeldModel, epoch: number): void {
    const before = models.current()?.shared.version ?? null;
    models.serve(held, epoch);
    failure = null;
    loads.worked();
    retryAt = 0;
    logger.info({ version: held.shared.version, before, epoch }, "serving");
    report();
  }

  /** For those who ask. A candidate that fails its probe does not make what is wanted wait. */
  function remember(version: string, error: unknown): void {
    const known = toReelbenchError(error);
    failure = { version, code: known.code, message: known.message, at: new Date().toISOString() };
    metrics.modelLoads.inc({ result: "failed" });
    logger.error(
      { version, error: known.toEnvelope(), serving: models.current()?.shared.version ?? null },
      "cannot load a version",
    );
  }

  // ── Probes ────────────────────────────────────────────────────────────────────────────────────────────────────────

  async function lookAtProbes(): Promise<void> {
    await retireCandidate();
    if (probing !== null || closed) return;
    const round = await findProbeRound(database, channel, options.serverId);
    if (round === null) return;
    const abort = new AbortController();
    const done = probe(round.id, round.version, abort.signal)
      .catch(async (error: unknown) => {
        if (abort.signal.aborted) return;
        remember(round.version, error);
        await refuse(round.id, toReelbenchError(error).message);
      })
      .catch((error: unknown) => logger.warn({ error: toReelbenchError(error).toEnvelope() }, "cannot answer a probe"))
      .finally(() => {
        probing = null;
        report();
      });
    probing = { abort, done };
  }

  async function probe(roundId: string, version: string, signal: AbortSignal): Promise<void> {
    if (candidate?.held.shared.version !== version) {
      // What serves may itself be probed again: it is loaded a second time, from what the target holds now.
      const held = await loadWarm(version, signal);
      dropCandidate();
      candidate = { held, roundId, closedAt: null };
    } else {
      candidate = { held: candidate.held, roundId, closedAt: null };
    }
    const answers = await answerProbes(candidate.held, await probeRequests(database, roundId));
    await saveProbeAnswers(database, roundId, options.serverId, answers);
    logger.info({ version, roundId, answers: answers.length }, "answered a probe");
  }

  /** The publisher need not wait for a server that has said why it cannot. */
  async function refuse(roundId: string, error: string): Promise<void> {
    const requests = await probeRequests(database, roundId);
    await saveProbeAnswers(
      database,
      roundId,
      options.serverId,
      requests.map(({ n }) => ({ n, itemIds: [], scores: [], error })),
    );
  }

  async function retireCandidate(): Promise<void> {
    const kept = candidate;
    if (kept === null || probing !== null) return;
    if (kept.closedAt === null) {
      if (await isProbeRoundOpen(database, kept.roundId)) return;
      kept.closedAt = performance.now();
    }
    if (performance.now() - kept.closedAt > candidateLinger || models.current()?.shared.key === kept.held.shared.key)
      dropCandidate();
  }

  function dropCandidate(): void {
    candidate?.held.release();
    candidate = null;
  }

  // ── Catalogue ─────────────────────────────────────────────────────────────────────────────────────────────────────

  async function lookAtCatalogue(): Promise<void> {
    const shared = models.current()?.shared;
    if (shared === undefined) return;
    const revision = await catalogueRevision(database);
    const seen = applied.key === shared.key ? applied.revision : shared.catalogueRevision;
    if (revision === seen) return;
    let reload = false;
    for await (const item of changedItems(database, seen)) {
      const i = findId(shared.items, item.itemId);
      if (i < 0) continue;
      // At once: what an operator hides must not wait for a reload.
      shared.catalogue.hidden[i] = item.hidden ? 1 : 0;
      shared.catalogue.changes[0] = (shared.catalogue.changes[0] ?? 0) + 1;
      const { itemId, title, year, genres } = item;
      reload ||= textAt(shared.catalogue.json, i) !== JSON.stringify({ itemId, title, year, genres });
    }
    if (!reload) applied = { key: shared.key, revision };
    else if (loading === null && wanted?.version === shared.version && performance.now() >= retryAt)
      startLoading(wanted);
  }

  function report(): void {
    for (const listener of listeners) listener();
    const current = models.current();
    metrics.model.reset();
    if (current !== null)
      metrics.model.set(
        { version: current.shared.version, algorithm: current.shared.algorithm, epoch: current.epoch },
        1,
      );
    metrics.modelBehind.set(wanted !== null && wanted.version !== current?.shared.version ? 1 : 0);
  }

  return {
    look: lookSoon,
    settled: async () => void (await Promise.all([loading?.done, probing?.done])),
    onChange: (listener) => void listeners.push(listener),
    status: () => ({
      wanted: wanted?.version ?? null,
      candidate: candidate?.held.shared.version ?? null,
      loading: Array.from(reading, ({ version, progress }) => ({ version, ...progress })),
      failure,
    }),
    async close() {
      closed = true;
      const stopped = new ReelbenchError("RB_CANCELLED", "The server is stopping.");
      loading?.abort.abort(stopped);
      probing?.abort.abort(stopped);
      await Promise.all([looking, loading?.done, probing?.done]);
      dropCandidate();
    },
  };
}
