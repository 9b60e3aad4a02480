import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { pino } from "pino";
import { ReelbenchError } from "./contract/errors.ts";
import { contract } from "./contract/methods.ts";
import type { EngineEvent, JobMethod, MethodName, MethodReply, ParsedInput } from "./contract/methods.ts";
import type { EngineApi } from "./contract/transport.ts";
import { createComparisons } from "./engine/comparison.ts";
import { deletionHandlers } from "./engine/deletion.ts";
import { dataHandlers, dataJobs } from "./engine/data.ts";
import type { DirectHandlers, JobHandler, JobHandlers } from "./engine/handlers.ts";
import { importHandlers, importJobs } from "./engine/importing.ts";
import type { PostgresConnections } from "./engine/importing.ts";
import { itemFacetHandlers } from "./engine/item-facets.ts";
import { jobHandlers } from "./engine/jobs.ts";
import { createFilmMaps } from "./engine/embedding.ts";
import { createLanes } from "./engine/lanes.ts";
import { openLogFile } from "./engine/log-file.ts";
import { createLiveModels } from "./engine/live-models.ts";
import { createLiveCurves, followJobState, modelHandlers, modelJobs } from "./engine/models.ts";
import { modelVersionHandlers } from "./engine/model-versions.ts";
import { perUserHandlers } from "./engine/per-user.ts";
import { createProduction } from "./engine/production.ts";
import { publishingHandlers, publishingJobs } from "./engine/publishing.ts";
import { recommendationHandlers } from "./engine/recommendations.ts";
import type { Rooms } from "./engine/rooms.ts";
import { followSearchState, searchHandlers, searchJobs } from "./engine/searches.ts";
import { runTableHandlers } from "./engine/run-table.ts";
import { openLimits, settingsHandlers } from "./engine/settings.ts";
import { snapshotTableHandlers } from "./engine/snapshot-tables.ts";
import { createServers } from "./engine/servers.ts";
import { createTargets } from "./engine/targets.ts";
import type { ProcessHost } from "./jobs/process-host.ts";
import { createJobQueue } from "./jobs/queue.ts";
import type { JobRunner } from "./jobs/queue.ts";
import { machineMemory } from "./training/machine-memory.ts";
import { explainFullDisk } from "./workspace/full-disk.ts";
import { keepReserve } from "./workspace/reserve.ts";
import { openSecrets } from "./workspace/secrets.ts";
import type { Keychain, Secrets } from "./workspace/secrets.ts";
import { openWorkspace } from "./workspace/workspace.ts";
import type { Workspace } from "./workspace/workspace.ts";

export interface EngineOptions {
  readonly workspaceDirectory: string;
  readonly processHost: ProcessHost;
  /** Compute threads of a training. Default: all cores. */
  readonly threads?: number | undefined;
  /** Bytes of memory that trainings are planned for. Default: the machine's, or its container's. */
  readonly memory?: number | undefined;
  /** Where targets' passwords are kept. Default: nowhere, but for what `passwordsInFile` says. */
  readonly keychain?: Keychain | undefined;
  /** Keep them in a file of the workspace instead. Default: whether REELBENCH_PASSWORDS is `file`. */
  readonly passwordsInFile?: boolean | undefined;
}

export interface Engine extends EngineApi {
  readonly workspaceId: string;
  readonly recovery: Workspace["recovery"];
  /** Interrupts what runs, stops what was started, gives the workspace back. */
  close(): Promise<void>;
}

/** Opens a workspace and everything the contract can be asked about it. Throws what `openWorkspace` throws. */
export async function openEngine({
  workspaceDirectory,
  processHost,
  threads = availableParallelism(),
  memory = machineMemory(),
  keychain,
  passwordsInFile = process.env["REELBENCH_PASSWORDS"] === "file",
}: EngineOptions): Promise<Engine> {
  const workspace = await openWorkspace(workspaceDirectory);
  try {
    const secrets = await openSecrets({
      path: workspace.paths.secrets,
      workspaceId: workspace.id,
      keychain,
      inFile: passwordsInFile,
    });
    return await engineOf(workspace, processHost, secrets, { threads, memory });
  } catch (error) {
    workspace.close();
    throw error;
  }
}

async function engineOf(
  workspace: Workspace,
  processHost: ProcessHost,
  secrets: Secrets,
  machine: Required<Pick<Rooms, "threads" | "memory">>,
): Promise<Engine> {
  const limits = await openLimits(workspace.paths.limits, machine);
  // The endpoint of the engine before, which it removes when it closes.
  const afterCrash = existsSync(workspace.paths.engineFile);
  const listeners = new Set<(event: EngineEvent) => void>();
  const logger = pino({ level: "info", base: { pid: process.pid } }, openLogFile(workspace.paths.logs));
  const rooms: Rooms = {
    workspace,
    processHost,
    get threads() {
      return limits.used().threads;
    },
    get memory() {
      return limits.used().memory;
    },
    lanes: createLanes(),
    startedAt: new Date(),
    emit: (event) => {
      for (const listener of listeners) listener(event);
    },
    log: (message, level = "info") => logger[level](message),
  };
  const targets = createTargets(rooms, secrets);
  const servers = createServers(rooms, targets, secrets);
  const production = createProduction(targets, servers);
  const curves = createLiveCurves(rooms);
  const comparisons = createComparisons(rooms);
  const maps = createFilmMaps(rooms);
  const connections: PostgresConnections = new Map();
  const jobs = {
    ...dataJobs(rooms),
    ...importJobs(rooms, connections),
    ...modelJobs(rooms, curves),
    ...publishingJobs(rooms, targets, curves, comparisons),
    ...searchJobs(rooms, curves),
    ...maps.jobs,
  } satisfies JobHandlers;
  const reserve = keepReserve(workspace.paths.reserve);
  const queue = createJobQueue({
    table: workspace.catalogue.jobs,
    runners: runnersOf(jobs, rooms),
    transaction: (work) => workspace.catalogue.transaction(work),
    onChange: (job) => {
      if (job.error !== null && job.state !== "cancelled")
        logger.warn({ job: job.id, kind: job.kind, error: job.error }, "job did not succeed");
      if (job.state === "succeeded") reserve.take();
      rooms.emit({ type: "job", job });
    },
    makeRoom: () => reserve.release(),
    onState: (record) => {
      followJobState(rooms, record);
      followSearchState(rooms, record);
    },
    onDefect: (error) => logger.error({ err: error }, "the end of a job could not be recorded"),
  });
  const handlers = {
    ...dataHandlers(rooms),
    ...importHandlers(connections),
    ...snapshotTableHandlers(rooms),
    ...deletionHandlers(rooms),
    ...modelHandlers(rooms, curves, comparisons),
    ...modelVersionHandlers(rooms),
    ...runTableHandlers(rooms),
    ...perUserHandlers(rooms),
    ...itemFacetHandlers(rooms),
    ...searchHandlers(rooms),
    ...recommendationHandlers(createLiveModels(rooms)),
    ...maps.handlers,
    ...publishingHandlers(rooms, targets, servers),
    ...production.handlers,
    ...jobHandlers(rooms, queue),
    ...settingsHandlers(rooms, limits, afterCrash),
  } satisfies DirectHandlers;
  logger.info({ recovery: workspace.recovery, ...limits.used(), afterCrash }, "workspace opened");

  const answer = <M extends MethodName>(method: M, input: ParsedInput<M>): MethodReply<M> | Promise<MethodReply<M>> => {
    // The two maps are complete by their types; TypeScript cannot follow a key that is a union.
    if (contract[method].kind === "job") return { jobId: queue.start(method, input).id } as MethodReply<M>;
    const handler = (
      handlers as unknown as Record<string, (input: ParsedInput<M>) => MethodReply<M> | Promise<MethodReply<M>>>
    )[method];
    if (handler === undefined) throw new ReelbenchError("RB_UNKNOWN_METHOD", `There is no method "${method}".`);
    return handler(input);
  };

  let open = true;
  return {
    workspaceId: workspace.id,
    recovery: workspace.recovery,
    async call<M extends MethodName>(method: M, input: ParsedInput<M>): Promise<MethodReply<M>> {
      if (!open) throw new ReelbenchError("RB_TRANSPORT_CLOSED", "The engine is closed.");
      try {
        return await answer(method, input);
      } catch (error) {
        throw await explainFullDisk(error, workspace.paths.root);
      }
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      if (!open) return;
      open = false;
      await queue.stop();
      production.close();
      await servers.close();
      await targets.close();
      workspace.close();
      logger.info("workspace closed");
    },
  };
}

/** The queue knows no contract: it is given runners that parse what was stored with the method's own schema. */
function runnersOf(jobs: JobHandlers, rooms: Rooms): Record<string, JobRunner> {
  const entries = Object.entries(jobs).map(
    ([method, handler]) =>
      [method, runnerOf(method as JobMethod, handler as unknown as JobHandler<JobMethod>, rooms)] as const,
  );
  return Object.fromEntries(entries);
}

function runnerOf<M extends JobMethod>(method: M, handler: JobHandler<M>, { lanes, workspace }: Rooms): JobRunner {
  const { input: inputSchema, output: outputSchema } = contract[method];
  const parse = (input: unknown) => inputSchema.parse(input) as ParsedInput<M>;
  return {
    lane: lanes[handler.lane],
    title: (input) => handler.title(parse(input)),
    prepare: (input, jobId) => handler.prepare?.(parse(input), jobId) ?? {},
    async run(input, context) {
      try {
        return outputSchema.parse(await handler.run(parse(input), context));
      } catch (error) {
        throw await explainFullDisk(error, workspace.paths.root);
      }
    },
  };
}
