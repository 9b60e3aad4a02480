import type { CacheUser } from "../core/production/cache-keys.ts";
import type { SharedModel } from "./live-model/shared-model.ts";
import { findId } from "./live-model/shared-text.ts";
import type { Person } from "./person.ts";
import { hasLikings } from "./person-jobs.ts";

/** Under whom is kept what all strangers get: no id is empty. */
export const anyStranger: CacheUser = { namespace: "data", userId: "" };

/** Somebody of whom nothing is known: however many of them ask, what they get is made and kept once. */
export function isStranger(shared: SharedModel, { dataUserId, preferences }: Person, epoch: number): boolean {
  if (epoch !== 0 || (dataUserId !== null && findId(shared.users, dataUserId) >= 0)) return false;
  return preferences === null || (!hasLikings({ preferences }) && preferences.avoidGenres.length === 0);
}
