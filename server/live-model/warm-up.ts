import { performance } from "node:perf_hooks";
import { ReelbenchError } from "../../core/contract/errors.ts";
import { knowsSimilarItems } from "../../core/models/servable.ts";
import type { HeldModel } from "./live-models.ts";
import type { Subject } from "./score-job.ts";
import { findId } from "./shared-text.ts";

const kept = 64;
const milliseconds = 10_000;

/** The last users and items that were asked about, to try a new version with before it serves. */
export interface RecentRequests {
  recordUser(userId: string): void;
  recordItem(itemId: string): void;
  users(): readonly string[];
  items(): readonly string[];
}

export function createRecentRequests(): RecentRequests {
  const users = new Set<string>();
  const items = new Set<string>();
  return {
    recordUser: (userId) => remember(users, userId),
    recordItem: (itemId) => remember(items, itemId),
    users: () => [...users],
    items: () => [...items],
  };
}

function remember(set: Set<string>, id: string): void {
  set.delete(id);
  set.add(id);
  if (set.size > kept) for (const oldest of set) return void set.delete(oldest);
}

/**
 * Answers recent requests (or, at a first start, a few users) with a version that does not serve yet: its code paths are
 * compiled and its pages mapped when the first person meets it, and a model that cannot answer is found out before that.
 * Throws RB_CORRUPT for scores that are no numbers.
 */
export async function warmUp(held: HeldModel, recent: RecentRequests): Promise<void> {
  const deadline = performance.now() + milliseconds;
  const { shared } = held;
  const known = recent.users().map((userId) => findId(shared.users, userId));
  const users = known.length > 0 ? known : Array.from({ length: Math.min(8, shared.model.users) }, (_, u) => u);
  const items = !knowsSimilarItems(shared.model)
    ? []
    : recent
        .items()
        .map((itemId) => findId(shared.items, itemId))
        .filter((i) => i >= 0);
  const subjects: Subject[] = [
    ...users.map((u) => ({ kind: "user" as const, u, ratings: [], seen: [] })),
    ...items.map((i) => ({ kind: "item" as const, i })),
  ];
  await Promise.all(
    subjects.map(async (subject) => {
      const list = await held.score(
        { subject, n: 10, excludeSeen: true, exclude: [], filter: null, explain: false, only: null },
        deadline,
      );
      if (!list.scores.every(Number.isFinite))
        throw new ReelbenchError("RB_CORRUPT", `Version ${shared.version} gives scores that are no numbers.`);
    }),
  );
}
