import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { z } from "zod";
import type { KnownWorkspace } from "../../../core/contract/bridge.ts";
import { readSmallFile, writeSmallFile } from "../small-file.ts";

const kept = z.object({
  workspaces: z.array(z.object({ path: z.string().min(1), id: z.string(), openedAt: z.iso.datetime() })),
});
type Kept = z.infer<typeof kept>["workspaces"][number];

const most = 20;

export interface KnownWorkspaces {
  /** Last opened first; `current`: the one that is open. */
  list(current: string | null): readonly KnownWorkspace[];
  knows(path: string): boolean;
  /** Where the workspace of a link lies; null where it was never open here or is gone. */
  pathOf(id: string): string | null;
  idOf(path: string): string | null;
  opened(path: string, id: string): void;
  forget(path: string): void;
}

/** The workspaces that were open, in a file of the app. Only for comfort: what is lost here is opened again by its folder. */
export function knownWorkspaces(file: string, now: () => Date = () => new Date()): KnownWorkspaces {
  let all: readonly Kept[] = readSmallFile(file, kept)?.workspaces ?? [];
  const keep = (next: readonly Kept[]) => {
    all = next.slice(0, most);
    writeSmallFile(file, { workspaces: all });
  };
  const at = (path: string) => all.find((workspace) => workspace.path === resolve(path));
  return {
    list: (current) =>
      all.map(({ path, openedAt }) => ({
        path,
        name: basename(path),
        openedAt,
        present: isWorkspace(path),
        current: current !== null && resolve(current) === path,
      })),
    knows: (path) => at(path) !== undefined,
    pathOf: (id) => all.find((workspace) => workspace.id === id && isWorkspace(workspace.path))?.path ?? null,
    idOf: (path) => at(path)?.id ?? null,
    opened(path, id) {
      const here = resolve(path);
      keep([{ path: here, id, openedAt: now().toISOString() }, ...all.filter((workspace) => workspace.path !== here)]);
    },
    forget: (path) => keep(all.filter((workspace) => workspace.path !== resolve(path))),
  };
}

/** Whether a folder is a workspace: it has a catalogue. */
export function isWorkspace(path: string): boolean {
  return existsSync(join(path, "workspace.sqlite"));
}
