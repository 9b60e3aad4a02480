import { createHash, randomUUID } from "node:crypto";
import type { Pool } from "pg";
import type { CatalogueItem } from "../../core/contract/entities.ts";
import { encodeBundle } from "../../core/models/bundle.ts";
import type { FactorModel } from "../../core/models/servable.ts";
import { createApiKey } from "../../core/production/api-keys.ts";
import type { ApiKeyScope } from "../../core/production/api-keys.ts";
import { artifactDigest, chunkBytes, targetDigest } from "../../core/production/artifacts.ts";
import { upsertItems } from "../../core/production/catalogue.ts";
import { createProductionPool } from "../../core/production/database.ts";
import { activate, findDeployment } from "../../core/production/deployments.ts";
import { completeHistorySet, insertHistories, openHistorySet } from "../../core/production/histories.ts";
import { migrate } from "../../core/production/migrate.ts";
import { markProbed, markReady, openVersion } from "../../core/production/versions.ts";
import type { ServerConfig } from "../../server/config.ts";

/** A version small enough to check by hand, with everything a target holds of one. */
export interface SmallVersion {
  readonly version: string;
  readonly model: FactorModel;
  readonly userIds: readonly string[];
  readonly items: readonly CatalogueItem[];
  /** By dense user index: the ratings of the data. */
  readonly histories: readonly (readonly { readonly i: number; readonly rating: number }[])[];
}

/** mulberry32 */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const genres = ["Action", "Comedy", "Drama", "Noir"];

/** A world with item ids `<prefix>-000`…, so that lists of two versions can be told apart by looking. Users are `user-00`…. */
export function smallVersion(
  version: string,
  options: {
    readonly prefix?: string;
    readonly seed?: number;
    readonly users?: number;
    readonly items?: number;
    readonly factors?: number;
    readonly foldIn?: FactorModel["foldIn"];
  } = {},
): SmallVersion {
  const {
    prefix = "film",
    seed = 1,
    users = 20,
    items = 60,
    factors = 6,
    foldIn = { kind: "ridge", regularization: 0.05, biasRegularization: 0.02 },
  } = options;
  const random = generator(seed);
  // Ids stand in the order of their bytes.
  const number = (value: number, count: number, least: number) =>
    String(value).padStart(Math.max(least, String(count - 1).length), "0");
  const floats = (length: number, spread: number) => Float32Array.from({ length }, () => (random() - 0.5) * spread);
  const model: FactorModel = {
    form: "factors",
    users,
    items,
    factors,
    globalMean: 3.5,
    userBias: floats(users, 0.6),
    itemBias: floats(items, 1),
    userFactors: floats(users * factors, 1.4),
    itemFactors: floats(items * factors, 1.4),
    itemPopularity: Float32Array.from({ length: items }, () => Math.floor(random() * 500)),
    foldIn,
    predictsRatings: true,
    scale: { minimum: 0.5, maximum: 5 },
  };
  return {
    version,
    model,
    userIds: Array.from({ length: users }, (_, u) => `user-${number(u, users, 2)}`),
    items: Array.from({ length: items }, (_, i) => ({
      itemId: `${prefix}-${number(i, items, 3)}`,
      title: `${prefix} number ${i}`,
      year: 1950 + i,
      genres: genres.filter((_genre, g) => (i >> g) & 1),
    })),
    histories: Array.from({ length: users }, (_, u) =>
      Array.from({ length: 3 + (u % 5) }, (_row, j) => ({
        i: (u * 7 + j * 11) % items,
        rating: 0.5 + Math.floor(random() * 10) / 2,
      })),
    ),
  };
}

export interface ServingTarget {
  readonly url: string;
  readonly pool: Pool;
  /** Uploads a version as a publisher does, up to ready and probed. */
  upload(version: SmallVersion): Promise<void>;
  /** Moves the channel's pointer. */
  activate(version: string, reason?: "publish" | "rollback"): Promise<void>;
  key(...scopes: ApiKeyScope[]): Promise<string>;
  close(): Promise<void>;
}

/** Of each test file its own: they share one Redis. */
export const testChannel = `test-${randomUUID().slice(0, 8)}`;

/** The production schema on an empty database, and what a publisher does to it. */
export async function servingTarget(url: string): Promise<ServingTarget> {
  const pool = createProductionPool({ url, applicationName: "tests" });
  await migrate(pool);
  return {
    url,
    pool,
    upload: (version) => upload(pool, version),
    activate: async (version, reason = "publish") => {
      const deployment = await findDeployment(pool, testChannel);
      await activate(pool, { channel: testChannel, version, reason, expectedEpoch: deployment?.epoch ?? 0 });
    },
    key: async (...scopes) => (await createApiKey(pool, { name: "test", scopes, expiresAt: null })).key,
    close: () => pool.end(),
  };
}

async function upload(pool: Pool, { version, model, userIds, items, histories }: SmallVersion): Promise<void> {
  const snapshotId = `s-${version}`;
  const files = encodeBundle({
    model,
    userIds,
    itemIds: items.map(({ itemId }) => itemId),
    description: {
      algorithm: "biased-svd",
      hyperparameters: {},
      seed: 1,
      runId: "run-1",
      snapshotId,
      splitId: "split-1",
      refitOf: null,
      metrics: [],
      codeVersion: "test",
    },
  });
  const chunked = Array.from(files, ([name, bytes]) => ({
    name,
    bytes: bytes.length,
    chunks: Array.from({ length: Math.ceil(bytes.length / chunkBytes) }, (_, n) =>
      Buffer.from(bytes.subarray(n * chunkBytes, (n + 1) * chunkBytes)),
    ),
  }));
  const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();
  await openVersion(pool, {
    version,
    algorithm: "biased-svd",
    runId: "run-1",
    snapshotId,
    splitId: "split-1",
    sha256: artifactDigest(chunked.map(({ name, chunks }) => ({ name, chunkHashes: chunks.map(hash) }))),
    modelHash: hash(files.get("model.safetensors") ?? new Uint8Array()).toString("hex"),
    users: model.users,
    items: model.items,
    factors: model.factors,
    card: {},
    files: chunked.map(({ name, bytes, chunks }) => ({ name, bytes, chunks: chunks.length })),
  });
  for (const { name, chunks } of chunked) {
    for (const [n, data] of chunks.entries()) {
      await pool.query(
        "insert into reelbench.artifact_chunks (version, name, n, sha256, data) values ($1, $2, $3, $4, $5)",
        [version, name, n, hash(data), data],
      );
    }
  }
  await upsertItems(pool, testChannel, items);
  const rows = histories.map((history, u) => ({
    userId: userIds[u] ?? "",
    itemIds: history.map(({ i }) => items[i]?.itemId ?? ""),
    ratings: history.map(({ rating }) => rating),
    times: history.map(() => null),
  }));
  await openHistorySet(pool, snapshotId, {
    users: rows.length,
    ratings: rows.reduce((sum, { itemIds }) => sum + itemIds.length, 0),
  });
  await insertHistories(pool, snapshotId, rows, new AbortController().signal);
  await completeHistorySet(pool, snapshotId);
  await markReady(pool, version, await targetDigest(pool, version));
  await markProbed(pool, version);
}

/** A server's configuration for tests: any free port, little to say, quick to look. */
export function serverConfig(postgresUrl: string, changes: Partial<ServerConfig> = {}): ServerConfig {
  return {
    postgresUrl,
    postgresReplicaUrl: null,
    statementTimeoutMs: 5_000,
    redisUrl: null,
    host: "127.0.0.1",
    port: 0,
    channel: testChannel,
    serverId: `test-${randomUUID()}`,
    logLevel: "silent",
    threads: 2,
    queueLimit: 1000,
    lagLimitMs: 2000,
    requestTimeoutMs: 10_000,
    shutdownTimeoutMs: 5_000,
    drainDelayMs: 0,
    pollIntervalMs: 100,
    postgresPool: 5,
    cacheEntries: 1000,
    cacheTtlSeconds: 60,
    rateLimitPerMinute: 1_000_000,
    openRateLimitPerMinute: 1_000_000,
    accounts: null,
    auditDays: 365,
    tls: null,
    accessLog: null,
    tracing: null,
    exposures: { days: 30, buffer: 10_000 },
    spool: null,
    bodyLimitBytes: 1_048_576,
    trustedProxies: 0,
    corsOrigins: [],
    ...changes,
  };
}
