import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Pool } from "pg";
import { createClient } from "redis";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { freshDatabase, redisUrl } from "../../e2e/services/services.ts";
import type { FreshDatabase } from "../../e2e/services/services.ts";
import { nodeProcessHost } from "../jobs/process-host.ts";
import { artifactDigest } from "../production/artifacts.ts";
import { cachedRanking, rankingKey } from "../production/cache-keys.ts";
import { setHidden } from "../production/catalogue.ts";
import { createProductionPool } from "../production/database.ts";
import { findDeployment } from "../production/deployments.ts";
import { migrate } from "../production/migrate.ts";
import { lockPublisher } from "../production/publisher-lock.ts";
import { readBundleFiles } from "../training/bundle-folder.ts";
import { startBundledServer } from "./bundled-server.ts";
import { publicationOf } from "./publication.fixture.ts";
import { publish } from "./publish.ts";
import { rollback } from "./rollback.ts";
import { targetStatus } from "./target-status.ts";

let database: FreshDatabase;
let directory: string;
let pool: Pool;
let channel = "";
let seed = 100;
const target = () => ({ postgresUrl: database.url, redisUrl: null, channel });
const context = () => ({ signal: new AbortController().signal, onProgress: () => undefined });
const request = async (shape: Parameters<typeof publicationOf>[0] = { seed: ++seed }) =>
  publicationOf(shape, directory, target());

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "reelbench-faults-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));
beforeEach(async () => {
  database = await freshDatabase();
  pool = createProductionPool({ url: database.url, applicationName: "test" });
  channel = `faults-${++seed}`;
  return async () => {
    await pool.end();
    await database.drop();
  };
});

test("PUB-2: a byte that changes on the way to the disk is found by the target's own digest, and publishing again repairs it", async () => {
  const first = await publish(await request(), context());
  await pool.query(`
    create function damage() returns trigger language plpgsql as $$ begin
      if new.name = 'model.safetensors' then new.data := set_byte(new.data, octet_length(new.data) / 2, 255 - get_byte(new.data, octet_length(new.data) / 2)); end if;
      return new;
    end $$;
    create trigger damage before insert on reelbench.artifact_chunks for each row execute function damage();`);
  const second = await request();
  await expect(publish(second, context())).rejects.toMatchObject({ code: "RB_PUBLISH_CHECKSUM" });
  const status = await targetStatus(target());
  expect(status.active?.version).toBe(first.version);
  expect(status.versions.find(({ version }) => version !== first.version)?.state).toBe("failed");
  await pool.query("drop trigger damage on reelbench.artifact_chunks");
  const repaired = await publish(second, context());
  expect((await findDeployment(pool, channel))?.version).toBe(repaired.version);
});

test("PUB-2: a chunk row rewritten in SQL after it was ready is found when the publication goes on", async () => {
  const wanted = await request();
  const stop = new AbortController();
  await expect(
    publish(wanted, {
      signal: stop.signal,
      onProgress: ({ message }) => void (message.startsWith("Comparing with") && stop.abort()),
    }),
  ).rejects.toMatchObject({ code: "RB_CANCELLED" });
  const { rows } = await pool.query(
    "update reelbench.artifact_chunks set data = set_byte(data, 100, 255 - get_byte(data, 100)) where name = 'model.safetensors' returning version",
  );
  await expect(publish(wanted, context())).rejects.toMatchObject({ code: "RB_PUBLISH_CHECKSUM" });
  expect(await findDeployment(pool, channel)).toBeNull();
  const outcome = await publish(wanted, context());
  expect(outcome.version).toBe((rows[0] as { version: string }).version);
});

test("PUB-8: an artefact altered consistently, digests and all, passes every checksum and is stopped by the probe", async () => {
  const first = await publish(await request(), context());
  const wanted = await request();
  // What an attacker with the database would leave: another model's files, whole and well-formed, under this name.
  const evil = await request();
  const files = await readBundleFiles(evil.bundleDirectory);
  const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();
  const digest = artifactDigest(Array.from(files, ([name, bytes]) => ({ name, chunkHashes: [hash(bytes)] })));
  await pool.query("create table evil (name text, data bytea, sha256 bytea)");
  for (const [name, bytes] of files)
    await pool.query("insert into evil values ($1, $2, $3)", [name, bytes, hash(bytes)]);
  await pool.query(`
    create function swap() returns trigger language plpgsql as $$ begin
      update reelbench.artifact_files f set bytes = octet_length(e.data), chunks = 1 from evil e where f.version = new.version and f.name = e.name;
      update reelbench.artifact_chunks c set data = e.data, sha256 = e.sha256 from evil e where c.version = new.version and c.name = e.name;
      update reelbench.versions set sha256 = '${digest}', target_sha256 = '${digest}' where version = new.version;
      return new;
    end $$;
    create trigger swap before insert on reelbench.probe_rounds for each row execute function swap();`);
  await expect(publish(wanted, context())).rejects.toMatchObject({
    code: "RB_PUBLISH_PARITY",
    details: { parity: { answeredBy: "bundled", mismatches: wanted.probes } },
  });
  expect((await findDeployment(pool, channel))?.version).toBe(first.version);
});

test("PUB-7: while one publishes, another is told", async () => {
  const wanted = await request();
  await migrate(pool);
  const other = await lockPublisher(target().postgresUrl, channel, new AbortController().signal);
  await expect(publish(wanted, context())).rejects.toMatchObject({ code: "RB_CONFLICT" });
  expect((await targetStatus(target())).history).toHaveLength(0);
  await other.release();
  await publish(wanted, context());
  expect((await targetStatus(target())).history).toHaveLength(1);
});

test("PUB-7: of two publishers at once one publishes, and the other follows or is told", async () => {
  const [one, two] = [await request(), await request()];
  const outcomes = await Promise.allSettled([publish(one, context()), publish(two, context())]);
  // A publication that takes less than the patience for a lock lets the other follow; never do they mix.
  const published = outcomes.filter(({ status }) => status === "fulfilled");
  expect(published.length).toBeGreaterThan(0);
  for (const outcome of outcomes)
    if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ code: "RB_CONFLICT" });
  expect((await targetStatus(target())).history).toHaveLength(published.length);
});

test("PUB-7: a rollback during a publication wins, and the publication does not undo it", async () => {
  const one = await publish(await request(), context());
  const two = await publish(await request(), context());
  let rolledBack: Promise<unknown> | undefined;
  const third = publish(await request(), {
    signal: new AbortController().signal,
    onProgress: ({ message }) => {
      if (message === "Comparing checksums") rolledBack ??= rollback(target(), undefined, context());
    },
  });
  await expect(third).rejects.toMatchObject({ code: "RB_CONFLICT" });
  expect(await rolledBack).toMatchObject({ version: one.version, from: two.version });
  expect((await findDeployment(pool, channel))?.version).toBe(one.version);
});

test("PUB-7: losing the lock's connection stops the publication; it resumes", async () => {
  const wanted = await request();
  let cut: Promise<unknown> | undefined;
  const cutting = publish(wanted, {
    signal: new AbortController().signal,
    onProgress: ({ message }) => {
      if (message === "Comparing with the bundled server")
        cut ??= pool.query(
          "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name like '%(lock)'",
        );
    },
  });
  await expect(cutting).rejects.toMatchObject({ code: "RB_TARGET_UNREACHABLE" });
  await cut;
  expect(await findDeployment(pool, channel)).toBeNull();
  await publish(wanted, context());
});

test("a gate stops it before anything is sent; an override is kept with the version", async () => {
  await publish(await request({ seed: ++seed, ndcg: 0.4 }), context());
  const worse = await request({ seed: ++seed, ndcg: 0.3 });
  await expect(publish(worse, context())).rejects.toMatchObject({
    code: "RB_PUBLISH_GATE",
    message: expect.stringContaining("intervals do not overlap") as string,
  });
  expect((await targetStatus(target())).versions).toHaveLength(1);
  const outcome = await publish({ ...worse, overrideGates: true }, context());
  const { rows } = await pool.query(
    "select gate, passed, overridden from reelbench.gate_results where version = $1 and not passed",
    [outcome.version],
  );
  expect(rows).toEqual([{ gate: "metrics", passed: false, overridden: true }]);
});

test("PUB-9: the newest N are kept and can be gone back to", async () => {
  const versions: string[] = [];
  for (let n = 0; n < 4; n++)
    versions.push((await publish({ ...(await request()), keepVersions: 1 }, context())).version);
  const kept = (await targetStatus(target())).versions.map(({ version }) => version);
  expect(kept.toSorted()).toEqual(versions.slice(2).toSorted());
  await expect(rollback(target(), versions[0], context())).rejects.toMatchObject({ code: "RB_NOT_FOUND" });
  expect(await rollback(target(), undefined, context())).toMatchObject({ version: versions[2] });
});

test("PUB-6, PUB-8: live servers prove the candidate, go on serving meanwhile, and switch", async () => {
  const first = await publish(await request(), context());
  const address = { ...target(), redisUrl: null };
  const servers = await Promise.all(
    [1, 2].map(() => startBundledServer(nodeProcessHost, address, new AbortController().signal)),
  );
  try {
    const second = await publish(await request(), context());
    expect(second.parity).toMatchObject({ answeredBy: "live", servers: 2, compared: 24, mismatches: 0 });
    expect(second.servers).toEqual({ live: 2, switched: 2 });
    expect(await rollback(target(), undefined, context())).toMatchObject({
      version: first.version,
      servers: { live: 2, switched: 2 },
    });
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
});

test("PUB-11: what is hidden stays hidden, also in the rankings that are written ahead", async () => {
  const redis = createClient({ url: redisUrl() });
  await redis.connect();
  const wanted = { ...(await request()), target: { ...target(), redisUrl: redisUrl() } };
  const userId = [...(wanted.histories() as Iterable<{ userId: string }>)][0]?.userId ?? "";
  const read = async (version: string) =>
    cachedRanking.parse(
      JSON.parse((await redis.get(rankingKey(channel, version, { namespace: "data", userId }, 0))) ?? "null"),
    );
  const first = await publish(wanted, context());
  const before = await read(first.version);
  await setHidden(pool, channel, before.items.slice(0, 3), true);
  const second = await publish({ ...(await request()), target: wanted.target }, context());
  expect(second.parity).toMatchObject({ mismatches: 0 });
  const after = await read(second.version);
  for (const hidden of before.items.slice(0, 3)) expect(after.items).not.toContain(hidden);
  const { rows } = await pool.query("select count(*)::int as hidden from reelbench.items where hidden");
  expect(rows[0]).toEqual({ hidden: 3 });
  await redis.close();
});

test("Redis being away is a warning, not a failure", async () => {
  const outcome = await publish(
    { ...(await request()), target: { ...target(), redisUrl: "redis://:hush@127.0.0.1:9" } },
    context(),
  );
  expect(outcome.warnings.join(" ")).toMatch(/Redis cannot be reached/);
  expect(JSON.stringify(outcome)).not.toContain("hush");
});

test("an unreachable or refusing Postgres is told without its password", async () => {
  for (const [url, code] of [
    ["postgres://u:hush@127.0.0.1:9/films", "RB_TARGET_UNREACHABLE"],
    [database.url.replace(/:[^:@]+@/, ":hush@"), "RB_TARGET_LOGIN"],
  ] as const) {
    const thrown: unknown = await publish(
      { ...(await request()), target: { postgresUrl: url, redisUrl: null } },
      context(),
    ).catch((error: unknown) => error);
    expect(thrown).toMatchObject({ code });
    expect(String(thrown instanceof Error ? thrown.stack : thrown)).not.toContain("hush");
  }
});

test("the grants of docs/operations/database-roles.md are enough for a server, and let it publish nothing", async () => {
  const page = await readFile(new URL("../../docs/operations/database-roles.md", import.meta.url), "utf8");
  const grants =
    Array.from(page.matchAll(/```sql\n([\s\S]*?)```/g), ([, sql]) => sql ?? "").find((sql) =>
      sql.includes("create role reelbench_server"),
    ) ?? "";
  const role = `server_${channel.replaceAll("-", "_")}`;
  await publish(await request(), context());
  await pool.query(grants.replaceAll("reelbench_server", role).replace("'…'", "'weak'"));
  const url = new URL(database.url);
  url.username = role;
  url.password = "weak";
  const server = await startBundledServer(
    nodeProcessHost,
    { postgresUrl: url.href, redisUrl: null, channel },
    new AbortController().signal,
  );
  try {
    const second = await publish(await request(), context());
    expect(second).toMatchObject({ parity: { answeredBy: "live", servers: 1 }, servers: { live: 1, switched: 1 } });
    await expect(rollback({ ...target(), postgresUrl: url.href }, undefined, context())).rejects.toMatchObject({
      code: "RB_TARGET_SCHEMA",
    });
    await expect(
      publish({ ...(await request()), target: { ...target(), postgresUrl: url.href } }, context()),
    ).rejects.toMatchObject({ code: "RB_TARGET_SCHEMA" });
  } finally {
    await server.stop();
    await pool.query(`drop owned by ${role}; drop role ${role}`);
  }
});
