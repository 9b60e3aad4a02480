import type { Pool } from "pg";
import { createAccessTokens } from "../auth/access-tokens.ts";
import type { AccessTokens } from "../auth/access-tokens.ts";
import { createSigningKeys } from "../auth/signing-keys.ts";
import type { SigningKeys } from "../auth/signing-keys.ts";
import type { AccountsConfig } from "../config.ts";
import { createVault } from "../secrets/vault.ts";
import type { Vault } from "../secrets/vault.ts";
import { createAccounts } from "./accounts.ts";
import type { Accounts } from "./accounts.ts";
import { createPasswordHasher } from "./password-hasher.ts";

/** All that accounts need, where the environment has a master key. */
export interface AccountServices {
  readonly accounts: Accounts;
  readonly tokens: AccessTokens;
  readonly signingKeys: SigningKeys;
  readonly vault: Vault;
  readonly registration: "open" | "closed";
  close(): Promise<void>;
}

export function createAccountServices(pool: Pool, config: AccountsConfig): AccountServices {
  const vault = createVault(pool, config.masterKeys);
  const signingKeys = createSigningKeys(pool, vault, config.accessTokenSeconds);
  const tokens = createAccessTokens({
    keys: signingKeys,
    issuer: config.issuer,
    lifeSeconds: config.accessTokenSeconds,
  });
  const hasher = createPasswordHasher();
  const accounts = createAccounts({
    pool,
    vault,
    hasher,
    tokens,
    days: { token: config.refreshDays, session: config.sessionDays },
  });
  return { accounts, tokens, signingKeys, vault, registration: config.registration, close: () => hasher.close() };
}
