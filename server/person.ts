import { createHash } from "node:crypto";
import type { CacheUser } from "../core/production/cache-keys.ts";
import type { Preferences } from "./accounts/preferences.ts";
import type { AccountPrincipal } from "./auth/principal.ts";

/** Somebody who is recommended to. */
export interface Person {
  /** Under whom their feedback is kept and counted. Accounts and users of the data never meet, however they are called. */
  readonly user: CacheUser;
  /** The user of the data they are, whose history and factors count; null for an account that nobody linked. */
  readonly dataUserId: string | null;
  /** What they said of themselves. */
  readonly preferences: Preferences | null;
  /** Under whom their lists are cached: names everything that lists depend on beside feedback and model. */
  readonly listOwner: CacheUser;
}

/** A user of the data. */
export function dataPerson(userId: string): Person {
  const user = { namespace: "data", userId } as const;
  return { user, dataUserId: userId, preferences: null, listOwner: user };
}

export function accountPerson({ id, dataUserId, preferences }: AccountPrincipal): Person {
  const shape = createHash("sha256")
    .update(JSON.stringify([dataUserId, preferences]))
    .digest("base64url")
    .slice(0, 12);
  return {
    user: { namespace: "account", userId: id },
    dataUserId,
    preferences,
    listOwner: { namespace: "account", userId: `${id}.${shape}` },
  };
}
