import { randomBytes, randomUUID } from "node:crypto";
import { SignJWT, createRemoteJWKSet, generateKeyPair, jwtVerify } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { insertExposures } from "../../core/production/exposures.ts";
import { createClient } from "../../e2e/services/http-client.ts";
import type { Client } from "../../e2e/services/http-client.ts";
import { serverConfig, servingTarget, smallVersion } from "../../e2e/services/serving-target.ts";
import type { ServingTarget } from "../../e2e/services/serving-target.ts";
import { freshDatabase, redisUrl } from "../../e2e/services/services.ts";
import type { FreshDatabase } from "../../e2e/services/services.ts";
import type { ServerConfig } from "../config.ts";
import { masterKeysText } from "../secrets/master-keys.ts";
import { resealAll } from "../secrets/reseal.ts";
import { createVault } from "../secrets/vault.ts";
import { startServer } from "../start-server.ts";
import type { RunningServer } from "../start-server.ts";
import { createAccountServices } from "./account-services.ts";

const masterKeys = masterKeysText.parse(`m1:${randomBytes(32).toString("base64")}`);
const accountsConfig: NonNullable<ServerConfig["accounts"]> = {
  masterKeys,
  issuer: "urn:test",
  accessTokenSeconds: 600,
  refreshDays: 30,
  sessionDays: 90,
  registration: "open",
};
const password = "correct horse battery staple";
const world = smallVersion("v1", { seed: 7 });

let database: FreshDatabase;
let target: ServingTarget;
let server: RunningServer;
let open: Client;

beforeAll(async () => {
  database = await freshDatabase();
  target = await servingTarget(database.url);
  await target.upload(world);
  await target.activate("v1");
  server = await startServer(serverConfig(database.url, { redisUrl: redisUrl(), accounts: accountsConfig }));
  open = createClient(server.url, null);
});
afterAll(async () => {
  await server.close();
  await target.close();
  await database.drop();
});

let count = 0;
const newEmail = () => `person${count++}@example.org`;

async function register(email = newEmail()): Promise<{ email: string; accountId: string }> {
  const { status, text } = await open.post("/v1/accounts", { email, password, name: "Ada" });
  expect([status, text]).toEqual([201, expect.any(String)]);
  return JSON.parse(text) as { email: string; accountId: string };
}

interface Login {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly account: { readonly accountId: string };
}

async function login(email: string): Promise<Login> {
  const { status, text } = await open.post("/v1/sessions", { email, password });
  expect(status).toBe(201);
  return JSON.parse(text) as Login;
}

const as = ({ accessToken }: Pick<Login, "accessToken">) => createClient(server.url, accessToken);

async function newcomer(): Promise<{ email: string; login: Login; client: Client; accountId: string }> {
  const { email, accountId } = await register();
  const session = await login(email);
  return { email, login: session, client: as(session), accountId };
}

async function administrator(): Promise<Client> {
  const services = createAccountServices(target.pool, accountsConfig);
  const email = newEmail();
  await services.accounts.register(
    { email, password, name: null, role: "admin" },
    { actor: { kind: "console", id: null }, requestId: null },
  );
  await services.close();
  return as(await login(email));
}

describe("registering", () => {
  it("gives an account that can log in, whatever the case of the address", async () => {
    const { email, accountId } = await register();
    const session = await login(email.toUpperCase());
    expect(session.account.accountId).toBe(accountId);
    const me = JSON.parse((await as(session).get("/v1/me")).text) as Record<string, unknown>;
    expect(me).toMatchObject({ accountId, email, name: "Ada", role: "user", state: "active", dataUserId: null });
    expect(JSON.stringify(me)).not.toMatch(/argon2|hash/);
  });

  it("refuses a second account for the same address", async () => {
    const { email } = await register();
    const { problem } = await open.post("/v1/accounts", { email: ` ${email}`.trim().toUpperCase(), password });
    expect(problem).toMatchObject({ status: 409, code: "RB_CONFLICT" });
  });

  it.each([
    ["short", "Xk4!"],
    ["common", "password1234"],
    ["made of the person's own details", "ada.lovelace1815"],
  ])("refuses a password that is %s, naming the field", async (_why, weak) => {
    const { problem } = await open.post("/v1/accounts", { email: "ada.lovelace@example.org", password: weak });
    expect(problem).toMatchObject({ status: 400, errors: [{ in: "body", path: "password" }] });
  });

  it("lets exactly one of many that ask for the same address at once have it", async () => {
    const email = newEmail();
    const answers = await Promise.all(Array.from({ length: 6 }, () => open.post("/v1/accounts", { email, password })));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409, 409, 409, 409, 409]);
  });

  it("keeps neither address, name nor password readable in the database", async () => {
    const { email } = await register(`secret.agent${count++}@example.org`);
    const { rows } = await target.pool.query<{ text: string }>(
      "select row_to_json(a)::text as text from reelbench.accounts a union all select row_to_json(l)::text from reelbench.audit_log l",
    );
    const dump = rows.map(({ text }) => text).join("\n");
    const asHex = (text: string) => Buffer.from(text, "utf8").toString("hex");
    for (const secret of [email, "secret.agent", "Ada", password]) {
      expect(dump).not.toContain(secret);
      if (secret.length > 3) expect(dump).not.toContain(asHex(secret));
    }
  });
});

describe("access tokens", () => {
  it("are verified by anybody with the published keys", async () => {
    const { login: session, accountId } = await newcomer();
    const keys = createRemoteJWKSet(new URL("/.well-known/jwks.json", server.url));
    const { payload, protectedHeader } = await jwtVerify(session.accessToken, keys, {
      issuer: "urn:test",
      audience: "reelbench",
    });
    expect(payload).toMatchObject({ sub: accountId, role: "user" });
    expect(protectedHeader).toMatchObject({ alg: "EdDSA", typ: "at+jwt" });
    expect(await (await fetch(`${server.url}/.well-known/jwks.json`)).text()).not.toContain('"d"');
  });

  it("that are forged, foreign, altered or without a signature are refused", async () => {
    const { login: session, accountId } = await newcomer();
    const [header = "", payload = "", signature = ""] = session.accessToken.split(".");
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as Record<string, unknown>;
    const { privateKey } = await generateKeyPair("Ed25519");
    const { kid } = JSON.parse(Buffer.from(header, "base64url").toString()) as { kid: string };
    const sign = (change: Record<string, unknown>) =>
      new SignJWT({ ...claims, ...change }).setProtectedHeader({ alg: "EdDSA", typ: "at+jwt", kid }).sign(privateKey);
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const forged = [
      await sign({}),
      await sign({ role: "admin" }),
      `${header}.${encode({ ...claims, role: "admin" })}.${signature}`,
      `${encode({ alg: "none", typ: "at+jwt", kid })}.${payload}.`,
      `${encode({ alg: "HS256", typ: "at+jwt", kid })}.${payload}.${signature}`,
      `${encode({ alg: "EdDSA", typ: "JWT", kid })}.${payload}.${signature}`,
      `${header}.${payload}.${signature.slice(0, -4)}AAAA`,
      `${header}.${payload}`,
      "a.b.c",
      session.refreshToken,
    ];
    for (const token of forged) {
      const { status } = await createClient(server.url, token).get("/v1/me");
      expect([token.slice(-20), status]).toEqual([token.slice(-20), 401]);
    }
    expect(accountId).toBe(claims["sub"]);
  });

  it("of another issuer with the same keys are refused", async () => {
    const { email } = await register();
    const elsewhere = createAccountServices(target.pool, { ...accountsConfig, issuer: "urn:elsewhere" });
    const { accessToken } = await elsewhere.accounts.login({ email, password }, "r");
    await elsewhere.close();
    expect((await createClient(server.url, accessToken).get("/v1/me")).status).toBe(401);
  });

  it("expire", async () => {
    const { email } = await register();
    const hasty = createAccountServices(target.pool, { ...accountsConfig, accessTokenSeconds: -10 });
    const { accessToken } = await hasty.accounts.login({ email, password }, "r");
    await hasty.close();
    const { problem } = await createClient(server.url, accessToken).get("/v1/me");
    expect(problem).toMatchObject({ status: 401, detail: "The access token has expired." });
  });

  it("go on working when the signing key is replaced, and so do refreshes", async () => {
    const { login: session, client } = await newcomer();
    const admin = await administrator();
    const { status, text } = await admin.send("POST", "/v1/admin/signing-keys/rotate");
    expect(status).toBe(200);
    const { kid } = JSON.parse(text) as { kid: string };
    expect((await client.get("/v1/me")).status).toBe(200);
    const jwks = JSON.parse((await open.get("/.well-known/jwks.json")).text) as { keys: { kid: string }[] };
    expect(jwks.keys.map((key) => key.kid)).toContain(kid);
    const next = await open.post("/v1/sessions/refresh", { refreshToken: session.refreshToken });
    expect(next.status).toBe(200);
    const refreshed = JSON.parse(next.text) as Login;
    expect((await as(refreshed).get("/v1/me")).status).toBe(200);
    // Published before it signs: nobody meets a token of a key they have not had the time to fetch.
    const header = JSON.parse(Buffer.from(refreshed.accessToken.split(".")[0] ?? "", "base64url").toString()) as {
      kid: string;
    };
    expect(header.kid).not.toBe(kid);
  });
});

describe("sessions", () => {
  it("are refreshed with a new token each time", async () => {
    const { login: first } = await newcomer();
    const next = JSON.parse(
      (await open.post("/v1/sessions/refresh", { refreshToken: first.refreshToken })).text,
    ) as Login;
    expect(next.refreshToken).not.toBe(first.refreshToken);
    expect((await as(next).get("/v1/me")).status).toBe(200);
  });

  it("end when a refresh token comes a second time, for the thief and the owner alike", async () => {
    const { login: first, client, accountId } = await newcomer();
    const stolen = first.refreshToken;
    const owner = JSON.parse((await open.post("/v1/sessions/refresh", { refreshToken: stolen })).text) as Login;
    expect((await open.post("/v1/sessions/refresh", { refreshToken: stolen })).status).toBe(401);
    expect((await open.post("/v1/sessions/refresh", { refreshToken: owner.refreshToken })).status).toBe(401);
    await expect.poll(async () => (await client.get("/v1/me")).status, { timeout: 15_000, interval: 300 }).toBe(401);
    const { rows } = await target.pool.query(
      "select from reelbench.audit_log where subject = $1 and details ->> 'reason' = 'reuse'",
      [accountId],
    );
    expect(rows).toHaveLength(1);
  });

  it("of two that refresh with one token at the same moment, at most one gets on", async () => {
    const { login: first } = await newcomer();
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => open.post("/v1/sessions/refresh", { refreshToken: first.refreshToken })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it("end by logging out, at once on this server", async () => {
    const { login: session, client } = await newcomer();
    expect((await client.send("DELETE", "/v1/sessions/current")).status).toBe(204);
    expect((await client.get("/v1/me")).status).toBe(401);
    expect((await open.post("/v1/sessions/refresh", { refreshToken: session.refreshToken })).status).toBe(401);
  });

  it("are listed, and one can end another", async () => {
    const { email, client } = await newcomer();
    const other = await login(email);
    const list = JSON.parse((await client.get("/v1/me/sessions")).text) as {
      sessions: { sessionId: string; current: boolean }[];
    };
    expect(list.sessions).toHaveLength(2);
    const rest = list.sessions.find(({ current }) => !current);
    expect((await client.send("DELETE", `/v1/me/sessions/${rest?.sessionId ?? ""}`)).status).toBe(204);
    expect((await as(other).get("/v1/me")).status).toBe(401);
    expect((await client.get("/v1/me")).status).toBe(200);
  });

  it("of somebody else cannot be ended", async () => {
    const [one, two] = [await newcomer(), await newcomer()];
    const list = JSON.parse((await one.client.get("/v1/me/sessions")).text) as { sessions: { sessionId: string }[] };
    const path = `/v1/me/sessions/${list.sessions[0]?.sessionId ?? ""}`;
    expect((await two.client.send("DELETE", path)).status).toBe(404);
    expect((await one.client.get("/v1/me")).status).toBe(200);
  });
});

describe("wrong passwords", () => {
  it("are answered alike with and without an account, and slowed down after five", async () => {
    const { email } = await register();
    for (const address of [email, newEmail()]) {
      const answers = [];
      for (let n = 0; n < 7; n++)
        answers.push(await open.post("/v1/sessions", { email: address, password: `no ${n}` }));
      expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 429, 429]);
      expect(answers[0]?.problem.detail).toBe("The e-mail address or the password is wrong.");
      expect(Number(answers[5]?.headers.get("retry-after"))).toBeGreaterThanOrEqual(28);
    }
    // Not even the right one is looked at meanwhile.
    expect((await open.post("/v1/sessions", { email, password })).status).toBe(429);
    await target.pool.query("update reelbench.login_failures set locked_until = now()");
    expect((await open.post("/v1/sessions", { email, password })).status).toBe(201);
  });
});

describe("my own account", () => {
  it("changes its name and preferences, and says so in the next list", async () => {
    const { client } = await newcomer();
    const before = (await client.get("/v1/me/recommendations?n=5")).body;
    expect(before.basis).toBe("popularity");
    const change = { name: null, preferences: { genres: ["Noir"], avoidGenres: ["Action"] } };
    expect((await client.send("PATCH", "/v1/me", change)).status).toBe(200);
    const after = (await client.get("/v1/me/recommendations?n=5")).body;
    expect(after.basis).toBe("preferences");
    for (const { genres } of after.items) {
      expect(genres).toContain("Noir");
      expect(genres).not.toContain("Action");
    }
  });

  it("counts its own ratings in the next answer, and those of no user of the data with the same name", async () => {
    const { client, accountId } = await newcomer();
    const rated = { itemId: "film-003", kind: "rating", rating: 5 };
    expect((await client.post("/v1/me/feedback", { events: [rated] })).status).toBe(200);
    const mine = (await client.get("/v1/me/recommendations?n=60")).body;
    expect(mine).toMatchObject({ basis: "fold-in", ratingsUsed: 1 });
    expect(mine.items.map(({ itemId }) => itemId)).not.toContain("film-003");
    const service = createClient(server.url, await target.key("recommend"));
    expect((await service.get(`/v1/users/${accountId}/recommendations`)).body.basis).toBe("popularity");
  });

  it("inherits a history only by an operator's link", async () => {
    const { client, accountId } = await newcomer();
    const admin = await administrator();
    const link = { dataUserId: "user-04" };
    expect((await client.send("PUT", `/v1/admin/accounts/${accountId}/link`, link)).status).toBe(403);
    expect((await admin.send("PUT", `/v1/admin/accounts/${accountId}/link`, link)).status).toBe(200);
    const mine = (await client.get("/v1/me/recommendations?n=8")).body;
    const service = createClient(server.url, await target.key("recommend"));
    const theirs = (await service.get("/v1/users/user-04/recommendations?n=8")).body;
    expect(mine.basis).toBe("personal");
    expect(mine.items).toEqual(theirs.items);
    // Nobody else can be the same user of the data; the link is free again once it is taken away.
    const path = `/v1/admin/accounts/${(await newcomer()).accountId}/link`;
    expect((await admin.send("PUT", path, link)).problem).toMatchObject({ status: 409, code: "RB_CONFLICT" });
    await admin.send("PUT", `/v1/admin/accounts/${accountId}/link`, { dataUserId: null });
    expect((await admin.send("PUT", path, link)).status).toBe(200);
  });

  it("changes its password, which ends all other sessions and needs the old one", async () => {
    const { email, client } = await newcomer();
    const other = await login(email);
    const newPassword = "seven purple elephants juggling";
    const change = (currentPassword: string) => client.send("PUT", "/v1/me/password", { currentPassword, newPassword });
    expect((await change("not the password")).status).toBe(401);
    expect((await change(password)).status).toBe(204);
    expect((await as(other).get("/v1/me")).status).toBe(401);
    expect((await client.get("/v1/me")).status).toBe(200);
    expect((await open.post("/v1/sessions", { email, password })).status).toBe(401);
    expect((await open.post("/v1/sessions", { email, password: newPassword })).status).toBe(201);
  });

  it("exports all there is, and deletes it", async () => {
    const { email, client, accountId } = await newcomer();
    await client.post("/v1/me/feedback", { events: [{ itemId: "film-007", kind: "rating", rating: 4 }] });
    const shown = { version: "v1", itemIds: ["film-003", "film-001"] };
    await insertExposures(target.pool, [
      {
        id: randomUUID(),
        shownAt: Date.now(),
        list: {
          namespace: "account",
          userId: accountId,
          channel: "production",
          basis: "personal",
          assignment: null,
          firstRank: 1,
          ...shown,
        },
      },
    ]);
    const everything = JSON.parse((await client.get("/v1/me/export")).text) as Record<string, unknown>;
    expect(everything).toMatchObject({
      account: { email, accountId },
      feedback: [{ itemId: "film-007", kind: "rating", value: 4 }],
      shown: [shown],
      sessions: [{ current: true }],
    });
    expect((await client.send("DELETE", "/v1/me", { password: "wrong one" })).status).toBe(401);
    expect((await client.send("DELETE", "/v1/me", { password })).status).toBe(204);
    expect((await client.get("/v1/me")).status).toBe(401);
    expect((await open.post("/v1/sessions", { email, password })).status).toBe(401);
    const { rows } = await target.pool.query(
      "select user_id from reelbench.feedback where user_id = $1 union all select user_id from reelbench.exposures where user_id = $1 union all select id::text from reelbench.accounts where id = $2",
      [accountId, accountId],
    );
    expect(rows).toEqual([]);
    // The same address may come again, as somebody new.
    expect((await register(email)).accountId).not.toBe(accountId);
  });
});

describe("administration", () => {
  it("changes roles and suspends, in force at once on this server", async () => {
    const admin = await administrator();
    const { client, accountId, email } = await newcomer();
    expect((await client.get("/v1/versions")).status).toBe(403);
    await admin.send("PATCH", `/v1/admin/accounts/${accountId}`, { role: "analyst" });
    expect((await client.get("/v1/versions")).status).toBe(200);
    await admin.send("PATCH", `/v1/admin/accounts/${accountId}`, { state: "suspended" });
    expect((await client.get("/v1/me")).status).toBe(401);
    expect((await open.post("/v1/sessions", { email, password })).status).toBe(403);
    await admin.send("PATCH", `/v1/admin/accounts/${accountId}`, { state: "active" });
    expect((await open.post("/v1/sessions", { email, password })).status).toBe(201);
  });

  it("never takes away the last administrator", async () => {
    await target.pool.query("update reelbench.accounts set role = 'user' where role = 'admin'");
    const admin = await administrator();
    const { accountId } = JSON.parse((await admin.get("/v1/me")).text) as { accountId: string };
    for (const change of [{ role: "user" }, { state: "suspended" }])
      expect((await admin.send("PATCH", `/v1/admin/accounts/${accountId}`, change)).problem.code).toBe("RB_CONFLICT");
    expect((await admin.send("DELETE", "/v1/me", { password })).problem.code).toBe("RB_CONFLICT");
  });

  it("does not let a key raise anybody above a user", async () => {
    const key = createClient(server.url, await target.key("accounts"));
    const body = { email: newEmail(), password, role: "admin" };
    expect((await key.post("/v1/admin/accounts", body)).status).toBe(403);
    expect((await key.post("/v1/admin/accounts", { ...body, role: "user" })).status).toBe(201);
    const { accountId } = await register();
    expect((await key.send("PATCH", `/v1/admin/accounts/${accountId}`, { role: "operator" })).status).toBe(403);
    const above = JSON.parse((await (await administrator()).get("/v1/me")).text) as { accountId: string };
    for (const change of [{ role: "user" }, { state: "suspended" }])
      expect((await key.send("PATCH", `/v1/admin/accounts/${above.accountId}`, change)).status).toBe(403);
    expect((await key.send("DELETE", `/v1/admin/accounts/${above.accountId}`)).status).toBe(403);
    expect((await key.send("DELETE", `/v1/admin/accounts/${accountId}`)).status).toBe(204);
  });

  it("pages through all accounts once", async () => {
    const admin = await administrator();
    const seen: string[] = [];
    for (let after: string | null = null, pages = 0; pages < 50; pages++) {
      const page = JSON.parse(
        (await admin.get(`/v1/admin/accounts?limit=3${after === null ? "" : `&after=${after}`}`)).text,
      ) as { accounts: { accountId: string }[]; next: string | null };
      seen.push(...page.accounts.map((account) => account.accountId));
      after = page.next;
      if (after === null) break;
    }
    const { rows } = await target.pool.query<{ count: string }>("select count(*) from reelbench.accounts");
    expect(seen).toHaveLength(Number(rows[0]?.count));
    expect(new Set(seen).size).toBe(seen.length);
  });

  it("makes keys that work, shows them once, and revokes them", async () => {
    const admin = await administrator();
    const made = await admin.post("/v1/admin/keys", { name: "shop", scopes: ["recommend"] });
    const { key, keyId } = JSON.parse(made.text) as { key: string; keyId: string };
    const shop = createClient(server.url, key);
    expect((await shop.get("/v1/users/user-01/recommendations")).status).toBe(200);
    expect((await admin.get("/v1/admin/keys")).text).not.toContain(key);
    expect((await admin.send("DELETE", `/v1/admin/keys/${keyId}`)).status).toBe(204);
    await expect
      .poll(async () => (await shop.get("/v1/users/user-01/recommendations")).status, { timeout: 15_000 })
      .toBe(401);
  });

  it("leaves an audit log that nobody changes", async () => {
    const admin = await administrator();
    const { accountId } = await register();
    await admin.send("PATCH", `/v1/admin/accounts/${accountId}`, { role: "service" });
    const log = JSON.parse((await admin.get(`/v1/admin/audit?about=${accountId}`)).text) as {
      entries: { action: string; actor: { kind: string } }[];
    };
    expect(log.entries.map(({ action }) => action)).toEqual(["change-account", "register"]);
    await expect(target.pool.query("update reelbench.audit_log set action = 'x'")).rejects.toThrow(/only ever added/);
    await expect(target.pool.query("delete from reelbench.audit_log")).rejects.toThrow(/only ever added/);
  });
});

describe("secrets", () => {
  it("are sealed anew under a fresh data key and another master key, and open afterwards", async () => {
    const { email } = await register();
    const both = masterKeysText.parse(
      `m2:${randomBytes(32).toString("base64")},m1:${masterKeys.current.key.toString("base64")}`,
    );
    const vault = createVault(target.pool, both);
    await vault.rotateDataKey();
    expect(await resealAll(target.pool, vault)).toBeGreaterThan(1);
    expect(await resealAll(target.pool, vault)).toBe(0);
    expect(await vault.rewrapDataKeys()).toBeGreaterThan(1);
    const onlyNew = masterKeysText.parse(`m2:${both.current.key.toString("base64")}`);
    const services = createAccountServices(target.pool, { ...accountsConfig, masterKeys: onlyNew });
    const session = await services.accounts.login({ email, password }, "r");
    expect(session.account.email).toBe(email);
    await services.close();
    // A server that has only the old master key says what is missing, instead of something about ciphers.
    await expect(createVault(target.pool, masterKeys).seal("x", "y")).rejects.toThrow(/master key "m2"/);
    // Back, so that the server of this file can go on.
    await createVault(
      target.pool,
      masterKeysText.parse(`m1:${masterKeys.current.key.toString("base64")},m2:${both.current.key.toString("base64")}`),
    ).rewrapDataKeys();
  });
});

describe("a server without master keys", () => {
  it("has no accounts and says what to set", async () => {
    const plain = await startServer(serverConfig(database.url));
    try {
      const client = createClient(plain.url, null);
      const { problem } = await client.post("/v1/accounts", { email: newEmail(), password });
      expect(problem).toMatchObject({ status: 501, code: "RB_NOT_CONFIGURED" });
      expect(problem.detail).toContain("REELBENCH_MASTER_KEYS");
    } finally {
      await plain.close();
    }
  });
});
