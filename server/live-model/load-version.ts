import { createHash } from "node:crypto";
import { ReelbenchError } from "../../core/contract/errors.ts";
import { decodeBundle } from "../../core/models/bundle.ts";
import { artifactDigest, chunkBytes, readArtifact } from "../../core/production/artifacts.ts";
import { rankingLength } from "../../core/production/cache-keys.ts";
import { catalogueRevision } from "../../core/production/catalogue.ts";
import { indexForScan } from "../../core/recommend/scanner.ts";
import type { StoredItem } from "../../core/production/catalogue.ts";
import type { Database } from "../../core/production/database.ts";
import { historyPages, historyShape } from "../../core/production/history-pages.ts";
import { findVersion } from "../../core/production/versions.ts";
import { shareModel } from "../../core/recommend/shared-model.ts";
import { changedItems } from "./changed-items.ts";
import { shareCatalogue, sharedBytes } from "./shared-model.ts";
import type { SharedHistories, SharedModel } from "./shared-model.ts";
import { findId, toIdIndex, toSharedText } from "./shared-text.ts";
import type { IdIndex } from "./shared-text.ts";

/**
 * Reads a version from the target, checks every byte of its artifact against the digest it was published with, and lays
 * it out in shared memory. Throws RB_NOT_FOUND, RB_CORRUPT, RB_TARGET_UNREACHABLE.
 */
export async function loadVersion(
  database: Database,
  name: string,
  { key, threads }: { readonly key: number; readonly threads: number },
): Promise<SharedModel> {
  const version = await findVersion(database, name);
  if (version === null) throw new ReelbenchError("RB_NOT_FOUND", `Version ${name} is not on the target.`);
  const files = await readArtifact(database, name);
  if (digestOf(files) !== version.sha256) {
    throw new ReelbenchError("RB_CORRUPT", `What the target holds of version ${name} is not what was published.`);
  }
  const bundle = decodeBundle(files);
  if (bundle.userIds.length !== bundle.model.users || bundle.itemIds.length !== bundle.model.items) {
    throw new ReelbenchError(
      "RB_CORRUPT",
      `Version ${name} names ${bundle.itemIds.length} items; its model has ${bundle.model.items}.`,
    );
  }
  const users = toIdIndex(bundle.userIds);
  const items = toIdIndex(bundle.itemIds);
  const revision = await catalogueRevision(database);
  const catalogue = await readCatalogue(database, items);
  const model = shareModel(bundle.model);
  const shared = {
    key,
    version: name,
    algorithm: version.algorithm,
    modelHash: version.modelHash,
    createdAt: version.createdAt.toISOString(),
    model,
    users,
    items,
    catalogue: shareCatalogue(bundle.itemIds, (itemId) => catalogue.get(itemId), toSharedText),
    catalogueRevision: revision,
    histories: await readHistories(database, version.snapshotId, users, items),
    scan: indexForScan(model, { slots: threads, longestList: rankingLength }),
  };
  return { ...shared, bytes: sharedBytes(shared) };
}

function digestOf(files: ReadonlyMap<string, Uint8Array>): string {
  return artifactDigest(
    Array.from(files, ([name, bytes]) => ({
      name,
      chunkHashes: Array.from({ length: Math.ceil(bytes.length / chunkBytes) }, (_, n) =>
        createHash("sha256")
          .update(bytes.subarray(n * chunkBytes, (n + 1) * chunkBytes))
          .digest(),
      ),
    })),
  );
}

/** Of the catalogue, the items of this model. */
async function readCatalogue(database: Database, items: IdIndex): Promise<Map<string, StoredItem>> {
  const found = new Map<string, StoredItem>();
  for await (const item of changedItems(database, 0)) if (findId(items, item.itemId) >= 0) found.set(item.itemId, item);
  return found;
}

/** Ratings of users or items that the model does not have cannot be used by it and are left out. */
async function readHistories(
  database: Database,
  snapshotId: string,
  users: IdIndex,
  items: IdIndex,
): Promise<SharedHistories> {
  const shape = await historyShape(database, snapshotId);
  const ratings = shape?.ratings ?? 0;
  const histories = {
    start: new Int32Array(new SharedArrayBuffer(4 * users.ids.length)),
    length: new Int32Array(new SharedArrayBuffer(4 * users.ids.length)),
    item: new Int32Array(new SharedArrayBuffer(4 * ratings)),
    rating: new Float32Array(new SharedArrayBuffer(4 * ratings)),
  };
  if (shape === null) return histories;
  let at = 0;
  for await (const page of historyPages(database, snapshotId)) {
    for (const row of page) {
      const u = findId(users, row.userId);
      if (u < 0) continue;
      histories.start[u] = at;
      row.itemIds.forEach((itemId, index) => {
        const i = findId(items, itemId);
        if (i < 0 || at >= ratings) return;
        histories.item[at] = i;
        histories.rating[at] = row.ratings[index] ?? 0;
        at++;
      });
      histories.length[u] = at - (histories.start[u] ?? 0);
    }
  }
  return histories;
}
