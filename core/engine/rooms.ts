import { join } from "node:path";
import type { EngineEvent } from "../contract/methods.ts";
import type { Run, Snapshot, Source, Split } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";
import type { ProcessHost } from "../jobs/process-host.ts";
import type { Workspace } from "../workspace/workspace.ts";
import type { Lanes } from "./lanes.ts";

/** What every handler may reach. */
export interface Rooms {
  readonly workspace: Workspace;
  readonly processHost: ProcessHost;
  /** Compute threads a training may use now: limits may change while the engine runs. */
  readonly threads: number;
  /** Bytes of memory that trainings may use now: the machine's or its container's, or less where a limit is set. */
  readonly memory: number;
  readonly lanes: Lanes;
  readonly startedAt: Date;
  readonly emit: (event: EngineEvent) => void;
  readonly log: (message: string, level?: "info" | "warn") => void;
}

type Changed = Extract<EngineEvent, { type: "changed" }>["entity"];

export function changed(rooms: Rooms, entity: Changed, id: string): void {
  rooms.emit({ type: "changed", entity, id });
}

interface Present<T> {
  readonly entity: T;
  readonly directory: string;
}

/** The entity and its folder. Throws RB_NOT_FOUND, also where the folder is gone. */
export function presentSource(rooms: Rooms, id: string): Present<Source> {
  return present("source", rooms.workspace.catalogue.sources.get(id), rooms.workspace.paths.sources);
}
export function presentSnapshot(rooms: Rooms, id: string): Present<Snapshot> {
  return present("snapshot", rooms.workspace.catalogue.snapshots.get(id), rooms.workspace.paths.snapshots);
}
export function presentSplit(rooms: Rooms, id: string): Present<Split> {
  return present("split", rooms.workspace.catalogue.splits.get(id), rooms.workspace.paths.splits);
}
/** Also throws RB_CONFLICT where the run has not succeeded. */
export function finishedRun(rooms: Rooms, id: string): Present<Run> {
  const run = rooms.workspace.catalogue.runs.get(id);
  if (run.state !== "succeeded")
    throw new ReelbenchError("RB_CONFLICT", `The run ${id} is ${run.state}; only a succeeded run can be used.`);
  return present("run", run, rooms.workspace.paths.runs);
}

function present<T extends { readonly id: string; readonly missing?: boolean | undefined }>(
  noun: string,
  entity: T,
  parent: string,
): Present<T> {
  const directory = join(parent, entity.id);
  if (entity.missing === true) {
    throw new ReelbenchError(
      "RB_NOT_FOUND",
      `The folder of ${noun} ${entity.id} is gone (${directory}). Put it back and open the workspace again.`,
    );
  }
  return { entity, directory };
}
