import type { AddressInfo } from "node:net";
import { ReelbenchError, toReelbenchError } from "../core/contract/errors.ts";
import { noticeChannel } from "../core/production/cache-keys.ts";
import { openProduction } from "../core/production/migrate.ts";
import { heartbeatSeconds, recordHeartbeat, removeServer } from "../core/production/servers.ts";
import packageJson from "../package.json" with { type: "json" };
import { createAccountServices } from "./accounts/account-services.ts";
import { createApiKeys } from "./auth/api-keys.ts";
import { createAuthenticator } from "./auth/authenticate.ts";
import { createPredictionCache } from "./cache/predicted.ts";
import { createRankingCache } from "./cache/rankings.ts";
import { connectRedis } from "./cache/redis.ts";
import type { ServerConfig } from "./config.ts";
import { createEpochs } from "./feedback/epochs.ts";
import { createFeedbackStream } from "./feedback/feedback-stream.ts";
import { createMover } from "./feedback/move-waiting.ts";
import { createFeedbackRecorder } from "./feedback/record-feedback.ts";
import { openSpool } from "./feedback/spool.ts";
import { createUserStates } from "./feedback/user-states.ts";
import { followExperiment } from "./experiments/follow-experiment.ts";
import { createDriftWatch } from "./exposures/drift.ts";
import { createExposureBuffer } from "./exposures/exposure-buffer.ts";
import { createQualityWatch } from "./exposures/online-quality.ts";
import { recordExposures } from "./exposures/record-exposures.ts";
import { keepHouse } from "./housekeeping.ts";
import { createApp } from "./http/app.ts";
import { createListener } from "./http/listener.ts";
import { createLoadShedding, watchEventLoop } from "./http/load-shedding.ts";
import type { Listener } from "./http/listener.ts";
import { listenToPostgres } from "./live-model/listen.ts";
import { followDeployment } from "./live-model/follow-deployment.ts";
import { createLiveModels } from "./live-model/live-models.ts";
import { createLoader } from "./live-model/loader.ts";
import { createScoringPool } from "./live-model/scoring-pool.ts";
import { createRecentRequests } from "./live-model/warm-up.ts";
import { connectPostgres } from "./postgres.ts";
import { createPredictions } from "./predictions.ts";
import { createRecommendations } from "./recommendations.ts";
import { repeat } from "./repeat.ts";
import { createAccessLines } from "./telemetry/access-lines.ts";
import { openAccessLog } from "./telemetry/access-log.ts";
import { createLog } from "./telemetry/logger.ts";
import { createTrending } from "./trending.ts";
import type { Log, Logger } from "./telemetry/logger.ts";
import { createMetrics } from "./telemetry/metrics.ts";
import { startTracing } from "./telemetry/tracing.ts";

export interface RunningServer {
  readonly url: string;
  /** Stops taking requests, lets those under way end (within the deadline) and gives everything back. */
  close(): Promise<void>;
  /** Uses the certificate as it is now. */
  reloadCertificate(): Promise<void>;
}

export const software = `reelbench-server/${packageJson.version}`;

/** How long opening waits for the first model before it listens without one (answering 503 until there is one). */
const firstLookTimeout = 15_000;
const housekeepingMs = 3_600_000;
const exposureFlushMs = 500;
const qualityMs = 60_000;
const driftMs = 300_000;

/**
 * Starts a server on a target. It needs Postgres with this build's schema to start (throws RB_TARGET_UNREACHABLE,
 * RB_TARGET_SCHEMA); after that it outlives both Postgres and Redis.
 */
export async function startServer(config: ServerConfig, log: Log = createLog(config)): Promise<RunningServer> {
  const { logger } = log;
  const metrics = createMetrics();
  const tracing =
    config.tracing === null
      ? null
      : startTracing({ ...config.tracing, service: "reelbench-server", serverId: config.serverId });
  const postgres = connectPostgres(config, logger, tracing);
  try {
    await openProduction(postgres.control);
  } catch (error) {
    await Promise.all([postgres.close(), tracing?.close()]);
    throw error;
  }

  const accessLog = config.accessLog === null ? null : openAccessLog(config.accessLog, logger);
  const accessLines = createAccessLines(config, accessLog?.write ?? log.write);
  const scoringPool = createScoringPool({
    threads: config.threads,
    queueLimit: config.queueLimit,
    onWorkerDied: (error) => logger.error({ error: String(error) }, "a scoring thread ended; another takes its place"),
  });
  const scoring = tracing === null ? scoringPool : tracing.calls(scoringPool, "worker");
  const models = createLiveModels(scoring);
  const recent = createRecentRequests();
  const load = createLoader(config.postgresUrl, config.threads);
  const experiments = followExperiment({
    database: postgres.control,
    channel: config.channel,
    load,
    models,
    recent,
    metrics,
    logger,
  });
  const follower = followDeployment({
    database: postgres.control,
    channel: config.channel,
    serverId: config.serverId,
    load,
    models,
    recent,
    metrics,
    logger,
  });
  const spool = config.spool === null ? null : await openSpool(config.spool.directory, config.spool.bytes, logger);
  // A gauge begins with 0, which would tell of a Redis that is down.
  if (config.redisUrl === null) metrics.redisUp.remove();
  const redisStore =
    config.redisUrl === null
      ? null
      : connectRedis({
          url: config.redisUrl,
          metrics,
          logger,
          notices: noticeChannel(config.channel),
          onNotice: () => void follower.look(),
        });
  const redis = redisStore === null || tracing === null ? redisStore : tracing.calls(redisStore, "redis");
  const epochs = createEpochs({
    database: postgres.reads,
    postgres: postgres.readBreaker,
    redis,
    channel: config.channel,
    entries: config.cacheEntries,
  });
  const stream =
    config.redisUrl === null
      ? null
      : createFeedbackStream({ url: config.redisUrl, channel: config.channel, serverId: config.serverId, logger });
  const moveWaiting = createMover({
    database: postgres.writes,
    postgres: postgres.writeBreaker,
    stream,
    spool,
    epochs,
    logger,
  });
  const states = createUserStates(postgres.reads, postgres.readBreaker, config.cacheEntries);
  const kept = {
    redis,
    channel: config.channel,
    entries: config.cacheEntries,
    seconds: config.cacheTtlSeconds,
    metrics,
  };
  const rankings = createRankingCache(kept);
  const predicted = createPredictionCache(kept);
  const apiKeys = createApiKeys({ database: postgres.control, postgres: postgres.readBreaker, logger });
  const accounts = config.accounts === null ? null : createAccountServices(postgres.accounts, config.accounts);
  const authenticator = createAuthenticator({
    apiKeys,
    tokens: accounts?.tokens ?? null,
    database: postgres.accounts,
    postgres: postgres.readBreaker,
  });
  const exposures =
    config.exposures === null
      ? null
      : createExposureBuffer({
          database: postgres.writes,
          postgres: postgres.exposureBreaker,
          limit: config.exposures.buffer,
          metrics,
          logger,
        });
  const recommendations = createRecommendations({ epochs, states, rankings, recent, metrics });
  metrics.collect(() => {
    const { entries, bytes } = rankings.size();
    metrics.cacheEntries.set(entries);
    metrics.cacheBytes.set(bytes);
    if (exposures !== null) metrics.exposuresWaiting.set(exposures.waiting());
    metrics.scoringQueue.set(scoring.pending());
    metrics.modelBytes.set(scoring.heldBytes());
    if (spool !== null) metrics.spoolBytes.set(spool.bytes());
  });

  /** For a start that fails half-way. */
  const giveBack = async () => {
    await Promise.all([follower.close(), experiments.close(), scoring.close(), redis?.close(), stream?.close()]);
    await Promise.all([spool?.close(), accounts?.close(), accessLog?.close(), postgres.close(), tracing?.close()]);
  };

  const shedding = createLoadShedding(config.lagLimitMs);
  let draining = false;
  let askedToDrain = false;
  let postgresUp = true;
  const app = createApp(
    {
      config,
      software,
      database: postgres.reads,
      lagging: postgres.lagging,
      pools: postgres,
      models,
      metrics,
      accessLines,
      accounts,
      authenticator,
      recommendations:
        exposures === null ? recommendations : recordExposures(recommendations, exposures, config.channel),
      predictions: createPredictions({ epochs, states, cache: predicted, metrics }),
      trending: createTrending(postgres.lagging, postgres.readBreaker),
      recordFeedback: createFeedbackRecorder({
        database: postgres.writes,
        postgres: postgres.writeBreaker,
        stream,
        spool,
        epochs,
        states,
        metrics,
        logger,
      }),
      forgetRankings: async (whose) => {
        // Rankings last: they tell the other servers.
        await predicted.forget(whose);
        return rankings.forget(whose);
      },
      drain: (now) => {
        askedToDrain = now;
      },
      health: () => ({
        draining: draining || askedToDrain,
        // The heartbeat looks now and then; the breakers know what requests meet.
        postgres: postgresUp && !postgres.readBreaker.isOpen() && !postgres.writeBreaker.isOpen() ? "up" : "down",
        redis: redis === null ? "not-configured" : redis.isUp() && epochs.isCaughtUp() ? "up" : "down",
      }),
      modelStatus: () => follower.status(),
    },
    logger,
    redis,
    shedding,
  );

  const listener = await createListener(tracing === null ? app : tracing.requests(app), {
    tls: config.tls,
    logger,
  }).catch(async (error: unknown) => {
    await giveBack();
    throw error;
  });
  const { server } = listener;

  const checkRedis = redis === null ? null : () => redis.check().then(() => epochs.catchUp());
  await Promise.race([
    Promise.all([
      follower.look().then(() => follower.settled()),
      // Or the first answers would tell of a Redis that is down, when nobody has asked it yet.
      redis?.tried().then(checkRedis),
    ]),
    delay(firstLookTimeout),
  ]);
  let url: string;
  try {
    url = await listen(listener, config);
  } catch (error) {
    listener.close();
    await giveBack();
    throw error;
  }

  const beat = async () => {
    const { candidate, failure } = follower.status();
    const current = models.current();
    try {
      await recordHeartbeat(postgres.control, {
        id: config.serverId,
        channel: config.channel,
        url,
        software,
        servingVersion: current?.shared.version ?? null,
        servingEpoch: current?.epoch ?? null,
        candidateVersion: candidate,
        failure: failure === null ? null : `${failure.version}: ${failure.message}`,
      });
      postgresUp = true;
    } catch (error) {
      postgresUp = false;
      logger.debug({ error: toReelbenchError(error).toEnvelope() }, "no heartbeat");
    }
    metrics.postgresUp.set(postgresUp ? 1 : 0);
  };
  const notices = listenToPostgres({
    url: config.postgresUrl,
    channel: config.channel,
    onNotice: () => void follower.look(),
    logger,
  });
  follower.onChange(() => void beat());
  const loops = [
    repeat(config.pollIntervalMs, () => follower.look()),
    repeat(config.pollIntervalMs, () => experiments.look()),
    repeat(driftMs, createDriftWatch({ database: postgres.house, models, metrics, logger })),
    repeat(1000 * heartbeatSeconds, beat),
    repeat(10_000, () => apiKeys.flush()),
    ...(stream === null && spool === null ? [] : [repeat(1000, moveWaiting)]),
    repeat(housekeepingMs, () => keepHouse({ database: postgres.house, config, accounts, logger })),
    ...(exposures === null
      ? []
      : [
          repeat(exposureFlushMs, () => exposures.flush()),
          repeat(qualityMs, createQualityWatch({ database: postgres.house, channel: config.channel, metrics, logger })),
        ]),
    ...(checkRedis === null ? [] : [repeat(1000, checkRedis)]),
  ];
  const stopWatching = watchEventLoop(shedding);
  await beat();
  // Once at the start, too: a server need not live for an hour for there to be partitions.
  void keepHouse({ database: postgres.house, config, accounts, logger });
  logger.info({ url, software, node: process.version, serving: models.current()?.shared.version ?? null }, "listening");

  let closing: Promise<void> | null = null;
  const close = async () => {
    draining = true;
    logger.info("stopping: not ready any more");
    if (config.drainDelayMs > 0) await delay(config.drainDelayMs);
    await stopListening(server, config.shutdownTimeoutMs, logger);
    for (const loop of loops) loop.stop();
    stopWatching();
    await notices.close();
    await Promise.all([follower.close(), experiments.close()]);
    await apiKeys.flush();
    await exposures?.flush();
    await removeServer(postgres.control, config.serverId).catch((error: unknown) =>
      logger.debug({ error: String(error) }, "could not sign off"),
    );
    await Promise.all([scoring.close(), redis?.close(), stream?.close(), spool?.close(), accounts?.close()]);
    listener.close();
    accessLines.flush();
    await Promise.all([postgres.close(), accessLog?.close(), tracing?.close()]);
    metrics.registry.clear();
    logger.info("stopped");
  };
  return { url, close: () => (closing ??= close()), reloadCertificate: listener.reload };
}

function listen({ server, protocol }: Listener, { host, port }: ServerConfig): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (cause: NodeJS.ErrnoException) =>
      reject(
        new ReelbenchError("RB_CONFLICT", `Cannot listen on ${host}, port ${port}: ${cause.code ?? cause.message}.`, {
          cause,
        }),
      );
    server.once("error", fail);
    server.listen(port, host, () => {
      server.off("error", fail);
      const address = server.address() as AddressInfo;
      // What listens everywhere is reached here.
      const name =
        address.address === "0.0.0.0"
          ? "127.0.0.1"
          : address.address === "::"
            ? "[::1]"
            : address.family === "IPv6"
              ? `[${address.address}]`
              : address.address;
      resolve(`${protocol}://${name}:${address.port}`);
    });
  });
}

/** New connections are refused at once, requests under way may end, and after the deadline what is left is cut off. */
async function stopListening(server: Listener["server"], deadline: number, logger: Logger): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  // A kept-alive connection becomes idle only after its answer; look again until none is left.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  const timer = setTimeout(() => {
    logger.warn("requests were cut off at the shutdown deadline");
    server.closeAllConnections();
  }, deadline);
  await closed;
  clearInterval(sweep);
  clearTimeout(timer);
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
