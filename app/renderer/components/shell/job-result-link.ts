import { z } from "zod";
import { contract } from "../../../../core/contract/methods.ts";
import type { Job } from "../../../../core/contract/entities.ts";

const result = z.object({
  snapshotId: z.string().optional(),
  sourceId: z.string().optional(),
  splitId: z.string().optional(),
  runId: z.string().optional(),
  searchId: z.string().optional(),
  publicationId: z.string().optional(),
  version: z.string().optional(),
});

const filmMap = contract["embedding.make"].output;

export interface ResultLink {
  readonly label: string;
  /** The address after `#`, as the router writes it. */
  readonly href: string;
}

/** Where the fruit of a finished job can be looked at. */
export function jobResultLink(job: Job): ResultLink | null {
  if (job.state !== "succeeded") return null;
  const map = filmMap.safeParse(job.kind === "embedding.make" ? job.result : null);
  if (map.success) {
    const { runId: run, method, seed } = map.data;
    return {
      label: "Show the map",
      href: `#/recommendations/map?run=${encodeURIComponent(run)}&method=${method}${method === "umap" ? `&seed=${String(seed)}` : ""}`,
    };
  }
  const parsed = result.safeParse(job.result);
  if (!parsed.success) return null;
  const { snapshotId, sourceId, splitId, runId, searchId, publicationId, version } = parsed.data;
  if (publicationId !== undefined || version !== undefined) return { label: "Show publication", href: "#/publish" };
  if (searchId !== undefined)
    return { label: "Show the search", href: `#/train/searches/${encodeURIComponent(searchId)}` };
  if (runId !== undefined) return { label: "Compare", href: `#/compare?run=${encodeURIComponent(runId)}` };
  if (splitId !== undefined) return { label: "Train on it", href: `#/train?split=${encodeURIComponent(splitId)}` };
  if (snapshotId !== undefined)
    return { label: "Show profile", href: `#/data/snapshots/${encodeURIComponent(snapshotId)}` };
  if (sourceId !== undefined)
    return { label: "Make a snapshot", href: `#/data/new-snapshot?source=${encodeURIComponent(sourceId)}` };
  return null;
}
