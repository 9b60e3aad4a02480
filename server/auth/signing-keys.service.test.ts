import { randomBytes } from "node:crypto";
import { expect, it, onTestFinished, vi } from "vitest";
import { createProductionPool } from "../../core/production/database.ts";
import { migrate } from "../../core/production/migrate.ts";
import { freshDatabase } from "../../e2e/services/services.ts";
import { masterKeysText } from "../secrets/master-keys.ts";
import { createVault } from "../secrets/vault.ts";
import { createSigningKeys } from "./signing-keys.ts";

it("knows the first key as soon as another replica signs with it, whatever it read just before", async () => {
  const database = await freshDatabase();
  const pool = createProductionPool({ url: database.url, applicationName: "test", connections: 4 });
  onTestFinished(async () => {
    await pool.end();
    await database.drop();
  });
  await migrate(pool);
  const masterKeys = masterKeysText.parse(`m1:${randomBytes(32).toString("base64")}`);
  const replica = () => createSigningKeys(pool, createVault(pool, masterKeys), 600);
  const [alpha, beta, gamma] = [replica(), replica(), replica()];
  expect((await beta.jwks()).keys).toEqual([]);
  expect((await gamma.jwks()).keys).toEqual([]);
  const { kid } = await alpha.signer();
  // Many at once, as a client sends them.
  const found = await Promise.all([kid, kid, kid].map((each) => beta.verifier(each)));
  expect(found.map((key) => key !== null)).toEqual([true, true, true]);
  // Tokens that nobody signed do not make it look again and again.
  expect(await gamma.verifier("nobody's")).toBeNull();
  const asked = vi.spyOn(pool, "query");
  for (let n = 0; n < 20; n++) expect(await gamma.verifier(`nobody's ${String(n)}`)).toBeNull();
  expect(asked).not.toHaveBeenCalled();
});
