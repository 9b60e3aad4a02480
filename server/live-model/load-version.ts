import { ReelbenchError } from "../../core/contract/errors.ts";
import { rankingLength } from "../../core/production/cache-keys.ts";
import { catalogueRevision } from "../../core/production/catalogue.ts";
import { indexForScan } from "../../core/recommend/scanner.ts";
import type { StoredItem } from "../../core/production/catalogue.ts";
import type { Database } from "../../core/production/database.ts";
import { historyPages, historyShape } from "../../core/production/history-pages.ts";
import { findVersion } from "../../core/production/versions.ts";
import { shareModel } from "../../core/recommend/shared-model.ts";
import { readBundle } from "./read-bundle.ts";
import type { LoadProgress } from "./read-bundle.ts";
import { changedItems } from "./changed-items.ts";
import { shareCatalogue, sharedBytes } from "./shared-model.ts";
import type { SharedHistories, SharedModel } from "./shared-model.ts";
import { findId, textAt, toSharedText } from "./shared-text.ts";
import type { IdIndex } from "./shared-text.ts";

/**
 * Reads a version from the target, checks every byte of its artifact against the digest it was published with, and lays
 * it out in shared memory. Throws RB_NOT_FOUND, RB_CORRUPT, RB_TARGET_UNREACHABLE.
 */
export async function loadVersion(
  database: Database,
  name: string,
  {
    key,
    threads,
    onProgress,
  }: { readonly key: number; readonly threads: number; readonly onProgress?: (progress: LoadProgress) => void },
): Promise<SharedModel> {
  const version = await findVersion(database, name);
  if (version === null) throw new ReelbenchError("RB_NOT_FOUND", `Version ${name} is not on the target.`);
  const { users, items, ...bundle } = await readBundle(database, version, onProgress);
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
    catalogue: shareCatalogue(
      Array.from({ length: model.items }, (_, i) => textAt(items.ids, i)),
      (itemId) => catalogue.get(itemId),
      toSharedText,
    ),
    catalogueRevision: revision,
    histories: await readHistories(database, version.snapshotId, users, items),
    scan: indexForScan(model, { slots: threads, longestList: rankingLength }),
  };
  return { ...shared, bytes: sharedBytes(shared) };
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
