import { z } from "zod";
import type { ApiKeyScope } from "../../core/production/api-keys.ts";

/** Everything that a route can ask for. Each route names one (`Route.permission`). */
export const permissions = [
  /** Recommendations for any user of the data, or for a list of ratings. */
  "recommendations:any",
  /** Recommendations for oneself. */
  "recommendations:own",
  "feedback:any",
  "feedback:own",
  "items:read",
  "items:write",
  "versions:read",
  "evaluations:read",
  /** Activate, roll back, warm, drop caches, drain. */
  "operations:run",
  "profile:own",
  "accounts:manage",
  /** Say that an account is a user of the data. */
  "accounts:link",
  "keys:manage",
  "audit:read",
] as const;
export type Permission = (typeof permissions)[number];

export const role = z.enum(["user", "service", "analyst", "operator", "admin"]);
export type Role = z.infer<typeof role>;

const own = ["profile:own", "recommendations:own", "feedback:own", "items:read"] as const satisfies Permission[];
const analyst = [...own, "recommendations:any", "versions:read", "evaluations:read"] as const satisfies Permission[];

/** What an account of each role may. */
export const rolePermissions: Readonly<Record<Role, ReadonlySet<Permission>>> = {
  /** Somebody who watches films. */
  user: new Set(own),
  /** A program that acts for people. */
  service: new Set([...own, "recommendations:any", "feedback:any"]),
  /** Looks at models and what they answer, and changes nothing. */
  analyst: new Set(analyst),
  /** Runs the service. */
  operator: new Set([...analyst, "items:write", "operations:run", "accounts:link"]),
  admin: new Set(permissions),
};

/** What a key of each scope may. */
export const scopePermissions: Readonly<Record<ApiKeyScope, ReadonlySet<Permission>>> = {
  recommend: new Set(["recommendations:any", "items:read"]),
  feedback: new Set(["feedback:any"]),
  catalogue: new Set(["items:read", "items:write"]),
  analyse: new Set(["versions:read", "evaluations:read"]),
  operate: new Set(["versions:read", "evaluations:read", "operations:run"]),
  accounts: new Set(["accounts:manage", "accounts:link", "audit:read"]),
};

/** Names the roles and scopes that carry a permission, for refusals and the documentation. */
export function holdersOf(permission: Permission): { readonly roles: Role[]; readonly scopes: ApiKeyScope[] } {
  const having = <K extends string>(table: Readonly<Record<K, ReadonlySet<Permission>>>) =>
    (Object.keys(table) as K[]).filter((name) => table[name].has(permission));
  return { roles: having(rolePermissions), scopes: having(scopePermissions) };
}
