import { z } from "zod";
import { isoTime } from "../../core/contract/entities.ts";
import { accountState } from "../accounts/account-rows.ts";
import { preferences } from "../accounts/preferences.ts";
import { longestPassword, shortestPassword } from "../accounts/password-policy.ts";
import { role } from "../auth/permissions.ts";
import { queryInteger, text, userIdSchema } from "./schemas.ts";

export const emailSchema = z
  .email()
  .max(254)
  .regex(/^[^@]{1,64}@/, "must have at most 64 characters before its @")
  .meta({ description: "E-mail address; kept sealed, found by a keyed hash.", examples: ["ada@example.org"] });
/** Length only: what makes a password weak is judged where the person's own details are known. */
export const passwordSchema = z.string().min(1).max(512).meta({ format: "password" });
const newPasswordSchema = passwordSchema
  .min(shortestPassword)
  .max(longestPassword)
  .meta({ description: "Not easily guessed: several unrelated words, say.", examples: ["obvious wagon tunes April"] });
export const nameSchema = text(1, 100)
  .regex(/^[^\u0000-\u001f\u007f-\u009f]*$/, "must be text without control characters")
  .meta({ description: "What to call the person." });

export const accountSchema = z
  .object({
    accountId: z.uuid(),
    email: z.string(),
    name: z.string().nullable(),
    role,
    state: accountState,
    preferences,
    dataUserId: z.string().nullable().meta({ description: "The user of the data whose history counts as theirs." }),
    createdAt: isoTime,
    lastLoginAt: isoTime.nullable(),
  })
  .meta({ id: "Account" });

export const tokensSchema = z
  .object({
    tokenType: z.literal("Bearer"),
    accessToken: z.string().meta({ description: "JWT (EdDSA); its keys are at /.well-known/jwks.json." }),
    accessExpiresAt: isoTime,
    refreshToken: z.string().meta({ description: "Good for one refresh. Used twice, it ends its session." }),
    refreshExpiresAt: isoTime,
  })
  .meta({ id: "Tokens" });
export const loginSchema = tokensSchema.extend({ account: accountSchema }).meta({ id: "Login" });

export const registerBody = z
  .strictObject({ email: emailSchema, password: newPasswordSchema, name: nameSchema.nullable().default(null) })
  .meta({ id: "Registration" });
export const createAccountBody = z
  .strictObject({
    email: emailSchema,
    password: newPasswordSchema,
    name: nameSchema.nullable().default(null),
    role: role.default("user"),
  })
  .meta({ id: "NewAccount" });
export const loginBody = z.strictObject({ email: emailSchema, password: passwordSchema }).meta({ id: "Credentials" });
export const refreshBody = z.strictObject({ refreshToken: z.string().max(200) }).meta({ id: "Refresh" });
export const changePasswordBody = z
  .strictObject({ currentPassword: passwordSchema, newPassword: newPasswordSchema })
  .meta({ id: "PasswordChange" });
export const profileBody = z
  .strictObject({ name: nameSchema.nullable().optional(), preferences: preferences.optional() })
  .meta({ id: "ProfileChange" });
export const deleteMeBody = z.strictObject({ password: passwordSchema }).meta({ id: "Deletion" });
export const administerBody = z
  .strictObject({ role: role.optional(), state: accountState.optional() })
  .meta({ id: "AccountChange" });
export const linkBody = z.strictObject({ dataUserId: userIdSchema.nullable() }).meta({ id: "AccountLink" });

export const accountParams = z.strictObject({ accountId: z.uuid() });
export const sessionParams = z.strictObject({ sessionId: z.uuid() });
export const keyParams = z.strictObject({ keyId: z.uuid() });

export const pageQuery = {
  after: z.uuid().optional().meta({ description: "The last id of the page before." }),
  limit: queryInteger(z.int().min(1).max(200).default(50)),
};

export const sessionsSchema = z
  .object({
    sessions: z.array(
      z.object({
        sessionId: z.uuid(),
        current: z.boolean(),
        createdAt: isoTime,
        usedAt: isoTime,
        expiresAt: isoTime,
      }),
    ),
  })
  .meta({ id: "Sessions" });

export const exportSchema = z
  .object({
    account: accountSchema,
    sessions: sessionsSchema.shape.sessions,
    feedback: z.array(
      z.object({ itemId: z.string(), kind: z.string(), value: z.number().nullable(), occurredAt: isoTime }),
    ),
    shown: z
      .array(z.object({ shownAt: isoTime, version: z.string(), itemIds: z.array(z.string()) }))
      .meta({ description: "The latest lists of films that were shown to me, as long as they are kept." }),
    activity: z.array(z.object({ at: isoTime, action: z.string(), outcome: z.string() })),
  })
  .meta({ id: "DataExport" });

export const keySchema = z
  .object({
    keyId: z.uuid(),
    name: z.string(),
    prefix: z.string().meta({ description: "The first characters, to recognise it by." }),
    scopes: z.array(z.string()),
    createdAt: isoTime,
    expiresAt: isoTime.nullable(),
    lastUsedAt: isoTime.nullable(),
    revokedAt: isoTime.nullable(),
  })
  .meta({ id: "ApiKey" });

export const auditSchema = z
  .object({
    entries: z.array(
      z.object({
        id: z.int(),
        at: isoTime,
        actor: z.object({ kind: z.string(), id: z.string().nullable() }),
        action: z.string(),
        subject: z.string().nullable(),
        outcome: z.enum(["done", "refused"]),
        requestId: z.string().nullable(),
        details: z.record(z.string(), z.unknown()),
      }),
    ),
    next: z.int().nullable().meta({ description: "`before` of the next page; null at the end." }),
  })
  .meta({ id: "AuditLog" });

export const jwksSchema = z
  .object({
    keys: z.array(
      z.object({
        kty: z.literal("OKP"),
        crv: z.literal("Ed25519"),
        x: z.string(),
        kid: z.string(),
        alg: z.string(),
        use: z.literal("sig"),
      }),
    ),
  })
  .meta({ id: "Jwks" });
