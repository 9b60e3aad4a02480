import { join } from "node:path";
import { snapshot, source, split } from "../contract/entities.ts";
import type { Snapshot, Source, Split } from "../contract/entities.ts";
import { readJson } from "../files/json.ts";

/** The manifests in the folders of a workspace. Each throws RB_NOT_FOUND or RB_CORRUPT. */
export function readSourceManifest(directory: string): Promise<Source> {
  return readJson(join(directory, "manifest.json"), source);
}

export function readSnapshotManifest(directory: string): Promise<Snapshot> {
  return readJson(join(directory, "manifest.json"), snapshot);
}

export function readSplitManifest(directory: string): Promise<Split> {
  return readJson(join(directory, "manifest.json"), split);
}
