import type Database from "better-sqlite3";
import { z } from "zod";
import { job, progress } from "../contract/entities.ts";
import type { Job } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";

/** A job as the queue keeps it: what is shown, and what is needed to run it again. */
export interface JobRecord {
  readonly job: Job;
  readonly input: unknown;
  /** What the job has decided and must decide the same way when resumed. */
  readonly memory: Readonly<Record<string, unknown>>;
}

export interface JobTable {
  find(id: string): JobRecord | undefined;
  /** Throws RB_NOT_FOUND. */
  get(id: string): JobRecord;
  list(query: { readonly states?: readonly Job["state"][] | undefined; readonly limit: number }): Job[];
  /** Queued and running ones. */
  unfinished(): JobRecord[];
  insert(record: JobRecord): void;
  update(record: JobRecord): void;
  /** Marks what was queued or running when the last engine ended. Returns those jobs as they are now. */
  interruptUnfinished(at: Date): Job[];
}

const row = z.object({
  id: z.string(),
  kind: z.string(),
  title: z.string(),
  state: job.shape.state,
  input: z.string(),
  memory: z.string(),
  created_at: z.string(),
  started_at: z.string().nullable(),
  finished_at: z.string().nullable(),
  progress: z.string().nullable(),
  result: z.string().nullable(),
  error: z.string().nullable(),
});
const memory = z.record(z.string(), z.unknown());

/** What can be started again: its input and its checkpoints are kept. */
export function isResumable(state: Job["state"]): boolean {
  return state === "interrupted" || state === "failed" || state === "cancelled";
}

function fromRow(value: unknown): JobRecord {
  const parsed = row.safeParse(value);
  if (!parsed.success)
    throw new ReelbenchError(
      "RB_WORKSPACE_CORRUPT",
      `A job in the catalogue is not readable: ${z.prettifyError(parsed.error)}`,
    );
  const { data } = parsed;
  const json = (text: string | null): unknown => (text === null ? null : JSON.parse(text));
  return {
    job: {
      id: data.id,
      kind: data.kind,
      title: data.title,
      state: data.state,
      createdAt: data.created_at,
      startedAt: data.started_at,
      finishedAt: data.finished_at,
      progress: progress.nullable().catch(null).parse(json(data.progress)),
      result: json(data.result),
      error: job.shape.error.catch(null).parse(json(data.error)),
      resumable: isResumable(data.state),
    },
    input: json(data.input),
    memory: memory.parse(json(data.memory)),
  };
}

export function jobTable(database: Database.Database): JobTable {
  const one = database.prepare<[string]>("SELECT * FROM jobs WHERE id = ?");
  const some = database.prepare<[string, number]>(
    "SELECT * FROM jobs WHERE state IN (SELECT value FROM json_each(?)) ORDER BY sequence DESC LIMIT ?",
  );
  const insert = database.prepare(
    `INSERT INTO jobs (id, sequence, kind, title, state, input, memory, created_at, started_at, finished_at, progress, result, error)
     VALUES (:id, (SELECT coalesce(max(sequence), 0) + 1 FROM jobs), :kind, :title, :state, :input, :memory, :createdAt, :startedAt, :finishedAt, :progress, :result, :error)`,
  );
  const update = database.prepare(
    `UPDATE jobs SET title = :title, state = :state, memory = :memory, started_at = :startedAt, finished_at = :finishedAt,
       progress = :progress, result = :result, error = :error WHERE id = :id`,
  );
  const unfinished = database.prepare<[]>("SELECT * FROM jobs WHERE state IN ('queued', 'running') ORDER BY sequence");
  const text = (value: unknown) => (value === null || value === undefined ? null : JSON.stringify(value));
  const shared = ({ job: shown, memory: kept }: JobRecord) => ({
    id: shown.id,
    title: shown.title,
    state: shown.state,
    memory: JSON.stringify(kept),
    startedAt: shown.startedAt,
    finishedAt: shown.finishedAt,
    progress: text(shown.progress),
    result: text(shown.result),
    error: text(shown.error),
  });
  const table: JobTable = {
    find(id) {
      const found = one.get(id);
      return found === undefined ? undefined : fromRow(found);
    },
    get(id) {
      const found = table.find(id);
      if (found === undefined) throw new ReelbenchError("RB_NOT_FOUND", `There is no job "${id}" in this workspace.`);
      return found;
    },
    list: ({ states, limit }) =>
      some.all(JSON.stringify(states ?? job.shape.state.options), limit).map((found) => fromRow(found).job),
    unfinished: () => unfinished.all().map(fromRow),
    insert: (record) =>
      void insert.run({
        ...shared(record),
        kind: record.job.kind,
        createdAt: record.job.createdAt,
        input: JSON.stringify(record.input),
      }),
    update: (record) => void update.run(shared(record)),
    interruptUnfinished: database.transaction((at: Date) =>
      unfinished.all().map((found) => {
        const record = interrupted(fromRow(found), at);
        table.update(record);
        return record.job;
      }),
    ),
  };
  return table;
}

function interrupted(record: JobRecord, at: Date): JobRecord {
  const error = new ReelbenchError(
    "RB_WORKER_DIED",
    record.job.state === "queued"
      ? "The engine ended before this job began."
      : "The engine ended while this job was running.",
  ).toEnvelope();
  const state = "interrupted";
  return {
    ...record,
    job: { ...record.job, state, finishedAt: at.toISOString(), error, resumable: isResumable(state) },
  };
}
