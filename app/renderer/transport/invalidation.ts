import type { MethodName } from "../../../core/contract/methods.ts";
import type { ChangedEntity } from "./event-batch.ts";

const affected: Readonly<Record<ChangedEntity, readonly MethodName[]>> = {
  source: ["sources.list", "sources.get", "workspace.get"],
  snapshot: ["snapshots.list", "snapshots.get", "workspace.get"],
  split: ["splits.list", "splits.get", "workspace.get"],
  run: [
    "models.list",
    "models.candidates",
    "models.get",
    "runs.list",
    "runs.get",
    "runs.compare",
    "runs.query",
    "runs.facets",
    "workspace.get",
  ],
  search: ["searches.list", "searches.get"],
  target: ["targets.list", "targets.status", "targets.test", "versions.list"],
  publication: ["models.list", "models.get", "publications.list", "versions.list", "targets.status", "workspace.get"],
  server: ["servers.get", "targets.status"],
  model: ["models.list", "models.candidates", "models.get"],
  view: ["views.list"],
  queue: ["jobs.queue"],
};

/** Which answers a change makes old. What is content-addressed (profiles, rows, proposals) never grows old. */
export function methodsAffectedBy(entity: ChangedEntity): readonly MethodName[] {
  return affected[entity];
}
