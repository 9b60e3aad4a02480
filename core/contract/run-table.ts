/** Runs by the page: what a table of ten thousand of them asks for. Part of the contract (`methods.ts`). */
import { z } from "zod";
import { entityId, isoTime, metricName, run, userId } from "./entities.ts";
import { method } from "./method.ts";

const count = z.int().nonnegative();
export const runTag = z
  .string()
  .trim()
  .min(1)
  .max(50)
  .regex(/^[^",]+$/, "A tag has neither quotes nor commas.");

/** A run without what only its own page shows: learning curve, report, machine. */
export const runRow = run.omit({ curve: true, report: true, machine: true });
export type RunRow = z.infer<typeof runRow>;

/** A field of a run (`name`, `fit`), a metric (`ndcg@10`) or a hyperparameter (`factors`, `param.factors`). */
const field = z.string().min(1).max(120);

export const runGroup = z.object({
  /** The field's value in all of the group's runs; null: they have none. */
  value: z.string().nullable(),
  runs: count,
  /** Place of its first row among all rows; of a folded group, where it would be. */
  offset: count,
  folded: z.boolean(),
  /** Best value of the field that is sorted by, where that is a number. */
  best: z.number().nullable(),
});
export type RunGroup = z.infer<typeof runGroup>;

export const viewScreen = z.enum(["compare"]);
/** A table as somebody left it: the address's search part, and its columns. */
export const savedView = z.object({
  id: entityId,
  name: z.string().trim().min(1).max(100),
  screen: viewScreen,
  createdAt: isoTime,
  search: z.record(z.string(), z.json()),
  columns: z
    .object({ hidden: z.array(z.string()), pinned: z.array(z.string()), order: z.array(z.string()) })
    .nullable(),
});
export type SavedView = z.infer<typeof savedView>;

export const runTableMethods = {
  /** Refuses with RB_INVALID_INPUT a search that cannot be understood, saying where. */
  "runs.query": method(
    "query",
    z.object({
      /** In the language of `run-search.ts`. */
      where: z.string().max(2000).default(""),
      show: z.enum(["active", "archived", "all"]).default("active"),
      /** Also the trials of searches. */
      trials: z.boolean().default(false),
      splitId: entityId.optional(),
      /** The first field decides, the next where it is equal. Runs without the value come last. Left out: newest first. */
      sort: z
        .array(z.object({ field, descending: z.boolean().default(false) }))
        .max(4)
        .default([]),
      /** Rows with the same value of it stand together, the groups in the order of their best row. */
      groupBy: field.nullable().default(null),
      /** Groups whose rows are left out. */
      folded: z.array(z.string().nullable()).max(1000).default([]),
      offset: count.default(0),
      limit: z.int().min(1).max(1000).default(100),
    }),
    z.object({
      /** Runs that the search finds, and rows left when groups are folded. */
      matched: count,
      total: count,
      rows: z.array(runRow),
      /** With the first page only. */
      groups: z.array(runGroup),
    }),
  ),
  /** What there is to show, search and group by. */
  "runs.facets": method(
    "query",
    z.object({ splitId: entityId.optional(), trials: z.boolean().default(false) }),
    z.object({
      active: count,
      archived: count,
      metrics: z.array(z.object({ metric: z.string(), runs: count, higherIsBetter: z.boolean() })),
      hyperparameters: z.array(z.object({ name: z.string(), runs: count, numeric: z.boolean() })),
      algorithms: z.array(z.object({ algorithm: z.string(), runs: count })),
      tags: z.array(z.object({ tag: z.string(), runs: count })),
    }),
  ),
  /** An archived run is kept whole and found again under "archived"; tables leave it out. */
  "runs.archive": method(
    "command",
    z.object({ runIds: z.array(entityId).min(1).max(10_000), archived: z.boolean() }),
    z.object({ changed: count }),
  ),
  "runs.tag": method(
    "command",
    z.object({
      runIds: z.array(entityId).min(1).max(10_000),
      add: z.array(runTag).max(20).default([]),
      remove: z.array(runTag).max(20).default([]),
    }),
    z.object({ changed: count }),
  ),
  /** Two runs of one split, user by user. Refuses with RB_INCOMPARABLE as `runs.compare` does. */
  "runs.perUser": method(
    "query",
    z.object({
      runId: entityId,
      againstId: entityId,
      metric: metricName,
      /** The largest losses first, the largest wins, or the users with most ratings. */
      sort: z.enum(["losses", "wins", "activity"]).default("losses"),
      only: z.enum(["all", "win", "loss", "tie"]).default("all"),
      offset: count.default(0),
      limit: z.int().min(1).max(1000).default(100),
    }),
    z.object({
      /** With a value in both runs. */
      users: count,
      wins: count,
      losses: count,
      ties: count,
      /** Users by how much better the run is for them. Empty where all are tied. */
      histogram: z.array(z.object({ from: z.number(), to: z.number(), users: count })),
      total: count,
      rows: z.array(
        z.object({
          userId,
          /** In the snapshot. */
          ratings: count,
          value: z.number(),
          against: z.number(),
          /** Above zero: the run serves this user better, whatever the metric's direction. */
          gain: z.number(),
        }),
      ),
    }),
  ),
  "views.list": method("query", z.object({ screen: viewScreen }), z.array(savedView)),
  /** Replaces the view of that name. */
  "views.save": method("command", savedView.omit({ id: true, createdAt: true }), savedView),
  "views.remove": method("command", z.object({ viewId: entityId }), z.object({})),
};
