import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { split as splitSchema } from "../contract/entities.ts";
import type { Snapshot, Split, SplitProtocol } from "../contract/entities.ts";
import { writeFileAtomic, writeFolderAtomic } from "../files/atomic.ts";
import { canonicalJson } from "../files/json.ts";
import type { WorkContext } from "../jobs/work-context.ts";
import { throwIfAborted } from "./database.ts";
import { assigned, assignInThread } from "./assign-in-thread.ts";
import { loadRatingColumns } from "./rating-columns.ts";
import { leaksOf, warningsOf } from "./split-facts.ts";
import { unusedPart } from "./split-parts.ts";

export { proposeSplits } from "./split-proposals.ts";

export interface SplitRequest {
  readonly snapshot: Snapshot;
  readonly snapshotDirectory: string;
  readonly protocol: SplitProtocol;
  readonly seed: number;
  readonly name?: string | undefined;
}

/**
 * Divides a snapshot's ratings into training and test: `splitsDirectory/<id>`. The id is made of snapshot, protocol,
 * parameters and seed, and they determine every byte. Throws RB_SPLIT_NO_TIME, RB_SPLIT_EMPTY, RB_CANCELLED.
 */
export async function createSplit(
  request: SplitRequest,
  splitsDirectory: string,
  context: WorkContext,
): Promise<Split> {
  const { snapshot, snapshotDirectory, protocol, seed } = request;
  const step = (done: number, message: string) => {
    throwIfAborted(context.signal);
    context.onProgress({ done, total: 3, unit: "steps", message });
  };
  step(0, "Loading the ratings");
  const ratings = await loadRatingColumns(snapshotDirectory, snapshot);
  step(1, "Dividing them");
  const { users, items } = snapshot;
  const [outcome] = await assignInThread({ ratings, users, items, seed, protocols: [protocol] }, context.signal);
  const { parts, facts } = assigned(outcome);
  step(2, "Writing the split");
  return writeFolderAtomic(
    splitsDirectory,
    (made: Split) => made.id,
    async (directory) => {
      const made = splitSchema.parse({
        id: splitId(snapshot.id, protocol, seed),
        name: request.name ?? protocolName(protocol),
        createdAt: new Date().toISOString(),
        snapshotId: snapshot.id,
        protocol,
        seed,
        ...facts,
        leaks: leaksOf(protocol, snapshot.hasTime),
        warnings: [...warningsOf(facts), ...partWarnings(protocol, parts)],
      });
      await writeFile(join(directory, "assignment.bin"), parts);
      await writeFileAtomic(join(directory, "manifest.json"), `${JSON.stringify(made, null, 2)}\n`);
      return made;
    },
  );
}

/** Ratings of a predefined split that no file gave a part to. */
function partWarnings(protocol: SplitProtocol, parts: Uint8Array): string[] {
  if (protocol.protocol !== "predefined") return [];
  let unused = 0;
  for (const part of parts) if (part === unusedPart) unused++;
  return unused === 0 ? [] : [`${String(unused)} ratings have no part and are neither trained on nor tested.`];
}

export function splitId(snapshotId: string, protocol: SplitProtocol, seed: number): string {
  const hash = createHash("sha256").update(canonicalJson({ snapshotId, protocol, seed }), "utf8");
  return `p${hash.digest("hex").slice(0, 20)}`;
}

export function protocolName(protocol: SplitProtocol): string {
  const percent = (share: number) => `${String(Math.round(100 * (1 - share)))}/${String(Math.round(100 * share))}`;
  switch (protocol.protocol) {
    case "global-temporal":
      return `Global temporal ${percent(protocol.testShare)}`;
    case "rolling-origin":
      return `Rolling origin, ${String(protocol.cutoffs)} cut-offs`;
    case "held-out-users":
      return `Held-out users ${percent(protocol.testShare)}`;
    case "predefined":
      return "Predefined";
    case "per-user-temporal":
      return `Per-user temporal ${percent(protocol.testShare)}`;
    case "leave-last-out":
      return "Leave last out";
    case "random":
      return `Random ${percent(protocol.testShare)}`;
    case "k-fold":
      return `${String(protocol.folds)} folds`;
  }
}
