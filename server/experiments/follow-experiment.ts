import { ReelbenchError, toReelbenchError } from "../../core/contract/errors.ts";
import { createBackOff } from "../../core/jobs/back-off.ts";
import type { Database } from "../../core/production/database.ts";
import { runningExperiment } from "../../core/production/experiments.ts";
import type { Experiment } from "../../core/production/experiments.ts";
import type { LiveModels } from "../live-model/live-models.ts";
import type { LoadVersion } from "../live-model/loader.ts";
import { warmUp } from "../live-model/warm-up.ts";
import type { RecentRequests } from "../live-model/warm-up.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Metrics } from "../telemetry/metrics.ts";

export interface ExperimentFollower {
  /** Looks which experiment runs and loads its challenger beside what serves. Never throws. */
  look(): Promise<void>;
  close(): Promise<void>;
}

const loadPauses = { first: 1000, longest: 60_000 };

/**
 * Makes this server answer a running experiment's users with its challenger. Until that is loaded and warm, and for ever
 * if it cannot be, all are answered by what serves, and their exposures name no experiment.
 */
export function followExperiment(options: {
  readonly database: Database;
  readonly channel: string;
  readonly load: LoadVersion;
  readonly models: LiveModels;
  readonly recent: RecentRequests;
  readonly metrics: Metrics;
  readonly logger: Logger;
}): ExperimentFollower {
  const { database, channel, load, models, recent, metrics, logger } = options;
  const loads = createBackOff(loadPauses);
  let retryAt = 0;
  let loading: { readonly id: string; readonly abort: AbortController; readonly done: Promise<void> } | null = null;
  let closed = false;

  async function loadChallenger(experiment: Experiment, signal: AbortSignal): Promise<void> {
    const held = models.hold(await load(experiment.challenger, signal));
    try {
      await warmUp(held, recent);
      signal.throwIfAborted();
      models.experiment({ experiment, challenger: held });
      loads.worked();
      report();
      const { id, name, champion, challenger, share } = experiment;
      logger.info({ id, name, champion, challenger, share }, "an experiment runs");
    } finally {
      held.release();
    }
  }

  function start(experiment: Experiment): void {
    const abort = new AbortController();
    const done = loadChallenger(experiment, abort.signal)
      .catch((error: unknown) => {
        if (abort.signal.aborted) return;
        retryAt = performance.now() + loads.failed();
        logger.error(
          { version: experiment.challenger, error: toReelbenchError(error).toEnvelope() },
          "cannot load an experiment's challenger; all users get what serves",
        );
      })
      .finally(() => (loading = null));
    loading = { id: experiment.id, abort, done };
  }

  function report(): void {
    metrics.experiment.reset();
    const current = models.currentExperiment();
    if (current !== null)
      metrics.experiment.set(
        { experiment: current.id, champion: current.champion, challenger: current.challenger },
        current.share,
      );
  }

  return {
    async look() {
      if (closed) return;
      try {
        const experiment = await runningExperiment(database, channel);
        if (closed) return;
        if (loading !== null && loading.id !== experiment?.id) loading.abort.abort(new ReelbenchError("RB_CANCELLED"));
        const current = models.currentExperiment();
        if (current !== null && current.id !== experiment?.id) {
          models.experiment(null);
          report();
          logger.info({ id: current.id }, "an experiment is over");
        }
        if (experiment === null || models.currentExperiment() !== null || loading !== null) return;
        if (models.current()?.shared.version === experiment.champion && performance.now() >= retryAt) start(experiment);
      } catch (error) {
        // The one that was running goes on: assignments do not depend on Postgres.
        logger.debug({ error: toReelbenchError(error).toEnvelope() }, "cannot look at experiments");
      }
    },
    async close() {
      closed = true;
      loading?.abort.abort(new ReelbenchError("RB_CANCELLED"));
      await loading?.done;
      models.experiment(null);
    },
  };
}
