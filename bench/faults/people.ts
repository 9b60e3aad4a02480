import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { ask } from "./ask.ts";
import type { Replica } from "./replica.ts";
import type { Stage } from "./stage.ts";

/** Somebody with an account, as an application holds it. */
export interface Person {
  readonly accountId: string;
  accessToken: string;
  refreshToken: string;
  issuedAt: number;
}

/** A credential that may do nothing, from some moment of `performance.now()` on. */
export interface Refused {
  readonly why: string;
  readonly credential: string | null;
  readonly since: number;
  /** Whether a server that cannot ask Postgres goes on believing in it for a while (documented), and one whose clock is wrong does. */
  readonly believedWithoutPostgres: boolean;
  readonly endsByClock: boolean;
}

/** Who asks: keys, accounts, and those who should not be let in. */
export interface People {
  readonly persons: readonly Person[];
  readonly reader: string;
  readonly writer: string;
  readonly operator: string;
  readonly refused: readonly Refused[];
  /** A key that both servers have seen, revoked now. */
  retireKey(): Promise<void>;
  /** A session that both servers have seen, ended now by a logout. */
  retireSession(replicas: readonly Replica[]): Promise<void>;
  /** New tokens for those whose are getting old. */
  refresh(replica: Replica): Promise<void>;
}

const patientAttempts = 5;
const loggedIn = z.object({ accessToken: z.string(), refreshToken: z.string() });
const password = "correct horse battery staple, twice";
/** Of ten minutes. */
const oldToken = 4 * 60_000;
const rememberedRefusals = 40;

export async function gatherPeople(stage: Stage): Promise<People> {
  const reader = await stage.key(["recommend"]);
  const writer = await stage.key(["feedback"]);
  const operator = await stage.key(["operate"]);
  const [first] = stage.replicas;
  if (first === undefined) throw new Error("There is no server.");
  const refused: Refused[] = [
    { why: "no credentials", credential: null, since: 0, believedWithoutPostgres: false, endsByClock: false },
    {
      why: "an invented key",
      credential: `rb_${randomBytes(32).toString("base64url")}`,
      since: 0,
      believedWithoutPostgres: false,
      endsByClock: false,
    },
    { why: "a key for feedback", credential: writer.key, since: 0, believedWithoutPostgres: false, endsByClock: false },
  ];
  const spares: { readonly id: string; readonly key: string }[] = [];
  const retire = (each: Refused) => {
    refused.push(each);
    if (refused.length > rememberedRefusals) refused.splice(3, 1);
  };

  /** Hashing a password may have to wait on a busy machine: what is refused for now is asked again. */
  async function post(path: string, email: string): Promise<string> {
    for (let attempt = 1; ; attempt++) {
      const body = { email, password };
      const { status, text } = await ask(first as Replica, { method: "POST", path, credential: null, body });
      // The account may be there though its answer was lost.
      if (status === 201 || (status === 409 && attempt > 1)) return text;
      if (attempt === patientAttempts || (status !== 503 && status !== 0))
        throw new Error(`POST ${path} was answered with ${status}: ${text}`);
      await sleep(1000 * attempt);
    }
  }

  async function login(email: string): Promise<Person> {
    const text = await post("/v1/sessions", email);
    const { accessToken, refreshToken } = loggedIn.parse(JSON.parse(text));
    const accountId = z
      .object({ sub: z.string() })
      .parse(JSON.parse(Buffer.from(accessToken.split(".")[1] ?? "", "base64url").toString())).sub;
    return { accountId, accessToken, refreshToken, issuedAt: performance.now() };
  }

  async function join(email: string): Promise<Person> {
    await post("/v1/accounts", email);
    return login(email);
  }

  const persons: Person[] = [];
  for (let n = 0; n < 3; n++) persons.push(await join(`person-${n}@example.org`));
  await join("leaving@example.org");
  const [someone] = persons;
  if (someone !== undefined)
    retire({
      why: "a token signed by somebody else",
      credential: forge(someone.accessToken),
      since: 0,
      believedWithoutPostgres: false,
      endsByClock: false,
    });
  const soon = new Date(Date.now() + 20_000);
  const shortLived = await stage.key(["recommend"], soon);
  retire({
    why: "an expired key",
    credential: shortLived.key,
    since: performance.now() + 20_000,
    believedWithoutPostgres: false,
    endsByClock: true,
  });

  return {
    persons,
    reader: reader.key,
    writer: writer.key,
    operator: operator.key,
    refused,
    async retireKey() {
      const next = await stage.key(["recommend"]);
      for (const replica of stage.replicas)
        if (replica.inRotation)
          await ask(replica, { path: "/v1/users/user-000/recommendations?n=5", credential: next.key });
      spares.push(next);
      await stage.revoke(next.id);
      retire({
        why: "a revoked key",
        credential: next.key,
        since: performance.now(),
        believedWithoutPostgres: true,
        endsByClock: false,
      });
    },
    async retireSession(replicas) {
      const { accessToken } = await login("leaving@example.org");
      for (const replica of replicas)
        await ask(replica, { path: "/v1/me/recommendations?n=5", credential: accessToken });
      const [at] = replicas;
      if (at === undefined) return;
      const { status } = await ask(at, { method: "DELETE", path: "/v1/sessions/current", credential: accessToken });
      if (status !== 204) return;
      retire({
        why: "a session that was left",
        credential: accessToken,
        since: performance.now(),
        believedWithoutPostgres: true,
        endsByClock: false,
      });
    },
    async refresh(replica) {
      for (const person of persons) {
        if (performance.now() - person.issuedAt < oldToken) continue;
        const { status, text } = await ask(replica, {
          method: "POST",
          path: "/v1/sessions/refresh",
          credential: null,
          body: { refreshToken: person.refreshToken },
        });
        if (status !== 200) throw new Error(`Refreshing a session was answered with ${status}: ${text}`);
        Object.assign(person, loggedIn.parse(JSON.parse(text)), { issuedAt: performance.now() });
        await sleep(1);
      }
    },
  };
}

/** The same claims under the same key's name, signed with another key. */
function forge(token: string): string {
  const [head = "", claims = ""] = token.split(".");
  const { privateKey } = generateKeyPairSync("ed25519");
  const signature = sign(null, Buffer.from(`${head}.${claims}`), privateKey).toString("base64url");
  return `${head}.${claims}.${signature}`;
}
