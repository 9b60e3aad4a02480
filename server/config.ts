import { randomUUID } from "node:crypto";
import { availableParallelism, hostname } from "node:os";
import { z } from "zod";
import { ReelbenchError } from "../core/contract/errors.ts";
import { masterKeysText } from "./secrets/master-keys.ts";
import type { MasterKeys } from "./secrets/master-keys.ts";

/** PEM files: the chain, the server's own certificate first, and its key. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
}

const integer = (minimum: number, maximum: number) =>
  z
    .string()
    .regex(/^\d{1,13}$/, "must be a whole number")
    .transform(Number)
    .pipe(z.int().min(minimum).max(maximum));

const url = (...protocols: readonly string[]) =>
  z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), {
    error: `must be a URL starting with ${protocols.map((protocol) => `${protocol}//`).join(" or ")}`,
  });

const isOrigin = (text: string) => URL.canParse(text) && new URL(text).origin === text;

/**
 * The environment of `reelbench-server`. An empty variable counts as absent (what `docker run -e NAME=` gives).
 * Times are milliseconds.
 */
const environment = z.object({
  REELBENCH_POSTGRES_URL: url("postgres:", "postgresql:"),
  /** A replica for what may lag: what trends, online quality, experiments' results. Left out: the primary is asked. */
  REELBENCH_POSTGRES_REPLICA_URL: url("postgres:", "postgresql:").optional(),
  /** What Postgres may take for one statement of a request. */
  REELBENCH_STATEMENT_TIMEOUT_MS: integer(100, 600_000).default(5_000),
  /** Left out: no second cache level and no invalidation between replicas. */
  REELBENCH_REDIS_URL: url("redis:", "rediss:").optional(),
  REELBENCH_HOST: z.string().min(1).max(255).default("127.0.0.1"),
  /** 0: any free port. */
  REELBENCH_PORT: integer(0, 65_535).default(8080),
  REELBENCH_CHANNEL: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, "must be 1–40 of a–z, 0–9, _ and -")
    .default("production"),
  REELBENCH_SERVER_ID: z.string().min(1).max(200).optional(),
  REELBENCH_LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
  /** Worker threads that score. */
  REELBENCH_THREADS: integer(1, 256).optional(),
  /** Requests that may wait for a worker before new ones are turned away. */
  REELBENCH_QUEUE_LIMIT: integer(1, 100_000).default(1000),
  /** Milliseconds the event loop may be late, smoothed over half a second, before some requests are turned away. */
  REELBENCH_LAG_LIMIT_MS: integer(10, 60_000).default(200),
  REELBENCH_REQUEST_TIMEOUT_MS: integer(100, 600_000).default(10_000),
  REELBENCH_SHUTDOWN_TIMEOUT_MS: integer(0, 600_000).default(15_000),
  /** How long readiness is false before the listener closes, so that balancers look elsewhere first. */
  REELBENCH_DRAIN_DELAY_MS: integer(0, 120_000).default(0),
  REELBENCH_POLL_INTERVAL_MS: integer(50, 60_000).default(1000),
  REELBENCH_POSTGRES_POOL: integer(1, 500).default(10),
  REELBENCH_CACHE_ENTRIES: integer(1, 10_000_000).default(20_000),
  REELBENCH_CACHE_TTL_SECONDS: integer(1, 86_400).default(600),
  /** Requests a key may make in a minute, on all replicas that share a Redis. */
  REELBENCH_RATE_LIMIT: integer(1, 100_000_000).default(60_000),
  /** Requests an address may make in a minute to log in, register or refresh, on all replicas that share a Redis. */
  REELBENCH_OPEN_RATE_LIMIT: integer(1, 1_000_000).default(60),
  /** `id:key[,id:key…]`, each key 32 bytes as base64. Without any there are no accounts, only API keys. */
  REELBENCH_MASTER_KEYS: masterKeysText.optional(),
  /** Stands in every access token; a token of another issuer is refused. */
  REELBENCH_TOKEN_ISSUER: z.string().min(1).max(200).optional(),
  REELBENCH_ACCESS_TOKEN_SECONDS: integer(60, 3600).default(600),
  /** Days a refresh token waits to be used, and days a session lasts however often it is refreshed. */
  REELBENCH_REFRESH_DAYS: integer(1, 365).default(30),
  REELBENCH_SESSION_DAYS: integer(1, 3650).default(90),
  /** Whether anybody may register. Closed: accounts are made with `reelbench-server accounts create` or by an administrator. */
  REELBENCH_REGISTRATION: z.enum(["open", "closed"]).default("open"),
  /**
   * A folder on a volume that outlives this server and belongs to it alone: feedback is kept there when neither Postgres nor
   * Redis keeps it. Without one it is refused then.
   */
  REELBENCH_SPOOL_DIRECTORY: z.string().min(1).max(4096).optional(),
  REELBENCH_SPOOL_BYTES: integer(65_536, 1_000_000_000_000).default(268_435_456),
  /** Whether it is recorded what was shown to whom, for how many days, and how many lists may wait to be written. */
  REELBENCH_EXPOSURES: z.enum(["on", "off"]).default("on"),
  REELBENCH_EXPOSURE_DAYS: integer(1, 3650).default(30),
  REELBENCH_EXPOSURE_BUFFER: integer(100, 10_000_000).default(20_000),
  /** PEM files; both or neither. Changed files are used within seconds, or at once on SIGHUP. */
  REELBENCH_TLS_CERTIFICATE: z.string().min(1).max(4096).optional(),
  REELBENCH_TLS_KEY: z.string().min(1).max(4096).optional(),
  /** A file for a JSON line a request, replaced at this size and each day; this many old ones are kept, compressed. */
  REELBENCH_ACCESS_LOG: z.string().min(1).max(4096).optional(),
  REELBENCH_ACCESS_LOG_BYTES: integer(65_536, 10_000_000_000).default(104_857_600),
  REELBENCH_ACCESS_LOG_FILES: integer(1, 10_000).default(14),
  /** Where traces are sent by OTLP over HTTP (`http://collector:4318/v1/traces`), and the share of requests that is traced. */
  REELBENCH_OTLP_ENDPOINT: url("http:", "https:").optional(),
  REELBENCH_TRACE_SHARE: z.coerce.number().min(0).max(1).default(0.01),
  REELBENCH_AUDIT_DAYS: integer(1, 36_500).default(365),
  REELBENCH_BODY_LIMIT_BYTES: integer(1024, 67_108_864).default(1_048_576),
  /** Origins whose pages may ask, `https://films.example,https://…`, or `*`. Left out: none but this server's own. */
  REELBENCH_CORS_ORIGINS: z
    .string()
    .max(10_000)
    .transform((text) => text.split(",").map((each) => each.trim()))
    .refine((origins) => origins.every((each) => each === "*" || isOrigin(each)), {
      error: "must be origins like https://films.example, separated by commas, or *",
    })
    .optional(),
  /** Number of proxies in front whose X-Forwarded-For is believed. */
  REELBENCH_TRUSTED_PROXIES: integer(0, 10).default(0),
});

export interface ServerConfig {
  readonly postgresUrl: string;
  /** Null: the primary is asked for everything. */
  readonly postgresReplicaUrl: string | null;
  readonly statementTimeoutMs: number;
  readonly redisUrl: string | null;
  readonly host: string;
  readonly port: number;
  readonly channel: string;
  readonly serverId: string;
  readonly logLevel: z.infer<typeof environment>["REELBENCH_LOG_LEVEL"];
  readonly threads: number;
  readonly queueLimit: number;
  readonly lagLimitMs: number;
  readonly requestTimeoutMs: number;
  readonly shutdownTimeoutMs: number;
  readonly drainDelayMs: number;
  readonly pollIntervalMs: number;
  readonly postgresPool: number;
  readonly cacheEntries: number;
  readonly cacheTtlSeconds: number;
  readonly rateLimitPerMinute: number;
  readonly openRateLimitPerMinute: number;
  /** Null: no accounts. */
  readonly accounts: AccountsConfig | null;
  readonly auditDays: number;
  /** Null: plain HTTP, behind something that ends TLS. */
  readonly tls: TlsFiles | null;
  /** Null: requests are logged with everything else. */
  readonly accessLog: { readonly file: string; readonly bytes: number; readonly files: number } | null;
  /** Null: nothing is traced. */
  readonly tracing: { readonly endpoint: string; readonly share: number } | null;
  /** Null: nothing is recorded. */
  readonly exposures: { readonly days: number; readonly buffer: number } | null;
  /** Null: no spool. */
  readonly spool: { readonly directory: string; readonly bytes: number } | null;
  readonly bodyLimitBytes: number;
  readonly trustedProxies: number;
  readonly corsOrigins: readonly string[];
}

export interface AccountsConfig {
  readonly masterKeys: MasterKeys;
  readonly issuer: string;
  readonly accessTokenSeconds: number;
  readonly refreshDays: number;
  readonly sessionDays: number;
  readonly registration: "open" | "closed";
}

/** Reads the environment. Throws RB_INVALID_INPUT that names every wrong variable at once and repeats no value of one. */
export function readConfig(variables: Readonly<Record<string, string | undefined>>): ServerConfig {
  const given = Object.fromEntries(
    Object.entries(variables).filter(
      ([name, value]) => name.startsWith("REELBENCH_") && value !== undefined && value !== "",
    ),
  );
  const parsed = environment.safeParse(given);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => ({
      name: issue.path.join("."),
      problem: issue.path.length > 0 && !(String(issue.path[0]) in given) ? "is not set" : issue.message,
    }));
    throw new ReelbenchError(
      "RB_INVALID_INPUT",
      `The environment cannot be used: ${problems.map(({ name, problem }) => `${name} ${problem}`).join("; ")}.`,
      { details: { problems } },
    );
  }
  const env = parsed.data;
  return {
    postgresUrl: env.REELBENCH_POSTGRES_URL,
    postgresReplicaUrl: env.REELBENCH_POSTGRES_REPLICA_URL ?? null,
    statementTimeoutMs: env.REELBENCH_STATEMENT_TIMEOUT_MS,
    redisUrl: env.REELBENCH_REDIS_URL ?? null,
    host: env.REELBENCH_HOST,
    port: env.REELBENCH_PORT,
    channel: env.REELBENCH_CHANNEL,
    serverId: env.REELBENCH_SERVER_ID ?? `${hostname()}-${randomUUID().slice(0, 8)}`,
    logLevel: env.REELBENCH_LOG_LEVEL,
    threads: env.REELBENCH_THREADS ?? Math.max(1, availableParallelism() - 1),
    queueLimit: env.REELBENCH_QUEUE_LIMIT,
    lagLimitMs: env.REELBENCH_LAG_LIMIT_MS,
    requestTimeoutMs: env.REELBENCH_REQUEST_TIMEOUT_MS,
    shutdownTimeoutMs: env.REELBENCH_SHUTDOWN_TIMEOUT_MS,
    drainDelayMs: env.REELBENCH_DRAIN_DELAY_MS,
    pollIntervalMs: env.REELBENCH_POLL_INTERVAL_MS,
    postgresPool: env.REELBENCH_POSTGRES_POOL,
    cacheEntries: env.REELBENCH_CACHE_ENTRIES,
    cacheTtlSeconds: env.REELBENCH_CACHE_TTL_SECONDS,
    rateLimitPerMinute: env.REELBENCH_RATE_LIMIT,
    openRateLimitPerMinute: env.REELBENCH_OPEN_RATE_LIMIT,
    accounts:
      env.REELBENCH_MASTER_KEYS === undefined
        ? null
        : {
            masterKeys: env.REELBENCH_MASTER_KEYS,
            issuer: env.REELBENCH_TOKEN_ISSUER ?? `urn:reelbench:${env.REELBENCH_CHANNEL}`,
            accessTokenSeconds: env.REELBENCH_ACCESS_TOKEN_SECONDS,
            refreshDays: env.REELBENCH_REFRESH_DAYS,
            sessionDays: env.REELBENCH_SESSION_DAYS,
            registration: env.REELBENCH_REGISTRATION,
          },
    spool:
      env.REELBENCH_SPOOL_DIRECTORY === undefined
        ? null
        : { directory: env.REELBENCH_SPOOL_DIRECTORY, bytes: env.REELBENCH_SPOOL_BYTES },
    auditDays: env.REELBENCH_AUDIT_DAYS,
    tls: tlsOf(env.REELBENCH_TLS_CERTIFICATE, env.REELBENCH_TLS_KEY),
    accessLog:
      env.REELBENCH_ACCESS_LOG === undefined
        ? null
        : {
            file: env.REELBENCH_ACCESS_LOG,
            bytes: env.REELBENCH_ACCESS_LOG_BYTES,
            files: env.REELBENCH_ACCESS_LOG_FILES,
          },
    tracing:
      env.REELBENCH_OTLP_ENDPOINT === undefined
        ? null
        : { endpoint: env.REELBENCH_OTLP_ENDPOINT, share: env.REELBENCH_TRACE_SHARE },
    exposures:
      env.REELBENCH_EXPOSURES === "off"
        ? null
        : { days: env.REELBENCH_EXPOSURE_DAYS, buffer: env.REELBENCH_EXPOSURE_BUFFER },
    bodyLimitBytes: env.REELBENCH_BODY_LIMIT_BYTES,
    trustedProxies: env.REELBENCH_TRUSTED_PROXIES,
    corsOrigins: env.REELBENCH_CORS_ORIGINS ?? [],
  };
}

function tlsOf(certificate: string | undefined, key: string | undefined): TlsFiles | null {
  if (certificate === undefined && key === undefined) return null;
  if (certificate !== undefined && key !== undefined) return { certificate, key };
  throw new ReelbenchError(
    "RB_INVALID_INPUT",
    "The environment cannot be used: REELBENCH_TLS_CERTIFICATE and REELBENCH_TLS_KEY belong together.",
  );
}
