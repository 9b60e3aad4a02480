/**
 * Kills the publisher (SIGKILL) at random moments of a publication to a real Postgres that a live server serves from, and
 * checks after each what `core/production/SPEC.md` promises:
 *   node bench/kill-publisher.ts [--kills 50] [--seed S] [--minutes 10]
 * PUB-2, 3, 4 by asking the database; PUB-10 by asking the server, which must answer with the version before or the new one;
 * PUB-5 by publishing the same again, which must complete and send nothing twice. Exits with 1 on any violation, with 2 when the time was over first.
 */
import { fork } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createProductionPool } from "../core/production/database.ts";
import { findDeployment } from "../core/production/deployments.ts";
import { nodeProcessHost } from "../core/jobs/process-host.ts";
import { startBundledServer } from "../core/publish/bundled-server.ts";
import { publicationOf } from "../core/publish/publication.fixture.ts";
import type { Shape } from "../core/publish/publication.fixture.ts";
import { publish } from "../core/publish/publish.ts";
import { startPostgres } from "../e2e/services/start-postgres.ts";
import { limitTime, verdictOf } from "./time-limit.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "50" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    minutes: { type: "string", default: "10" },
  },
});
const begun = performance.now();
const say = (line: string) => void process.stdout.write(`${line}\n`);
const channel = "kills";
const violations: string[] = [];
const folder = await mkdtemp(join(tmpdir(), "reelbench-kill-publisher-"));
const postgres = await startPostgres();
const pool = createProductionPool({ url: postgres.url, applicationName: "kill-publisher" });
const target = { postgresUrl: postgres.url, redisUrl: null, channel };

limitTime(Number(values.minutes) + 3, () => postgres.stop());

interface Ended {
  readonly type: string;
  /** The last thing that it said it was doing. */
  readonly doing: string;
  readonly version: string | null;
  readonly milliseconds: number;
}

/** A publication in a process of its own, killed `killAfter` milliseconds after it began to work. */
function publishInProcess(shape: Shape, directory: string, killAfter: number | null): Promise<Ended> {
  const child = fork(
    fileURLToPath(new URL("../core/publish/publisher.fixture.ts", import.meta.url)),
    [JSON.stringify({ shape, directory, target })],
    { stdio: ["ignore", "ignore", "inherit", "ipc"] },
  );
  let last: { type: string; message?: string; version?: string } = { type: "none" };
  let doing = "starting";
  let started: number | null = null;
  child.on("message", (message: typeof last) => {
    last = message;
    doing = message.message ?? doing;
    if (started !== null) return;
    started = performance.now();
    if (killAfter !== null) setTimeout(() => child.kill("SIGKILL"), killAfter);
  });
  return new Promise((resolve) =>
    child.once("exit", () =>
      resolve({
        type: last.type,
        doing,
        version: last.version ?? null,
        milliseconds: performance.now() - (started ?? performance.now()),
      }),
    ),
  );
}

/** PUB-2, PUB-3, PUB-4 and PUB-6, as the database has them. */
async function checkDatabase(when: string): Promise<void> {
  const { rows } = await pool.query<Record<string, number>>(`select
    (select count(*)::int from reelbench.versions where state in ('ready', 'active', 'retired') and target_sha256 is distinct from sha256) as "PUB-2",
    (select count(*)::int from reelbench.versions v where v.state = 'active'
       and not exists (select from reelbench.deployments d where d.active_version = v.version)) as "PUB-4 active, not live",
    (select count(*)::int from reelbench.deployments d join reelbench.versions v on v.version = d.active_version where v.state <> 'active') as "PUB-4 live, not active",
    (select count(*)::int from reelbench.deployments d where not exists
       (select from reelbench.deployment_history h where h.channel = d.channel and h.epoch = d.epoch and h.version = d.active_version)) as "PUB-6",
    (select count(*)::int from reelbench.deployment_history h join reelbench.deployments d using (channel) where h.epoch > d.epoch) as "PUB-6 history ahead"`);
  for (const [rule, count] of Object.entries(rows[0] ?? {}))
    if (count !== 0) violations.push(`${when}: ${rule}: ${count}`);
}

const servingVersion = async (): Promise<string | null> => {
  const { rows } = await pool.query<{ serving_version: string | null }>(
    "select serving_version from reelbench.servers where channel = $1 order by seen_at desc limit 1",
    [channel],
  );
  return rows[0]?.serving_version ?? null;
};

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 60_000; !(await holds());) {
    if (Date.now() > deadline) return void violations.push(`${what}: not within a minute`);
    await sleep(100);
  }
}

let state = Number(values.seed) >>> 0;
/** Mulberry32. */
function random(): number {
  state = (state + 0x6d2b79f5) >>> 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}

// Several chunks, so that an upload can be cut in the middle.
const shapeOf = (seed: number): Shape => ({ seed, users: 4_000, items: 800, factors: 120, snapshotId: `s-${seed}` });
const killedWhile = new Map<string, number>();
let kills = 0;
say(`seed ${values.seed}`);
try {
  const context = { signal: new AbortController().signal, onProgress: () => undefined };
  let previous = (await publish(await publicationOf({ seed: 1 }, folder, target), context)).version;
  const server = await startBundledServer(nodeProcessHost, target, new AbortController().signal);
  // How long a publication takes when nobody disturbs it.
  const undisturbed = await publishInProcess(shapeOf(2), join(folder, "first"), null);
  previous = undisturbed.version ?? previous;
  say(`a publication takes ${undisturbed.milliseconds.toFixed(0)} ms; it is killed at a random moment of that`);
  for (; kills < Number(values.kills) && performance.now() - begun < 60_000 * Number(values.minutes); kills++) {
    const seed = 100 + kills;
    const directory = join(folder, String(seed));
    await until("the server serves what is live", async () => (await servingVersion()) === previous);
    const killed = await publishInProcess(shapeOf(seed), directory, random() * undisturbed.milliseconds);
    killedWhile.set(killed.doing, (killedWhile.get(killed.doing) ?? 0) + 1);
    const when = `kill ${kills + 1}, while “${killed.doing}”`;
    if (killed.type === "failed") violations.push(`${when}: it had failed`);
    await checkDatabase(when);
    const live = (await findDeployment(pool, channel))?.version;
    const serving = await servingVersion();
    if (serving !== previous && serving !== live) violations.push(`${when}: PUB-10: the server serves ${serving}`);
    const { rows: before } = await pool.query<{ xmin: string; version: string; name: string; n: number }>(
      "select xmin::text, version, name, n from reelbench.artifact_chunks",
    );
    const again = await publishInProcess(shapeOf(seed), `${directory}-again`, null);
    if (again.type !== "published" && killed.type !== "published")
      violations.push(`${when}: PUB-5: publishing again ended with ${again.type} while “${again.doing}”`);
    await checkDatabase(`${when}, published again`);
    const { rows: after } = await pool.query("select xmin::text, version, name, n from reelbench.artifact_chunks");
    const kept = new Set(after.map((row) => JSON.stringify(row)));
    const sentTwice = before.filter((row) => row.version === again.version && !kept.has(JSON.stringify(row)));
    if (sentTwice.length > 0) violations.push(`${when}: PUB-5: ${sentTwice.length} chunks were sent twice`);
    previous = (await findDeployment(pool, channel))?.version ?? "";
    if (again.version !== null && previous !== again.version)
      violations.push(`${when}: ${previous} is live instead of ${again.version}`);
    await Promise.all([directory, `${directory}-again`].map((each) => rm(each, { recursive: true, force: true })));
  }
  await until("the server serves what is live", async () => (await servingVersion()) === previous);
  await server.stop();
} finally {
  await pool.end();
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
}
for (const [doing, count] of killedWhile) say(`${String(count).padStart(4)} killed while “${doing}”`);
for (const violation of violations) say(`VIOLATION ${violation}`);
say(
  `${verdictOf(violations.length === 0, kills, Number(values.kills))}: ${violations.length} violations, ${kills} of ${values.kills} kills in ${((performance.now() - begun) / 1000).toFixed(0)} s, seed ${values.seed}`,
);
process.exitCode = violations.length > 0 ? 1 : kills < Number(values.kills) ? 2 : 0;
