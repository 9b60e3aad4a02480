import type { Publication, Run } from "../contract/entities.ts";
import type { WorkContext } from "../jobs/work-context.ts";
import type { PairedMetric } from "../publish/gates.ts";
import { publishApart } from "../publish/publish-apart.ts";
import type { PublishTask } from "../publish/publisher-messages.ts";
import { reachTarget } from "../publish/reach-target.ts";
import { rollback } from "../publish/rollback.ts";
import { targetStatus } from "../publish/target-status.ts";
import { decideVersion, pruneTarget, targetVersionReport, targetVersions } from "../publish/target-versions.ts";
import type { VersionDecision } from "../publish/target-versions.ts";
import { testTarget } from "../publish/test-target.ts";
import type { Comparisons } from "./comparison.ts";
import type { DirectHandlers, JobHandlers } from "./handlers.ts";
import { refitForPublishing } from "./models.ts";
import type { LiveCurves } from "./models.ts";
import { registerModel } from "./model-versions.ts";
import { changed, finishedRun, presentSnapshot } from "./rooms.ts";
import type { Rooms } from "./rooms.ts";
import type { Servers } from "./servers.ts";
import { keptVersions } from "./targets.ts";
import type { Targets } from "./targets.ts";
import { modelDirectory } from "./training.ts";

const atOnce: WorkContext = { signal: new AbortController().signal, onProgress: () => undefined };

type PublishingMethod =
  | "targets.list"
  | "targets.save"
  | "targets.passwords"
  | "targets.remove"
  | "targets.test"
  | "targets.status"
  | "versions.list"
  | "versions.get"
  | "versions.pin"
  | "versions.withdraw"
  | "versions.restore"
  | "versions.prune"
  | "publications.list"
  | "servers.start"
  | "servers.stop"
  | "servers.get";

export function publishingHandlers(rooms: Rooms, targets: Targets, servers: Servers): DirectHandlers<PublishingMethod> {
  const { publications } = rooms.workspace.catalogue;
  const decide = async (targetId: string, version: string, decision: VersionDecision) => {
    const target = targets.get(targetId);
    const decided = await decideVersion(
      await targets.addresses(targetId, atOnce),
      keptVersions(target),
      version,
      decision,
    );
    changed(rooms, "target", target.id);
    return decided;
  };
  return {
    "targets.list": () => targets.list(),
    "targets.save": (request) => targets.save(request),
    "targets.passwords": () => targets.passwords(),
    "targets.remove": async ({ targetId }) => {
      await servers.stop(targetId);
      await targets.remove(targetId);
      return {};
    },
    "targets.test": async ({ targetId }) => testTarget(await targets.addresses(targetId, atOnce)),
    "targets.status": async ({ targetId }) => targetStatus(await targets.addresses(targetId, atOnce)),
    "versions.list": async ({ targetId }) =>
      targetVersions(await targets.addresses(targetId, atOnce), keptVersions(targets.get(targetId))),
    "versions.get": async ({ targetId, version }) =>
      targetVersionReport(await targets.addresses(targetId, atOnce), keptVersions(targets.get(targetId)), version),
    "versions.pin": ({ targetId, version, pinned, note }) =>
      decide(targetId, version, pinned ? { kind: "pin", note } : { kind: "unpin" }),
    "versions.withdraw": ({ targetId, version, reason }) => decide(targetId, version, { kind: "withdraw", reason }),
    "versions.restore": ({ targetId, version }) => decide(targetId, version, { kind: "restore" }),
    "versions.prune": async ({ targetId, keep, dryRun }) => {
      const target = targets.get(targetId);
      const pruned = await pruneTarget(await targets.addresses(targetId, atOnce), keep ?? keptVersions(target), dryRun);
      if (!dryRun) changed(rooms, "target", target.id);
      return pruned;
    },
    "publications.list": ({ targetId }) =>
      targetId === undefined ? publications.list() : publications.listByTarget(targetId),
    "servers.start": async ({ targetId, port }) => {
      const { url, pid, apiKey } = await servers.start(targets.get(targetId).id, port);
      return { url, pid, apiKey };
    },
    "servers.stop": async ({ targetId }) => {
      await servers.stop(targetId);
      return {};
    },
    "servers.get": ({ targetId }) => {
      const server = servers.find(targets.get(targetId).id);
      const told = { ...servers.condition(targetId), restart: servers.restarting(targetId) };
      if (server === undefined) return { running: false, url: null, pid: null, apiKey: null, ...told };
      return { running: true, url: server.url, pid: server.pid, apiKey: server.apiKey, ...told };
    },
  };
}

type PublishingJob = "publish.run" | "publish.rollback";

export function publishingJobs(
  rooms: Rooms,
  targets: Targets,
  curves: LiveCurves,
  comparisons: Comparisons,
): JobHandlers<PublishingJob> {
  const { publications } = rooms.workspace.catalogue;
  const keep = (publication: Publication) => {
    publications.put(publication);
    changed(rooms, "publication", publication.id);
  };
  return {
    "publish.run": {
      lane: "publish",
      title: ({ runId, targetId }) =>
        `Publish ${rooms.workspace.catalogue.runs.find(runId)?.name ?? runId} to ${targets.get(targetId).name}`,
      prepare({ runId, targetId, refit }, jobId) {
        const { entity } = finishedRun(rooms, runId);
        if (!refit && entity.modelHash !== null) modelDirectory(rooms, runId);
        presentSnapshot(rooms, entity.snapshotId);
        return { targetId: targets.get(targetId).id, publicationId: `u${jobId.slice(1)}` };
      },
      async run({ runId, targetId, refit, overrideGates, probes }, context) {
        const chosen = finishedRun(rooms, runId).entity;
        const target = await targets.addresses(targetId, context);
        await reachTarget(target, context);
        const run =
          refit || chosen.modelHash === null ? await refitForPublishing(rooms, curves, runId, context) : chosen;
        const id = `u${context.jobId.slice(1)}`;
        const begun: Publication = publications.find(id) ?? {
          id,
          targetId: targets.get(targetId).id,
          runId: run.id,
          version: "",
          state: "uploading",
          createdAt: new Date().toISOString(),
          activatedAt: null,
          gates: [],
          parity: null,
        };
        keep({ ...begun, state: "uploading" });
        try {
          const keepVersions = keptVersions(targets.get(targetId));
          const evaluated = run.refitOf === null ? run : rooms.workspace.catalogue.runs.get(run.refitOf);
          const { version, gates, parity, activatedAt, warnings } = await publishApart(
            publishTaskOf(rooms, run, evaluated, { target, overrideGates, probes, keepVersions }),
            (championRunId) => pairedWith(rooms, comparisons, evaluated.id, championRunId),
            rooms.processHost,
            context,
          );
          for (const warning of warnings) rooms.log(`Published ${version}, but: ${warning}`);
          const activation = activatedAt.toISOString();
          registerModel(rooms, run.id);
          activate(rooms, { ...begun, version, state: "active", activatedAt: activation, gates: [...gates], parity });
          return { publicationId: id, runId: run.id, version, gates: [...gates], parity, warnings: [...warnings] };
        } catch (error) {
          keep({ ...begun, state: "failed" });
          throw error;
        }
      },
    },
    "publish.rollback": {
      lane: "publish",
      title: ({ targetId }) => `Roll back ${targets.get(targetId).name}`,
      async run({ targetId, version }, context) {
        const id = targets.get(targetId).id;
        const done = await rollback(await targets.addresses(id, context), version, context);
        const restored = publications.listByTarget(id).find((publication) => publication.version === done.version);
        if (restored === undefined) retireOthers(rooms, id, null); // Another workspace published what serves now.
        else activate(rooms, { ...restored, state: "active", activatedAt: new Date().toISOString() });
        return { version: done.version, from: done.from };
      },
    },
  };
}

/** One version serves a target; what the workspace remembers of the others is that they did. Both or neither after a kill. */
function activate(rooms: Rooms, publication: Publication): void {
  const { catalogue } = rooms.workspace;
  catalogue.transaction(() => {
    catalogue.publications.put(publication);
    retireOthers(rooms, publication.targetId, publication.id);
  });
  changed(rooms, "publication", publication.id);
}

function retireOthers(rooms: Rooms, targetId: string, activeId: string | null): void {
  const { publications } = rooms.workspace.catalogue;
  for (const publication of publications.listByTarget(targetId)) {
    if (publication.state !== "active" || publication.id === activeId) continue;
    publications.put({ ...publication, state: "retired" });
    changed(rooms, "publication", publication.id);
  }
}

function publishTaskOf(
  rooms: Rooms,
  run: Run,
  evaluated: Run,
  options: Pick<PublishTask, "target" | "overrideGates" | "probes" | "keepVersions">,
): PublishTask {
  const { directory: snapshotDirectory, entity: snapshot } = presentSnapshot(rooms, run.snapshotId);
  const split = rooms.workspace.catalogue.splits.get(evaluated.splitId);
  const { id, algorithm, snapshotId, splitId, modelHash, report } = { ...run, report: evaluated.report };
  return {
    ...options,
    bundleDirectory: modelDirectory(rooms, run.id).directory,
    snapshotDirectory,
    historyShape: { users: snapshot.users, ratings: snapshot.ratings },
    run: { id, algorithm, snapshotId, splitId, modelHash },
    evaluation: {
      runId: evaluated.id,
      splitId: split.id,
      protocol: split.protocol,
      seed: split.seed,
      codeVersion: evaluated.codeVersion,
      metrics: evaluated.metrics,
      segments: report === undefined ? undefined : { k: report.k, segments: report.segments },
    },
  };
}

/** Null where the champion's evaluation is not in this workspace, or cannot be compared with. */
async function pairedWith(
  rooms: Rooms,
  comparisons: Comparisons,
  runId: string,
  championRunId: string,
): Promise<readonly PairedMetric[] | null> {
  if (runId === championRunId) return null;
  const champion = rooms.workspace.catalogue.runs.find(championRunId);
  const run = rooms.workspace.catalogue.runs.get(runId);
  if (
    champion === undefined ||
    champion.missing === true ||
    champion.state !== "succeeded" ||
    champion.splitId !== run.splitId
  )
    return null;
  const { runs } = await comparisons.compare([runId, championRunId], championRunId);
  return runs.find((compared) => compared.runId === runId)?.comparisons ?? null;
}
