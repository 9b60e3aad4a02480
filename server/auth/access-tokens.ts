import { SignJWT, decodeProtectedHeader, errors, jwtVerify } from "jose";
import { LRUCache } from "lru-cache";
import { z } from "zod";
import { ReelbenchError } from "../../core/contract/errors.ts";
import { createDigest } from "./digest.ts";
import { signingAlgorithm } from "./signing-keys.ts";
import type { SigningKeys } from "./signing-keys.ts";

export interface AccessTokens {
  /** A JWT (EdDSA) for a session, and when it expires (Unix seconds). */
  issue(claims: { readonly accountId: string; readonly sessionId: string; readonly role: string }): Promise<{
    readonly token: string;
    readonly expiresAt: number;
  }>;
  /** What a token says that was verified before and has not expired; null for any other. */
  known(token: string): AccessClaims | null;
  /** What a token says, when it is ours and still good. Throws RB_UNAUTHENTICATED saying which it is not. */
  verify(token: string): Promise<AccessClaims>;
}

export interface AccessClaims {
  readonly accountId: string;
  readonly sessionId: string;
  /** Unix seconds. */
  readonly expiresAt: number;
}

const claimsSchema = z.object({ sub: z.uuid(), sid: z.uuid(), exp: z.int() });
/** Clocks of replicas may differ by this much. */
const clockToleranceSeconds = 5;

/** `issuer` stands in each token, so that a token of another environment is refused here. */
export function createAccessTokens(options: {
  readonly keys: SigningKeys;
  readonly issuer: string;
  readonly lifeSeconds: number;
}): AccessTokens {
  const { keys, issuer, lifeSeconds } = options;
  const audience = "reelbench";
  // A signature is checked once for each token; by hash, so that a heap dump holds no tokens.
  const verified = new LRUCache<string, AccessClaims>({ max: 50_000 });
  const digestOf = createDigest();

  const refused = (why: string, cause?: unknown) =>
    new ReelbenchError("RB_UNAUTHENTICATED", `The access token ${why}.`, { cause });

  return {
    async issue({ accountId, sessionId, role }) {
      const { kid, key } = await keys.signer();
      const issuedAt = Math.floor(Date.now() / 1000);
      const expiresAt = issuedAt + lifeSeconds;
      const token = await new SignJWT({ sid: sessionId, role })
        .setProtectedHeader({ alg: signingAlgorithm, typ: "at+jwt", kid })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(accountId)
        .setIssuedAt(issuedAt)
        .setExpirationTime(expiresAt)
        .sign(key);
      return { token, expiresAt };
    },
    known(token) {
      const claims = verified.get(digestOf(token));
      return claims !== undefined && claims.expiresAt + clockToleranceSeconds > Date.now() / 1000 ? claims : null;
    },
    async verify(token) {
      const digest = digestOf(token);
      const known = verified.get(digest);
      if (known !== undefined) {
        if (known.expiresAt + clockToleranceSeconds > Date.now() / 1000) return known;
        verified.delete(digest);
        throw refused("has expired");
      }
      let kid: string | undefined;
      try {
        kid = decodeProtectedHeader(token).kid;
      } catch (error) {
        throw refused("is not a JWT", error);
      }
      const key = kid === undefined || kid.length > 64 ? null : await keys.verifier(kid);
      if (key === null) throw refused("was not signed by a key of this service");
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: [signingAlgorithm, "Ed25519"],
          issuer,
          audience,
          typ: "at+jwt",
          clockTolerance: clockToleranceSeconds,
        });
        const { sub, sid, exp } = claimsSchema.parse(payload);
        const claims = { accountId: sub, sessionId: sid, expiresAt: exp };
        verified.set(digest, claims);
        return claims;
      } catch (error) {
        throw refused(error instanceof errors.JWTExpired ? "has expired" : "is not valid", error);
      }
    },
  };
}
