import { calculateJwkThumbprint, exportJWK, exportPKCS8, generateKeyPair, importJWK, importPKCS8 } from "jose";
import type { CryptoKey, JWK } from "jose";
import type { Pool } from "pg";
import { z } from "zod";
import { ReelbenchError } from "../../core/contract/errors.ts";
import { ask } from "../../core/production/ask.ts";
import { inTransaction, parseRows } from "../../core/production/database.ts";
import type { Vault } from "../secrets/vault.ts";

export const signingAlgorithm = "EdDSA";
/** A new key is in every replica's and every client's JWKS before the first token comes that it signed. */
export const publishedAhead = 10 * 60_000;
/** Keys are replaced by themselves at this age. */
const rotateAfter = 30 * 86_400_000;
/** How long a replica works with the keys it read. */
const freshFor = 60_000;
/** A token with an unknown `kid` makes a replica look again, but such tokens not more often than this. */
const lookAgainAfter = 2_000;

export interface SigningKeys {
  /** The key that signs now. Makes the first one. */
  signer(): Promise<{ readonly kid: string; readonly key: CryptoKey }>;
  /** The public key named `kid`, while it may be used; null otherwise. */
  verifier(kid: string): Promise<CryptoKey | null>;
  /** RFC 7517 §5: all that sign, will sign, or signed something that has not expired. */
  jwks(): Promise<{ readonly keys: readonly JWK[] }>;
  /** Adds a key that signs once it has been published long enough. The old one goes on verifying what it signed. */
  rotate(): Promise<string>;
  /** Replaces what is due and forgets what is over. For a timer. */
  maintain(): Promise<void>;
}

const keyRow = z.object({
  kid: z.string(),
  public_jwk: z.looseObject({ kty: z.literal("OKP"), crv: z.literal("Ed25519"), x: z.string() }),
  private_sealed: z.instanceof(Buffer),
  signs_from: z.date(),
  verifies_until: z.date().nullable(),
});
type Row = z.infer<typeof keyRow>;

/**
 * Ed25519 keys, shared by all servers of a target through Postgres, private halves sealed. `tokenSeconds`: the longest
 * life of what they sign, which a retired key outlives.
 */
export function createSigningKeys(pool: Pool, vault: Vault, tokenSeconds: number): SigningKeys {
  let rows: readonly Row[] = [];
  let readAt = -Infinity;
  let lookedAt = -Infinity;
  let looking: Promise<void> = Promise.resolve();
  let reading: Promise<void> | null = null;
  const privateKeys = new Map<string, CryptoKey>();
  const publicKeys = new Map<string, CryptoKey>();

  async function read(): Promise<void> {
    rows = parseRows(
      keyRow,
      await ask(
        pool,
        `select kid, public_jwk, private_sealed, signs_from, verifies_until from reelbench.signing_keys
         where verifies_until is null or verifies_until > now() order by signs_from desc, kid`,
      ),
    );
    readAt = performance.now();
    for (const known of [privateKeys, publicKeys])
      for (const kid of known.keys()) if (!rows.some((row) => row.kid === kid)) known.delete(kid);
  }
  const readOnce = (): Promise<void> => (reading ??= read().finally(() => (reading = null)));

  async function fresh(age = freshFor): Promise<void> {
    if (performance.now() - readAt <= age) return;
    try {
      await readOnce();
    } catch (error) {
      // What was read goes on serving while Postgres is away; without anything read there is nothing to serve with.
      if (rows.length === 0) throw error;
    }
  }

  /** Another replica may have made the first key since, and signed with it at once. */
  async function find(kid: string): Promise<Row | undefined> {
    const known = () => rows.find((row) => row.kid === kid);
    if (known() !== undefined) return known();
    if (performance.now() - lookedAt > lookAgainAfter) {
      lookedAt = performance.now();
      // A reading that is under way may have begun before the key was made.
      looking = (reading?.catch(() => undefined) ?? Promise.resolve()).then(() => fresh(0));
    }
    await looking;
    return known();
  }

  const signing = (): Row | undefined => rows.find((row) => row.signs_from.getTime() <= Date.now());

  async function add(signsFrom: Date, onlyIf: "none" | "always"): Promise<string> {
    const pair = await generateKeyPair("Ed25519", { extractable: true });
    const jwk = await exportJWK(pair.publicKey);
    const kid = await calculateJwkThumbprint(jwk);
    const sealed = await vault.seal(await exportPKCS8(pair.privateKey), `signing_keys.private_sealed ${kid}`);
    await inTransaction(pool, async (client) => {
      await client.query("select pg_advisory_xact_lock(hashtextextended('reelbench.signing-keys', 0))");
      const { rows: present } = await client.query("select from reelbench.signing_keys where verifies_until is null");
      if (onlyIf === "none" && present.length > 0) return;
      await client.query("update reelbench.signing_keys set verifies_until = $1 where verifies_until is null", [
        new Date(signsFrom.getTime() + 1000 * tokenSeconds + publishedAhead),
      ]);
      await client.query(
        "insert into reelbench.signing_keys (kid, public_jwk, private_sealed, signs_from) values ($1, $2, $3, $4)",
        [kid, { kty: jwk.kty, crv: jwk.crv, x: jwk.x }, sealed, signsFrom],
      );
    });
    await readOnce();
    return kid;
  }

  return {
    async signer() {
      await fresh();
      if (signing() === undefined) await add(new Date(), "none");
      const row = signing();
      if (row === undefined)
        throw new ReelbenchError("RB_UNAVAILABLE", "No key signs yet.", { details: { retryAfter: 2 } });
      let key = privateKeys.get(row.kid);
      if (key === undefined) {
        const pem = await vault.open(row.private_sealed, `signing_keys.private_sealed ${row.kid}`);
        key = await importPKCS8(pem, "Ed25519");
        privateKeys.set(row.kid, key);
      }
      return { kid: row.kid, key };
    },
    async verifier(kid) {
      await fresh();
      const row = await find(kid);
      if (row === undefined || (row.verifies_until !== null && row.verifies_until.getTime() <= Date.now())) return null;
      const known = publicKeys.get(kid);
      if (known !== undefined) return known;
      const key = await importJWK({ ...row.public_jwk }, "Ed25519");
      if (key instanceof Uint8Array) throw new ReelbenchError("RB_CORRUPT", "A public signing key is not one.");
      publicKeys.set(kid, key);
      return key;
    },
    async jwks() {
      await fresh();
      return {
        keys: rows.map(({ kid, public_jwk: { kty, crv, x } }) => ({
          kty,
          crv,
          x,
          kid,
          alg: signingAlgorithm,
          use: "sig",
        })),
      };
    },
    rotate: () => add(new Date(Date.now() + publishedAhead), "always"),
    async maintain() {
      await ask(pool, "delete from reelbench.signing_keys where verifies_until < now() - interval '1 day'");
      await readOnce();
      const newest = rows[0];
      if (newest !== undefined && Date.now() - newest.signs_from.getTime() > rotateAfter)
        await add(new Date(Date.now() + publishedAhead), "always");
    },
  };
}
