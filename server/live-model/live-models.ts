import { ReelbenchError } from "../../core/contract/errors.ts";
import type { CacheUser } from "../../core/production/cache-keys.ts";
import { armOf } from "../../core/production/experiments.ts";
import type { Experiment } from "../../core/production/experiments.ts";
import type { ShownList } from "../../core/production/exposures.ts";
import type { ScoreJob, ScoredList } from "./score-job.ts";
import type { ScoringPool } from "./scoring-pool.ts";
import type { SharedModel } from "./shared-model.ts";

/** One version as a request sees it from its first line to its last: model, catalogue and histories that belong together. */
export interface LiveModel {
  readonly shared: SharedModel;
  /** Of the channel's pointer; 0 for a candidate. */
  readonly epoch: number;
  readonly since: Date;
  /** The arm of an experiment that this request was given; null outside of one. */
  readonly assignment: ShownList["assignment"];
  score(job: ScoreJob, deadline: number): Promise<ScoredList>;
}

export interface LiveModels {
  current(): LiveModel | null;
  /** Lends the serving version; it stays loaded until `work` has ended, whatever is switched meanwhile. */
  withCurrent<T>(work: (model: LiveModel) => Promise<T>): Promise<T>;
  /**
   * As `withCurrent`, for one user: while an experiment runs, its challenger for those users who are assigned to it. Where the
   * challenger is not loaded, or something else than the champion serves, nobody is in the experiment.
   */
  withModelFor<T>(user: CacheUser, work: (model: LiveModel) => Promise<T>): Promise<T>;
  /** Lends a version this server holds: "serving", "challenger", or a version's own name. Rejects with RB_NOT_FOUND. */
  withNamed<T>(name: string, work: (model: LiveModel) => Promise<T>): Promise<T>;
  /** What `withModelFor` would lend, for work that is done when this returns. */
  currentFor(user: CacheUser): LiveModel | null;
  /** From the next request on. `challenger` is the experiment's, loaded and warm; null ends it here. */
  experiment(running: { readonly experiment: Experiment; readonly challenger: HeldModel } | null): void;
  /** The experiment that requests are assigned to; null while there is none. */
  currentExperiment(): Experiment | null;
  /** Takes a version into the pool, beside what is served. */
  hold(shared: SharedModel): HeldModel;
  /** From the next request on, this one. What was served before goes when its last request has ended. */
  serve(model: HeldModel, epoch: number): void;
  /** The pointer moved but not what it points to. */
  renumber(epoch: number): void;
}

export interface HeldModel {
  readonly shared: SharedModel;
  score(job: ScoreJob, deadline: number): Promise<ScoredList>;
  /** Ends when what uses it ends. */
  use<T>(work: () => Promise<T>): Promise<T>;
  /** One holder more. */
  retain(): void;
  /** One holder less; with the last the version leaves the pool. */
  release(): void;
}

export function createLiveModels(pool: ScoringPool, now: () => Date = () => new Date()): LiveModels {
  let serving: { readonly live: LiveModel; readonly held: HeldModel } | null = null;
  let running: { readonly experiment: Experiment; readonly challenger: HeldModel } | null = null;

  function hold(shared: SharedModel): HeldModel {
    let uses = 1;
    pool.hold(shared);
    const release = () => {
      uses--;
      if (uses === 0) pool.drop(shared.key);
    };
    const retain = () => {
      uses++;
    };
    return {
      shared,
      score: (job, deadline) => pool.score(shared.key, job, deadline),
      retain,
      release,
      use: async (work) => {
        retain();
        try {
          return await work();
        } finally {
          release();
        }
      },
    };
  }

  function serve(held: HeldModel, epoch: number): void {
    held.retain();
    const before = serving;
    serving = { live: { shared: held.shared, epoch, since: now(), assignment: null, score: held.score }, held };
    before?.held.release();
  }

  function lend<T>(
    chosen: { readonly live: LiveModel; readonly held: HeldModel } | null,
    work: (model: LiveModel) => Promise<T>,
  ): Promise<T> {
    if (chosen === null)
      return Promise.reject(new ReelbenchError("RB_NO_ACTIVE_MODEL", undefined, { details: { retryAfter: 2 } }));
    return chosen.held.use(() => work(chosen.live));
  }

  function choose(user: CacheUser): { readonly live: LiveModel; readonly held: HeldModel } | null {
    if (running === null || serving?.live.shared.version !== running.experiment.champion) return serving;
    const { live, held } = serving;
    const { experiment, challenger } = running;
    const arm = armOf(experiment, user);
    const assignment = { experiment: experiment.id, arm };
    if (arm === "champion") return { held, live: { ...live, assignment } };
    const { shared, score } = challenger;
    return { held: challenger, live: { shared, score, epoch: live.epoch, since: live.since, assignment } };
  }

  function named(name: string): { readonly live: LiveModel; readonly held: HeldModel } | null {
    if (serving === null || name === "serving" || name === serving.live.shared.version) return serving;
    const challenger = running?.challenger;
    if (challenger === undefined || (name !== "challenger" && name !== challenger.shared.version))
      throw new ReelbenchError("RB_NOT_FOUND", `This server holds no version called "${name.slice(0, 100)}".`);
    const { shared, score } = challenger;
    return { held: challenger, live: { ...serving.live, shared, score } };
  }

  return {
    withNamed: async (name, work) => lend(named(name), work),
    current: () => serving?.live ?? null,
    currentFor: (user) => choose(user)?.live ?? null,
    withCurrent: (work) => lend(serving, work),
    withModelFor: (user, work) => lend(choose(user), work),
    experiment: (next) => {
      next?.challenger.retain();
      const before = running;
      running = next;
      before?.challenger.release();
    },
    currentExperiment: () => running?.experiment ?? null,
    hold,
    serve,
    renumber: (epoch) => {
      if (serving !== null) serving = { held: serving.held, live: { ...serving.live, epoch } };
    },
  };
}
