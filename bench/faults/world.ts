import type { SmallVersion } from "../../e2e/services/serving-target.ts";
import { smallVersion } from "../../e2e/services/serving-target.ts";

const users = 200;
const items = 120;
/** The first so many users never give feedback: their lists are known beforehand. */
export const quietUsers = 100;
export const userIdOf = (u: number) => `user-${String(u).padStart(3, "0")}`;
export const listLength = 5;

/** A version whose items carry its own prefix, and what it must answer to those who give no feedback. */
export interface KnownVersion {
  readonly world: SmallVersion;
  readonly prefix: string;
  /** Whether a list is the best one for a quiet user, ties in any order. */
  isRight(u: number, itemIds: readonly string[]): boolean;
  itemId(i: number): string;
}

export function knownVersion(name: string, prefix: string, seed: number): KnownVersion {
  const world = smallVersion(name, { prefix, seed, users, items, factors: 8 });
  const best = new Map<number, { readonly scores: ReadonlyMap<string, number>; readonly top: readonly number[] }>();
  const itemId = (i: number) => world.items[i]?.itemId ?? "";

  /** By definition, item for item, in double precision. */
  function rank(u: number) {
    const { model, histories } = world;
    const k = model.factors;
    const seen = new Set(histories[u]?.map(({ i }) => i));
    const scores = new Map<string, number>();
    for (let i = 0; i < items; i++) {
      if (seen.has(i)) continue;
      let score = model.globalMean + (model.userBias[u] ?? 0) + (model.itemBias[i] ?? 0);
      for (let f = 0; f < k; f++) score += (model.userFactors[u * k + f] ?? 0) * (model.itemFactors[i * k + f] ?? 0);
      scores.set(itemId(i), score);
    }
    return { scores, top: [...scores.values()].sort((a, b) => b - a).slice(0, listLength) };
  }

  return {
    world,
    prefix,
    itemId,
    isRight(u, itemIds) {
      let known = best.get(u);
      if (known === undefined) best.set(u, (known = rank(u)));
      const { scores, top } = known;
      return (
        itemIds.length === listLength &&
        new Set(itemIds).size === listLength &&
        itemIds.every((id, at) => Math.abs((scores.get(id) ?? Number.NaN) - (top[at] ?? 0)) < 1e-4)
      );
    },
  };
}
