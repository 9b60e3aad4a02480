import type { AlgorithmInfo, InnerValidation, Run, Split } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";
import type { Search, SearchRequest } from "../contract/searches.ts";
import { familyOf, metricLabel } from "../evaluation/metric.ts";
import type { JobContext } from "../jobs/queue.ts";
import { algorithmById, parseHyperparameters } from "../models/registry.ts";
import { foldsOf } from "../ratings/split-parts.ts";
import { checkSchedule } from "../tuning/next-step.ts";
import { checkSpace, defaultSpace, dimensionOf } from "../tuning/space.ts";
import type { JobRecord } from "../workspace/job-table.ts";
import type { DirectHandlers, JobHandlers } from "./handlers.ts";
import type { LiveCurves } from "./models.ts";
import { changed, presentSnapshot, presentSplit } from "./rooms.ts";
import type { Rooms } from "./rooms.ts";
import { cutoffsOf, trainTrials } from "./search-trials.ts";
import { queuedRun, trainRun } from "./training.ts";

type SearchMethod = "searches.space" | "searches.list" | "searches.get";

export function searchHandlers(rooms: Rooms): DirectHandlers<SearchMethod> {
  const { searches } = rooms.workspace.catalogue;
  return {
    "searches.space": ({ algorithm }) => {
      const { info } = algorithmById(algorithm);
      return {
        space: defaultSpace(info),
        fields: info.hyperparameters.flatMap((field) => wholeRange(info, field.name)),
      };
    },
    "searches.list": ({ splitId }) =>
      searches.list().filter((search) => splitId === undefined || search.splitId === splitId),
    "searches.get": ({ searchId }) => ({ search: searches.get(searchId), steps: searches.steps(searchId) }),
  };
}

/** None for a number without bounds. */
function wholeRange(info: AlgorithmInfo, name: string) {
  try {
    return [dimensionOf(info, name)];
  } catch {
    return [];
  }
}

/** A search's state is its job's. */
export function followSearchState(rooms: Rooms, { job, memory }: JobRecord): void {
  const { searches } = rooms.workspace.catalogue;
  const id = memory["searchId"];
  const search = typeof id === "string" ? searches.find(id) : undefined;
  if (search === undefined) return;
  searches.put({ ...search, state: job.state, finishedAt: job.finishedAt });
  changed(rooms, "search", search.id);
}

export function searchJobs(rooms: Rooms, curves: LiveCurves): JobHandlers<"searches.start"> {
  const { searches } = rooms.workspace.catalogue;
  return {
    "searches.start": {
      lane: "training",
      title: ({ algorithm, name }) => `Search ${name ?? algorithmById(algorithm).info.name}`,
      prepare(request, jobId) {
        const search = preparedSearch(rooms, request, jobId);
        searches.put(search);
        changed(rooms, "search", search.id);
        return { searchId: search.id };
      },
      async run(_request, context) {
        const searchId = context.memory["searchId"];
        if (typeof searchId !== "string") throw new ReelbenchError("RB_INTERNAL", "The job has forgotten its search.");
        await trainTrials(rooms, searchId, context, curves);
        return { searchId, runId: (await trainWinner(rooms, searchId, context, curves)).id };
      },
    },
  };
}

/** The search as it will be carried out, with what was left out filled in. Refuses what could never work. */
function preparedSearch(rooms: Rooms, request: SearchRequest, jobId: string): Search {
  const { entity: split } = presentSplit(rooms, request.splitId);
  presentSnapshot(rooms, split.snapshotId);
  const { info } = algorithmById(request.algorithm);
  const metric = request.metric ?? (info.predictsRatings ? "rmse" : "ndcg@10");
  const family = familyOf(metric);
  if (family.ofList !== /@\d+$/.test(metric))
    throw new ReelbenchError("RB_INVALID_INPUT", `${metric}: a metric of lists has a length (ndcg@10), others none.`);
  if (!family.ofList && !info.predictsRatings)
    throw new ReelbenchError("RB_INVALID_INPUT", `${info.name} predicts no ratings, so it has no ${metric}.`);
  const { schedule, fixed, trials, parallel, seed, sampler } = request;
  const doubled = schedule.schedule === "doubling" ? schedule.dimension : null;
  const space = (request.space ?? defaultSpace(info)).filter(
    ({ name }) => request.space !== undefined || (name !== doubled && !Object.hasOwn(fixed, name)),
  );
  if (space.length === 0)
    throw new ReelbenchError("RB_INVALID_INPUT", `${info.name} has nothing to search: name the settings to vary.`);
  checkSpace(info, space, fixed);
  checkSchedule({ space, sampler, schedule, trials, parallel, seed });
  requireBudget(info, request);
  parseHyperparameters(algorithmById(info.id), fixed);
  if (doubled !== null) dimensionOf(info, doubled);
  return {
    id: `t${jobId.slice(1)}`,
    name: request.name ?? `${info.name} search`,
    state: "queued",
    createdAt: new Date().toISOString(),
    finishedAt: null,
    jobId,
    snapshotId: split.snapshotId,
    splitId: split.id,
    algorithm: info.id,
    metric,
    higherIsBetter: family.higherIsBetter,
    space,
    fixed,
    sampler,
    schedule,
    trials,
    parallel,
    seed,
    validation: validationOf(split, request.validation),
    ...(request.training === undefined ? {} : { training: request.training }),
    finishedSteps: 0,
    best: null,
    winnerRunId: null,
    warnings: [],
  };
}

function requireBudget(info: AlgorithmInfo, { schedule }: SearchRequest): void {
  if (!("resource" in schedule) || schedule.resource !== "epochs") return;
  const field = info.hyperparameters.find(({ name }) => name === "epochs");
  if (field === undefined)
    throw new ReelbenchError("RB_INVALID_INPUT", `${info.name} has no epochs to deal out.`, {
      remedy: "Let the schedule deal out users, or give every trial all of it.",
    });
  if (schedule.maximum > (field.maximum ?? Infinity))
    throw new ReelbenchError("RB_INVALID_INPUT", `${info.name} has at most ${String(field.maximum)} epochs.`);
}

/** What was asked for; else the split's own validation part; else a part taken out as the split itself divides. */
function validationOf(split: Split, asked: InnerValidation | undefined): InnerValidation | null {
  if (asked !== undefined) return asked;
  if ((split.validation ?? 0) > 0) return null;
  const { protocol } = split.protocol;
  switch (protocol) {
    case "global-temporal":
    case "per-user-temporal":
    case "leave-last-out":
      return { protocol, share: 0.1 };
    case "rolling-origin":
    case "random":
    case "k-fold":
    case "held-out-users":
    case "predefined":
      return { protocol: "random", share: 0.1 };
  }
}

/** The best settings, trained on the whole training part and judged by the test, once. */
async function trainWinner(rooms: Rooms, searchId: string, context: JobContext, curves: LiveCurves): Promise<Run> {
  const { catalogue } = rooms.workspace;
  const search = catalogue.searches.get(searchId);
  const { best } = search;
  if (best === null)
    throw new ReelbenchError("RB_TRAIN_DIVERGED", "No trial of the search succeeded.", {
      remedy: "Look at the trials' errors (reelbench tune status) and narrow the space.",
    });
  const runId = `r${searchId.slice(1)}`;
  if (catalogue.runs.find(runId) === undefined) {
    catalogue.runs.put(
      queuedRun({
        id: runId,
        name: `${search.name}: best of ${String(search.trials)}`,
        snapshotId: search.snapshotId,
        splitId: search.splitId,
        algorithm: search.algorithm,
        hyperparameters: best.hyperparameters,
        ...(search.training === undefined ? {} : { training: search.training }),
        search: { searchId, trial: best.trial, part: { part: "test" }, cutoffs: cutoffsOf(search.metric) },
        seed: search.seed,
        refitOf: null,
      }),
    );
    changed(rooms, "run", runId);
  }
  context.onProgress({ done: search.trials, total: search.trials, unit: "trials", message: "Training the winner" });
  const quiet = { ...context, onProgress: () => undefined };
  const run = await trainRun(rooms, runId, quiet, (point) => curves.add(runId, point));
  catalogue.searches.put({
    ...catalogue.searches.get(searchId),
    winnerRunId: runId,
    warnings: warningsOf(rooms, search, run),
  });
  changed(rooms, "search", searchId);
  return run;
}

function warningsOf(rooms: Rooms, search: Search, winner: Run): string[] {
  const tested = winner.metrics.find(({ metric }) => metric === search.metric);
  const earlier = rooms.workspace.catalogue.searches
    .list()
    .filter((other) => other.splitId === search.splitId && other.id !== search.id && other.winnerRunId !== null).length;
  const { entity: split } = presentSplit(rooms, search.splitId);
  return [
    ...(foldsOf(split.protocol) === null
      ? []
      : [
          "The settings were chosen by validation parts of all folds together, and what one fold tests is another's to validate with: the folds' tests are not wholly unseen. Where that matters, search on a hold-out split and train the settings on the folds.",
        ]),
    `${metricLabel(search.metric)} ${search.best?.value.toFixed(4) ?? ""} on the validation part is the best of ${String(search.finishedSteps)} measurements and flatters; on the test, which had no part in the choice, it is ${tested?.value.toFixed(4) ?? "not measured"}.`,
    ...(earlier === 0
      ? []
      : [
          `${String(earlier)} earlier ${earlier === 1 ? "search has" : "searches have"} been judged by this split's test: choosing among their winners by their test figures would flatter again.`,
        ]),
  ];
}
