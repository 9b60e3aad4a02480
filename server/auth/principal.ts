import { ReelbenchError } from "../../core/contract/errors.ts";
import type { Preferences } from "../accounts/preferences.ts";
import { holdersOf } from "./permissions.ts";
import type { Permission, Role } from "./permissions.ts";

/** Who asks: a program with a key, or a person with an access token. */
export type Principal = KeyPrincipal | AccountPrincipal;

export interface KeyPrincipal {
  readonly kind: "key";
  readonly id: string;
  readonly name: string;
  readonly permissions: ReadonlySet<Permission>;
}

export interface AccountPrincipal {
  readonly kind: "account";
  /** The account's. */
  readonly id: string;
  readonly sessionId: string;
  readonly role: Role;
  readonly permissions: ReadonlySet<Permission>;
  /** The user of the data that an operator said this is. */
  readonly dataUserId: string | null;
  readonly preferences: Preferences;
}

/** `"any"`: whoever is known. Throws RB_FORBIDDEN naming who may. */
export function requirePermission(principal: Principal, permission: Permission | "any"): void {
  if (permission === "any" || principal.permissions.has(permission)) return;
  const { roles, scopes } = holdersOf(permission);
  throw new ReelbenchError(
    "RB_FORBIDDEN",
    `This needs "${permission}": ${[
      ...(roles.length > 0 ? [`an account with the role ${roles.join(" or ")}`] : []),
      ...(scopes.length > 0 ? [`a key with the scope ${scopes.join(" or ")}`] : []),
    ].join(", or ")}.`,
  );
}

/** The account that asks. Routes about oneself are for people: a key belongs to nobody. */
export function requireAccount(principal: Principal | null): AccountPrincipal {
  if (principal?.kind === "account") return principal;
  throw new ReelbenchError("RB_FORBIDDEN", "This is for people who have logged in; a key has no account.");
}
