/**
 * What the engine can be asked. One map: method → kind, input, output. Every front (desktop, browser, CLI, tests) speaks
 * through it and nothing else.
 *
 * - `query` reads and may be asked at any time.
 * - `command` changes something small, at once.
 * - `job` starts long work and answers with its id immediately; the work outlives the connection. Its progress, result
 *   and cause of failure are the job's own (`jobs.get`, the `job` event). `output` is the job's result.
 */
import { z } from "zod";
import {
  algorithmInfo,
  catalogueItem,
  comparison,
  entityId,
  evaluationOptions,
  filePreview,
  gateResult,
  hyperparameters,
  isoTime,
  itemId,
  job,
  parityResult,
  profile,
  publication,
  ratedItem,
  rating,
  readOptions,
  recipe,
  recommendation,
  reject,
  run,
  runState,
  snapshot,
  source,
  split,
  splitProposal,
  splitProtocol,
  targetStatus,
  trainingOptions,
  userId,
} from "./entities.ts";
import { embeddingMethods } from "./embedding.ts";
import { importMethods } from "./import-check.ts";
import { method } from "./method.ts";
import type { MethodDefinition } from "./method.ts";
import { modelVersionMethods } from "./model-versions.ts";
import { productionMethods } from "./production-metrics.ts";
import { publishingMethods, serverFailure, serverRestart, serverState } from "./publishing.ts";
import { recommendListMethods } from "./recommend-list.ts";
import { runTableMethods, runTag } from "./run-table.ts";
import { settingsMethods } from "./settings.ts";
import { snapshotInsightMethods } from "./snapshot-insight.ts";
import { rowFilter, snapshotTableMethods } from "./snapshot-tables.ts";
import { search, searchDimension, searchRequest, searchStep } from "./searches.ts";

const none = z.object({});
const count = z.int().nonnegative();
const page = { offset: count.default(0), limit: z.int().min(1).max(1000).default(100) };
const path = z.string().min(1).max(4096);
const topN = z.int().min(1).max(200).default(10);
const seed = z.int().min(0).max(0xffff_ffff).default(42);

export const contract = {
  // ── Workspace ───────────────────────────────────────────────────────────────────────────────────────────────────────
  "workspace.get": method(
    "query",
    none,
    z.object({
      path: z.string(),
      name: z.string(),
      id: z.string(),
      schemaVersion: z.int(),
      engine: z.object({
        version: z.string(),
        pid: z.int(),
        runtime: z.string(),
        startedAt: isoTime,
        threads: z.int(),
      }),
      counts: z.object({
        sources: count,
        snapshots: count,
        splits: count,
        runs: count,
        publications: count,
      }),
    }),
  ),
  /** The built-in sample, generated, imported and made a snapshot. The same seed gives the same bytes. */
  "sample.create": method(
    "job",
    z.object({
      seed,
      users: z.int().min(50).max(200_000).optional(),
      items: z.int().min(50).max(100_000).optional(),
      ratings: z.int().min(500).max(30_000_000).optional(),
    }),
    z.object({ sourceId: entityId, snapshotId: entityId }),
  ),
  /** A folder of the engine's machine, for choosing a file where no native dialog is to be had. */
  "files.browse": method(
    "query",
    z.object({ directory: path.nullable() }),
    z.object({
      directory: z.string(),
      parent: z.string().nullable(),
      entries: z.array(
        z.object({ name: z.string(), path: z.string(), kind: z.enum(["directory", "file"]), bytes: count }),
      ),
    }),
  ),

  // ── Data ────────────────────────────────────────────────────────────────────────────────────────────────────────────
  "files.preview": method("query", z.object({ path, options: readOptions.default({}) }), filePreview),
  "sources.import": method(
    "job",
    z.object({
      path,
      name: z.string().max(200).optional(),
      options: readOptions.default({}),
      /** Titles, years and genres; null: none. Left out: what `files.preview` finds beside the ratings. */
      itemsPath: path.nullable().optional(),
      /** Who the users are: a file with a column of ids and others that say something (age, occupation). Left out: none. */
      usersPath: path.nullable().optional(),
      /** Tags that films were given. Left out: none. */
      tagsPath: path.nullable().optional(),
    }),
    z.object({ sourceId: entityId, read: count, accepted: count, rejected: count }),
  ),
  ...importMethods,
  "sources.list": method("query", none, z.array(source)),
  "sources.get": method("query", z.object({ sourceId: entityId }), source),
  /** Deletions refuse with RB_CONFLICT, naming what was made from it. */
  "sources.delete": method("command", z.object({ sourceId: entityId }), none),
  "sources.rejects": method(
    "query",
    z.object({ sourceId: entityId, ...page }),
    z.object({ total: count, rows: z.array(reject) }),
  ),
  "snapshots.create": method(
    "job",
    z.object({
      sourceIds: z.array(entityId).min(1).max(20),
      recipe: recipe.default([]),
      name: z.string().max(200).optional(),
    }),
    z.object({ snapshotId: entityId }),
  ),
  "snapshots.list": method("query", none, z.array(snapshot)),
  "snapshots.get": method("query", z.object({ snapshotId: entityId }), snapshot),
  "snapshots.delete": method("command", z.object({ snapshotId: entityId }), none),
  "snapshots.profile": method("query", z.object({ snapshotId: entityId }), profile),
  "snapshots.rows": method(
    "query",
    z.object({
      snapshotId: entityId,
      ...page,
      userId: userId.optional(),
      itemId: itemId.optional(),
      filter: rowFilter.optional(),
      sort: z.enum(["user", "item", "rating", "time"]).default("user"),
      descending: z.boolean().default(false),
    }),
    z.object({
      total: count,
      rows: z.array(
        z.object({ userId, itemId, title: z.string().nullable(), rating: z.number(), time: isoTime.nullable() }),
      ),
    }),
  ),
  ...snapshotInsightMethods,
  ...snapshotTableMethods,
  /** Protocols that fit this snapshot, best first, with what each would leave. */
  "splits.propose": method("query", z.object({ snapshotId: entityId }), z.array(splitProposal)),
  /** What a split would leave, before it is made. Refuses what cannot be made as `splits.create` does. */
  "splits.preview": method("query", z.object({ snapshotId: entityId, protocol: splitProtocol, seed }), splitProposal),
  "splits.create": method(
    "job",
    z.object({ snapshotId: entityId, protocol: splitProtocol, seed }),
    z.object({ splitId: entityId }),
  ),
  "splits.list": method("query", z.object({ snapshotId: entityId.optional() }), z.array(split)),
  "splits.get": method("query", z.object({ splitId: entityId }), split),
  "splits.delete": method("command", z.object({ splitId: entityId }), none),

  // ── Models ──────────────────────────────────────────────────────────────────────────────────────────────────────────
  "algorithms.list": method("query", none, z.array(algorithmInfo)),
  "runs.train": method(
    "job",
    z.object({
      splitId: entityId,
      algorithm: entityId,
      hyperparameters: hyperparameters.default({}),
      /** What is made of the training ratings first; left out: nothing. */
      training: trainingOptions.optional(),
      /** How it is judged; left out: lists of 10, all test ratings relevant. */
      evaluation: evaluationOptions.optional(),
      /** A run on the same split, whose model the fit starts from; for algorithms that offer "warm-start". */
      warmStart: entityId.optional(),
      seed,
      name: z.string().max(200).optional(),
    }),
    z.object({ runId: entityId }),
  ),
  /** What a training would need, before it starts. `runs.train` refuses with RB_TRAIN_TOO_LARGE what does not fit. */
  "training.plan": method(
    "query",
    z.object({ splitId: entityId, algorithm: entityId, hyperparameters: hyperparameters.default({}) }),
    z.object({
      /** Bytes at the peak, and those that the machine or its container leaves a training. */
      bytes: z.number(),
      available: z.number(),
      /** Floating-point operations of the fit. */
      flops: z.number(),
      fits: z.boolean(),
      /** Where it does not fit: the numbers, and what would. */
      message: z.string().nullable(),
      alternatives: z.array(z.object({ hyperparameters, bytes: z.number() })),
      /** Of the fit, by the pace of the algorithm's earlier trainings in this workspace; null where there are none. */
      expected: z.object({ seconds: z.number(), precedents: count }).nullable(),
    }),
  ),
  /** Train a run's algorithm again on all of its snapshot, for publishing. */
  "runs.refit": method("job", z.object({ runId: entityId }), z.object({ runId: entityId })),
  /** Train again from snapshot, split, hyperparameters and seed, and compare the bytes. */
  "runs.reproduce": method(
    "job",
    z.object({ runId: entityId }),
    z.object({ identical: z.boolean(), expected: z.string(), actual: z.string() }),
  ),
  "runs.list": method(
    "query",
    z.object({
      splitId: entityId.optional(),
      /** Also the trials of searches, which are judged by a validation part and leave no model. */
      trials: z.boolean().default(false),
    }),
    z.array(run),
  ),
  "runs.get": method("query", z.object({ runId: entityId }), run),
  "runs.delete": method("command", z.object({ runId: entityId }), none),
  "runs.annotate": method(
    "command",
    z.object({
      runId: entityId,
      name: z.string().min(1).max(200).optional(),
      note: z.string().max(10_000).optional(),
      tags: z.array(runTag).max(50).optional(),
    }),
    run,
  ),
  ...runTableMethods,
  /** Refuses with RB_INCOMPARABLE runs of different splits or metric definitions. Null baseline: the simplest run. */
  "runs.compare": method(
    "query",
    z.object({ runIds: z.array(entityId).min(2).max(50), baselineId: entityId.nullable().default(null) }),
    comparison,
  ),

  // ── Searches ────────────────────────────────────────────────────────────────────────────────────────────────────────
  /** What a search of an algorithm varies when nobody says otherwise, and each field's whole range. */
  "searches.space": method(
    "query",
    z.object({ algorithm: entityId }),
    z.object({ space: z.array(searchDimension), fields: z.array(searchDimension) }),
  ),
  /**
   * Trains settings after settings, judged by a validation part, and at the end the best on the whole training part, judged
   * once by the test. A resumed search goes on as it would have.
   */
  "searches.start": method("job", searchRequest, z.object({ searchId: entityId, runId: entityId })),
  /** With its trials' runs. The winner stays: it is a run of its own. Refuses with RB_CONFLICT while it runs. */
  "searches.delete": method("command", z.object({ searchId: entityId }), none),
  "searches.list": method("query", z.object({ splitId: entityId.optional() }), z.array(search)),
  "searches.get": method("query", z.object({ searchId: entityId }), z.object({ search, steps: z.array(searchStep) })),

  // ── Recommendations ─────────────────────────────────────────────────────────────────────────────────────────────────
  "users.search": method(
    "query",
    z.object({
      snapshotId: entityId,
      text: z.string().max(200).default(""),
      limit: z.int().min(1).max(100).default(20),
    }),
    z.array(z.object({ userId, ratings: count })),
  ),
  /** The best of what a user has rated first; of equal ratings the latest. */
  "users.history": method(
    "query",
    z.object({ snapshotId: entityId, userId, limit: z.int().min(1).max(100_000).default(500) }),
    z.object({ total: count, films: z.array(ratedItem) }),
  ),
  "items.search": method(
    "query",
    z.object({
      snapshotId: entityId,
      text: z.string().max(200).default(""),
      limit: z.int().min(1).max(100).default(20),
    }),
    z.array(catalogueItem.extend({ ratings: count })),
  ),
  "recommend.forUser": method(
    "query",
    z.object({
      runId: entityId,
      userId,
      n: topN,
      /** Leave out everything that the user has rated in the snapshot, as production does. */
      excludeSeen: z.boolean().default(true),
      /** But show what the split held out, to see whether the model finds it. A refit knows nothing held out. */
      showHeldOut: z.boolean().default(false),
      explain: z.boolean().default(false),
    }),
    z.array(recommendation),
  ),
  /** For a person the model has never seen: the given ratings are folded in; nothing is stored. */
  "recommend.foldIn": method(
    "query",
    z.object({ runId: entityId, ratings: z.array(rating).max(5000), n: topN, explain: z.boolean().default(true) }),
    z.array(recommendation),
  ),
  ...recommendListMethods,
  ...embeddingMethods,
  "recommend.similar": method("query", z.object({ runId: entityId, itemId, n: topN }), z.array(recommendation)),

  // ── Models ──────────────────────────────────────────────────────────────────────────────────────────────────────────
  ...modelVersionMethods,

  // ── Publish ─────────────────────────────────────────────────────────────────────────────────────────────────────────
  ...publishingMethods,
  ...productionMethods,
  "targets.status": method("query", z.object({ targetId: entityId }), targetStatus),
  "publish.run": method(
    "job",
    z.object({
      runId: entityId,
      targetId: entityId,
      /** Train on all of the snapshot first (always done for k-fold runs). */
      refit: z.boolean().default(true),
      /** Go on although a gate says no. The reasons are kept with the publication. */
      overrideGates: z.boolean().default(false),
      probes: z.int().min(1).max(1000).default(50),
    }),
    z.object({
      publicationId: entityId,
      runId: entityId,
      version: z.string(),
      gates: z.array(gateResult),
      parity: parityResult,
      /** What a person should know though it is published: Redis was away, servers have not switched yet. */
      warnings: z.array(z.string()).optional(),
    }),
  ),
  "publish.rollback": method(
    "job",
    z.object({ targetId: entityId, version: z.string().optional() }),
    z.object({ version: z.string(), from: z.string() }),
  ),
  "publications.list": method("query", z.object({ targetId: entityId.optional() }), z.array(publication)),
  /** The bundled server, in a process of its own, against a target. One that does not answer is ended and started anew. */
  "servers.start": method(
    "command",
    z.object({ targetId: entityId, port: z.int().min(0).max(65535).default(0) }),
    z.object({ url: z.string(), pid: z.int(), apiKey: z.string() }),
  ),
  "servers.stop": method("command", z.object({ targetId: entityId }), none),
  "servers.get": method(
    "query",
    z.object({ targetId: entityId }),
    z.object({
      /** Its process runs, whether it answers or not. */
      running: z.boolean(),
      state: serverState,
      /** Since when it is so; null: it was not started since the workspace was opened. */
      since: isoTime.nullable(),
      /** Null once somebody stops it or starts it anew. */
      lastFailure: serverFailure.nullable(),
      url: z.string().nullable(),
      pid: z.int().nullable(),
      apiKey: z.string().nullable(),
      /** It ended by itself and is started again by itself; null otherwise. */
      restart: serverRestart.nullable(),
    }),
  ),

  // ── Jobs ────────────────────────────────────────────────────────────────────────────────────────────────────────────
  "jobs.list": method(
    "query",
    z.object({ states: z.array(runState).optional(), limit: z.int().min(1).max(1000).default(100) }),
    z.array(job),
  ),
  "jobs.get": method("query", z.object({ jobId: entityId }), job),
  "jobs.cancel": method("command", z.object({ jobId: entityId }), job),
  "jobs.resume": method("command", z.object({ jobId: entityId }), job),
  /** Stops it at its last checkpoint, as interrupted, to be resumed. */
  "jobs.pause": method("command", z.object({ jobId: entityId }), job),
  /** Changes the turn of a job that waits. Refuses with RB_CONFLICT one that does not. */
  "jobs.move": method("command", z.object({ jobId: entityId, to: z.enum(["first", "earlier", "later", "last"]) }), job),
  /** While the queue is held nothing is begun; what runs goes on. It is not held any more after a restart. */
  "jobs.hold": method("command", z.object({ held: z.boolean() }), z.object({ held: z.boolean() })),
  "jobs.queue": method("query", none, z.object({ held: z.boolean() })),

  ...settingsMethods,
} satisfies Record<string, MethodDefinition>;

export type Contract = typeof contract;
export type MethodName = keyof Contract;
export type JobMethod = { [M in MethodName]: Contract[M]["kind"] extends "job" ? M : never }[MethodName];

/** What a caller may send (defaults left out) and what the engine's handler receives (defaults filled in). */
export type MethodInput<M extends MethodName> = z.input<Contract[M]["input"]>;
export type ParsedInput<M extends MethodName> = z.output<Contract[M]["input"]>;
/** A job's result, or the answer of a query or command. */
export type MethodOutput<M extends MethodName> = z.output<Contract[M]["output"]>;
/** What comes back at once: for a job, its id. */
export type MethodReply<M extends MethodName> = Contract[M]["kind"] extends "job" ? { jobId: string } : MethodOutput<M>;

export const jobStarted = z.object({ jobId: entityId });

export function isMethodName(value: string): value is MethodName {
  return Object.hasOwn(contract, value);
}

/** What the engine tells without being asked. */
export const engineEvent = z.discriminatedUnion("type", [
  z.object({ type: z.literal("job"), job }),
  /** Something of this kind was made, changed or removed: ask again. */
  z.object({
    type: z.literal("changed"),
    entity: z.enum([
      "source",
      "snapshot",
      "split",
      "run",
      "search",
      "target",
      "publication",
      "server",
      "view",
      "model",
      "queue",
    ]),
    id: z.string(),
  }),
  /** A learning-curve point of a run while it trains: the latest of each moment; `runs.get` has them all. */
  z.object({
    type: z.literal("curve"),
    runId: entityId,
    point: z.object({ epoch: z.int(), seconds: z.number(), values: z.record(z.string(), z.number()) }),
  }),
]);
export type EngineEvent = z.infer<typeof engineEvent>;
