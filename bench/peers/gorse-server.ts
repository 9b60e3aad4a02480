import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { freeLoopbackPort } from "../../core/publish/postgres/cluster.ts";

export const gorseKey = "gorse-secret-of-this-benchmark";

/** What both servers are given. */
export interface PeerWorld {
  readonly userIds: readonly string[];
  readonly items: readonly { readonly itemId: string; readonly title: string; readonly genres: readonly string[] }[];
  readonly ratings: readonly {
    readonly u: number;
    readonly i: number;
    readonly rating: number;
    readonly time: string;
  }[];
}

export interface RunningGorse {
  readonly url: string;
  readonly pid: number;
  readonly version: string;
  /** Seconds from the start with all data in its store until every list was made. */
  readonly prepared: number;
  stop(): Promise<void>;
}

/**
 * `gorse-in-one` on loopback with its key on and its access log in a file, with these users, items and ratings and every
 * list made. Its lists are made when it starts and then by the clock, so it is started once more when the data is in.
 * `stores`: as Gorse names them (`sqlite://PATH`, `postgres://…`, `redis://…`); null: SQLite in a folder that goes with it.
 */
export async function startGorse(options: {
  readonly program: string;
  readonly stores: { readonly data: string; readonly cache: string } | null;
  readonly world: PeerWorld;
  readonly positive: number;
  readonly say: (line: string) => void;
}): Promise<RunningGorse> {
  const { program, world, say } = options;
  const folder = await mkdtemp(join(tmpdir(), "reelbench-gorse-"));
  await mkdir(join(folder, "blob"));
  const ports = [await freeLoopbackPort(), await freeLoopbackPort()] as const;
  const stores = options.stores ?? {
    data: `sqlite://${join(folder, "data.sqlite")}`,
    cache: `sqlite://${join(folder, "cache.sqlite")}`,
  };
  const url = `http://127.0.0.1:${String(ports[1])}`;
  await writeFile(join(folder, "config.toml"), configuration(stores, ports, join(folder, "blob"), options.positive));
  let running = await launch(program, folder, url);
  try {
    say(`Gorse ${running.version} takes ${String(world.ratings.length)} ratings through its own API`);
    await give(url, world);
    await running.stop();
    running = await launch(program, folder, url);
    const started = performance.now();
    await allListsMade(url, running, world);
    const { pid, version, stop } = running;
    const end = async () => {
      await stop();
      await rm(folder, { recursive: true, force: true });
    };
    return { url, pid, version, prepared: (performance.now() - started) / 1000, stop: end };
  } catch (error) {
    await running.stop();
    throw error;
  }
}

/**
 * Factors for users and a ranker over them, as its own example has it: what it serves is a list made beforehand, which is
 * the least work it can have with a request. Nothing is trained again while it is measured.
 */
function configuration(
  stores: { readonly data: string; readonly cache: string },
  [rpc, http]: readonly [number, number],
  blob: string,
  positive: number,
): string {
  return `
[database]
data_store = ${JSON.stringify(stores.data)}
cache_store = ${JSON.stringify(stores.cache)}
[master]
host = "127.0.0.1"
port = ${String(rpc)}
http_host = "127.0.0.1"
http_port = ${String(http)}
n_jobs = 2
[server]
api_key = "${gorseKey}"
[recommend]
cache_size = 100
[recommend.data_source]
positive_feedback_types = ["rating>=${String(positive)}"]
read_feedback_types = ["rating"]
[[recommend.item-to-item]]
name = "neighbors"
type = "users"
[recommend.collaborative]
type = "mf"
fit_period = "600m"
fit_epoch = 30
optimize_period = "0s"
[recommend.ranker]
type = "fm"
recommenders = ["collaborative"]
fit_period = "600m"
fit_epoch = 10
optimize_period = "0s"
[recommend.fallback]
recommenders = ["latest"]
[blob]
uri = ${JSON.stringify(blob)}
`;
}

interface Launched {
  readonly pid: number;
  readonly version: string;
  readonly log: string;
  readonly ended: () => boolean;
  stop(): Promise<void>;
}

async function launch(program: string, folder: string, url: string): Promise<Launched> {
  const path = join(folder, `gorse-${String(Date.now())}.log`);
  const log = await open(path, "w");
  const child = spawn(program, ["-c", join(folder, "config.toml"), "--cache-path", folder], {
    // Its folders of its own lie under the home directory.
    env: { ...process.env, HOME: folder },
    cwd: folder,
    stdio: ["ignore", log.fd, log.fd],
  });
  const ended = () => child.exitCode !== null || child.signalCode !== null;
  const stop = async () => {
    if (!ended()) {
      child.kill("SIGINT");
      const patience = setTimeout(() => child.kill("SIGKILL"), 15_000);
      await once(child, "exit");
      clearTimeout(patience);
    }
    await log.close();
  };
  for (const deadline = Date.now() + 60_000; ;) {
    const ready = await fetch(`${url}/api/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ready) break;
    if (ended() || Date.now() > deadline) {
      await stop();
      throw new Error(`Gorse did not start:\n${(await readFile(path, "utf8")).slice(-2000)}`);
    }
    await sleep(200);
  }
  return { pid: child.pid ?? 0, version: await versionOf(program), log: path, ended, stop };
}

async function versionOf(program: string): Promise<string> {
  const child = spawn(program, ["--version"], { stdio: ["ignore", "pipe", "ignore"] });
  const said = await text(child.stdout);
  const named = /^Version:\s*(\S+)/m.exec(said)?.[1] ?? "";
  const go = /^Go version:\s*(\S+)/m.exec(said)?.[1] ?? "";
  return `${named === "unknown-version" ? "(built without a version in it)" : named} ${go}`;
}

async function give(url: string, { userIds, items, ratings }: PeerWorld): Promise<void> {
  const users = userIds.map((UserId) => ({ UserId }));
  const films = items.map(({ itemId, title, genres }) => ({
    ItemId: itemId,
    Categories: genres,
    Comment: title,
    Timestamp: "2010-01-01T00:00:00Z",
  }));
  const feedback = ratings.map(({ u, i, rating, time }) => ({
    FeedbackType: "rating",
    UserId: userIds[u] ?? "",
    ItemId: items[i]?.itemId ?? "",
    Value: rating,
    Timestamp: time,
  }));
  for (const [path, rows] of [
    ["users", users],
    ["items", films],
    ["feedback", feedback],
  ] as const)
    for (let at = 0; at < rows.length; at += 5000) await post(`${url}/api/${path}`, rows.slice(at, at + 5000));
}

async function post(address: string, rows: readonly object[]): Promise<void> {
  const headers = { "X-API-Key": gorseKey, "Content-Type": "application/json" };
  const answer = await fetch(address, { method: "POST", headers, body: JSON.stringify(rows) });
  if (!answer.ok)
    throw new Error(`Gorse refused data: ${String(answer.status)} ${(await answer.text()).slice(0, 500)}`);
  await answer.arrayBuffer();
}

const lists = z.array(z.unknown());

/** It says so in its log; a sample of people and films is asked, too. */
async function allListsMade(url: string, gorse: Launched, { userIds, items }: PeerWorld): Promise<void> {
  for (const deadline = Date.now() + 1_200_000; ;) {
    if (/complete ranking recommendation/.test(await readFile(gorse.log, "utf8"))) break;
    if (gorse.ended() || Date.now() > deadline) throw new Error("Gorse did not make its lists.");
    await sleep(500);
  }
  const count = async (path: string) => {
    const answer = await fetch(`${url}/api/${path}`, { headers: { "X-API-Key": gorseKey } });
    return lists.parse(await answer.json()).length;
  };
  const some = <T>(all: readonly T[]) => all.filter((_, n) => n % Math.ceil(all.length / 50) === 0);
  const ofPeople = await Promise.all(
    some(userIds).map((id) => count(`collaborative-filtering/${encodeURIComponent(id)}?n=10`)),
  );
  const ofFilms = await Promise.all(
    some(items).map(({ itemId }) => count(`item-to-item/neighbors/${encodeURIComponent(itemId)}?n=10`)),
  );
  const share = (counts: readonly number[]) => counts.filter((n) => n === 10).length / counts.length;
  if (share(ofPeople) < 0.9 || share(ofFilms) < 0.5)
    throw new Error(
      `Gorse has lists of ten for ${String(100 * share(ofPeople))} % of people and ${String(100 * share(ofFilms))} % of films only.`,
    );
}
