import { join, resolve } from "node:path";

/** Where things lie in a workspace (`docs/reference/formats.md`). */
export interface WorkspacePaths {
  readonly root: string;
  readonly catalogue: string;
  readonly sources: string;
  readonly snapshots: string;
  readonly splits: string;
  readonly runs: string;
  readonly logs: string;
  readonly engineFile: string;
  readonly secrets: string;
  readonly limits: string;
  readonly reserve: string;
}

export function workspacePaths(directory: string): WorkspacePaths {
  const root = resolve(directory);
  return {
    root,
    catalogue: join(root, "workspace.sqlite"),
    sources: join(root, "sources"),
    snapshots: join(root, "snapshots"),
    splits: join(root, "splits"),
    runs: join(root, "runs"),
    logs: join(root, "logs"),
    engineFile: join(root, "engine.json"),
    secrets: join(root, "secrets.json"),
    limits: join(root, "limits.json"),
    reserve: join(root, "reserve.bin"),
  };
}
