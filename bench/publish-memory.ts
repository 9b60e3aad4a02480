/**
 * Memory of a publication: bundles of two sizes are made, published to a real Postgres and Redis, and the resident memory
 * of the publisher's process is followed against the bytes it sends. What a server needs to hold a version whole is told
 * apart. On Linux (/proc).
 *
 *     node bench/publish-memory.ts --megabytes 1024
 */
import { fork } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import pg from "pg";
import type { CatalogueItem } from "../core/contract/entities.ts";
import { toReelbenchError } from "../core/contract/errors.ts";
import { nodeProcessHost } from "../core/jobs/process-host.ts";
import type { ProcessHost } from "../core/jobs/process-host.ts";
import { encodeCard } from "../core/models/bundle-card.ts";
import type { BundleCard } from "../core/models/bundle-card.ts";
import type { History } from "../core/production/histories.ts";
import { publish } from "../core/publish/publish.ts";
import { startPostgres } from "../e2e/services/start-postgres.ts";
import { startRedis } from "../e2e/services/start-redis.ts";
import { createRandom } from "../core/random.ts";

const factors = 256;
const items = 20_000;
/** Of the model's users, those whose ratings go up, too: their number is held equal, so that only the model grows. */
const usersWithRatings = 5_000;

interface Task {
  readonly directory: string;
  readonly users: number;
  readonly postgresUrl: string;
  readonly redisUrl: string;
  readonly channel: string;
}

const userId = (u: number) => `u${String(u).padStart(9, "0")}`;
const itemId = (i: number) => `i${String(i).padStart(6, "0")}`;
const runId = "r0123456789abcdef";
const snapshotId = "s0123456789abcdef0123";
const splitId = "p0123456789abcdef0123";
const metrics: BundleCard["metrics"] = [];

const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`.padStart(16);
const seconds = (since: number) => ((performance.now() - since) / 1000).toFixed(1);

if (process.send === undefined) await measure();
else process.once("message", (task) => void publishOne(task as Task));

async function measure(): Promise<void> {
  const { values } = parseArgs({ options: { megabytes: { type: "string", default: "1024" } } });
  const most = Number(values.megabytes);
  const [postgres, redis] = [await startPostgres(), await startRedis()];
  const directory = await mkdtemp(join(tmpdir(), "reelbench-publish-memory-"));
  const peaks: { megabytes: number; publisher: number; engine: number; server: number }[] = [];
  try {
    for (const megabytes of [Math.max(32, Math.round(most / 4)), most]) {
      const bundle = join(directory, String(megabytes));
      const users = Math.round((megabytes * 2 ** 20 - items * factors * 4) / (factors * 4));
      const made = performance.now();
      await writeBundle(bundle, users);
      console.log(`${megabytes} MiB: ${users} users × ${factors} factors, made in ${seconds(made)} s`);
      const client = new pg.Client({ connectionString: postgres.url });
      await client.connect();
      await client.query(`create database bundle_${megabytes}`);
      await client.end();
      const url = new URL(postgres.url);
      url.pathname = `/bundle_${megabytes}`;
      const task: Task = {
        directory: bundle,
        users,
        postgresUrl: url.href,
        redisUrl: redis.url,
        channel: `memory-${megabytes}`,
      };
      peaks.push({ megabytes, ...(await follow(task)) });
      await rm(bundle, { recursive: true });
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
    await postgres.stop();
    await redis.stop();
  }
  console.log("bundle MiB   publisher peak   this process   bundled server (holds it whole)");
  for (const each of peaks)
    console.log(`${String(each.megabytes).padStart(10)}${mib(each.publisher)}${mib(each.engine)}${mib(each.server)}`);
  const [small, large] = peaks;
  if (small !== undefined && large !== undefined) {
    const growth = (large.publisher - small.publisher) / ((large.megabytes - small.megabytes) * 2 ** 20);
    console.log(`publisher: ${(growth * 100).toFixed(1)} % of each further byte of the bundle`);
  }
}

/** Publishes in a process of its own and samples everybody's resident memory four times a second. */
async function follow(task: Task): Promise<{ publisher: number; engine: number; server: number }> {
  const child = fork(fileURLToPath(import.meta.url), [], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const peak = { publisher: 0, engine: 0, server: 0 };
  let server: number | undefined;
  let told = "";
  const began = performance.now();
  const timer = setInterval(() => {
    void Promise.all([resident(child.pid), resident(process.pid), resident(server)]).then(([a, b, c]) => {
      peak.publisher = Math.max(peak.publisher, a);
      peak.engine = Math.max(peak.engine, b);
      peak.server = Math.max(peak.server, c);
    });
  }, 250);
  const outcome = new Promise<string>((resolve) => {
    child.on("message", (message) => {
      const said = message as { type: "progress" | "server" | "end"; text: string; pid?: number };
      if (said.type === "server") server = said.pid;
      if (said.type === "end") resolve(said.text);
      if (said.type !== "progress" || said.text === told) return;
      told = said.text;
      void resident(child.pid).then((bytes) =>
        console.log(`  ${seconds(began).padStart(6)} s ${mib(bytes)}   ${said.text}`),
      );
    });
    child.once("exit", (code) => resolve(`the publisher ended: ${String(code)}`));
  });
  child.send(task);
  console.log(`  ${await outcome} after ${seconds(began)} s`);
  clearInterval(timer);
  if (child.exitCode === null) {
    child.disconnect();
    await once(child, "exit");
  }
  return peak;
}

async function resident(pid: number | undefined): Promise<number> {
  if (pid === undefined) return 0;
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}

async function publishOne({ directory, users, postgresUrl, redisUrl, channel }: Task): Promise<void> {
  const tell = (message: object) => process.send?.(message);
  const processHost: ProcessHost = {
    fork(entry, options) {
      const handle = nodeProcessHost.fork(entry, options);
      tell({ type: "server", text: entry, pid: handle.pid });
      return handle;
    },
  };
  const catalogue: CatalogueItem[] = Array.from({ length: items }, (_, i) => ({
    itemId: itemId(i),
    title: `Film ${i}`,
    year: 1950 + (i % 70),
    genres: ["Drama"],
  }));
  const step = Math.max(1, Math.floor(users / usersWithRatings));
  function* histories(): Generator<History> {
    for (let n = 0; n < usersWithRatings; n++) {
      const first = Math.floor((n * 7919) % (items - 20));
      const itemIds = Array.from({ length: 20 }, (_, k) => itemId(first + k));
      yield { userId: userId(n * step), itemIds, ratings: itemIds.map(() => 4), times: itemIds.map(() => null) };
    }
  }
  try {
    const { version, parity } = await publish(
      {
        target: { postgresUrl, redisUrl, channel },
        bundleDirectory: directory,
        run: { id: runId, algorithm: "biased-svd", snapshotId, splitId, modelHash: null },
        evaluation: {
          runId,
          splitId,
          protocol: { protocol: "random", testShare: 0.2 },
          seed: 1,
          codeVersion: "bench",
          metrics,
        },
        catalogue,
        historyShape: { users: usersWithRatings, ratings: usersWithRatings * 20 },
        histories,
        overrideGates: false,
        probes: 50,
        processHost,
      },
      {
        signal: new AbortController().signal,
        onProgress({ done, total, unit, message }) {
          const share = unit === "bytes" && total !== null ? ` ${Math.floor((done / total) * 4) * 25} %` : "";
          tell({ type: "progress", text: `${message}${share}` });
        },
      },
    );
    tell({ type: "end", text: `${version}: ${parity.compared} answers compared, ${parity.mismatches} different` });
  } catch (error) {
    const { code, message } = toReelbenchError(error);
    tell({ type: "end", text: `${code}: ${message}` });
  }
}

/** The bundle as `encodeBundle` would write it, without ever holding it. */
async function writeBundle(directory: string, users: number): Promise<void> {
  await mkdir(directory, { recursive: true });
  const random = createRandom(3);
  const block = Float32Array.from({ length: factors * 64 }, () => (random.unit() - 0.5) * 0.2);
  const shapes: readonly (readonly [string, readonly number[]])[] = [
    ["user_factors", [users, factors]],
    ["item_factors", [items, factors]],
    ["user_bias", [users]],
    ["item_bias", [items]],
  ];
  let offset = 0;
  const entries: Record<string, unknown> = {};
  for (const [name, shape] of shapes) {
    const bytes = shape.reduce((product, size) => product * size, 4);
    entries[name] = { dtype: "F32", shape, data_offsets: [offset, offset + bytes] };
    offset += bytes;
  }
  const json = JSON.stringify(entries);
  const head = Buffer.alloc(8);
  const text = json.padEnd(Math.ceil(json.length / 8) * 8, " ");
  head.writeBigUInt64LE(BigInt(text.length));
  const parts = {
    "model.safetensors": await write(
      join(directory, "model.safetensors"),
      (function* () {
        yield head;
        yield Buffer.from(text);
        for (let left = offset, n = 0; left > 0; n++) {
          // Another scale for each block: no two users are the same.
          const values = block.map((value) => value * (1 + (n % 997) / 997));
          const bytes = Buffer.from(values.buffer, 0, Math.min(left, values.byteLength));
          left -= bytes.length;
          yield bytes;
        }
      })(),
    ),
    "users.json": await write(join(directory, "users.json"), listOf(users, userId)),
    "items.json": await write(join(directory, "items.json"), listOf(items, itemId)),
  };
  const card: BundleCard = {
    format: "reelbench-bundle",
    formatVersion: 1,
    form: "factors",
    factors,
    globalMean: 3.5,
    foldIn: { kind: "ridge", regularization: 0.05, biasRegularization: 0.02 },
    users,
    items,
    predictsRatings: true,
    scale: { minimum: 0.5, maximum: 5 },
    algorithm: "biased-svd",
    hyperparameters: {},
    seed: 1,
    runId,
    snapshotId,
    splitId,
    refitOf: null,
    metrics,
    codeVersion: "bench",
    parts,
  };
  await writeFile(join(directory, "card.json"), encodeCard(card));
}

function* listOf(count: number, id: (n: number) => string): Generator<Buffer> {
  for (let from = 0; from < count; from += 10_000) {
    const ids = Array.from({ length: Math.min(10_000, count - from) }, (_, n) => id(from + n));
    yield Buffer.from(`${from === 0 ? "[" : ","}${JSON.stringify(ids).slice(1, -1)}`);
  }
  yield Buffer.from("]\n");
}

async function write(path: string, pieces: Iterable<Buffer>): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash("sha256");
  const stream = createWriteStream(path, { flags: "wx" });
  let bytes = 0;
  for (const piece of pieces) {
    hash.update(piece);
    bytes += piece.length;
    if (!stream.write(piece)) await once(stream, "drain");
  }
  stream.end();
  await once(stream, "finish");
  return { bytes, sha256: hash.digest("hex") };
}
