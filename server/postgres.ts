import type { Pool } from "pg";
import { ReelbenchError } from "../core/contract/errors.ts";
import { createProductionPool, isTargetAway } from "../core/production/database.ts";
import { createCircuitBreaker } from "./circuit-breaker.ts";
import type { CircuitBreaker } from "./circuit-breaker.ts";
import type { ServerConfig } from "./config.ts";
import type { Logger } from "./telemetry/logger.ts";
import type { Tracing } from "./telemetry/tracing.ts";

/**
 * Connections in three compartments, so that a flood of one kind of work cannot keep another waiting: what requests read
 * (with memory to fall back on, so it gives up soon), feedback to be kept (with nothing to fall back on, so it may wait as
 * long as its client), and following the deployment.
 */
export interface Postgres {
  readonly reads: Pool;
  readonly readBreaker: CircuitBreaker;
  /** For reads that may be some seconds old: the replica's, where one is configured; else `reads`. */
  readonly lagging: Pool;
  readonly writes: Pool;
  readonly writeBreaker: CircuitBreaker;
  /** Logging in, sessions, administration: slow by nature, and no business of those who are served. */
  readonly accounts: Pool;
  readonly control: Pool;
  /** What runs for minutes and nobody waits for: housekeeping and measuring. */
  readonly house: Pool;
  readonly exposureBreaker: CircuitBreaker;
  close(): Promise<void>;
}

const writeConnections = 4;
const accountConnections = 4;
const controlConnections = 2;
const houseStatementTimeout = 600_000;

export function connectPostgres(config: ServerConfig, logger: Logger, tracing: Tracing | null = null): Postgres {
  const pool = (
    connections: number,
    connectTimeout: number,
    statementTimeout = config.statementTimeoutMs,
    url = config.postgresUrl,
  ) => {
    const made = createProductionPool(
      {
        url,
        applicationName: `reelbench-server ${config.serverId}`.slice(0, 63),
        connections,
        connectTimeout,
        statementTimeout,
      },
      (error) => logger.debug({ error: error.message }, "an idle Postgres connection was lost"),
    );
    return tracing === null ? made : tracing.postgres(made);
  };
  // A rule that refused and a wrong value are answers: only silence and refused connections speak of Postgres' health.
  const isHealthy = (error: unknown) => error instanceof ReelbenchError && !isTargetAway(error);
  const reads = pool(config.postgresPool, 2_000);
  const writes = pool(writeConnections, config.requestTimeoutMs);
  const accounts = pool(accountConnections, 5_000);
  const control = pool(controlConnections, 5_000);
  const replica = config.postgresReplicaUrl;
  const lagging = replica === null ? reads : pool(config.postgresPool, 2_000, config.statementTimeoutMs, replica);
  const house = pool(1, 5_000, houseStatementTimeout);
  return {
    reads,
    lagging,
    readBreaker: createCircuitBreaker({ timeout: 2_000, failures: 5, pause: 1_000, isHealthy }),
    writes,
    writeBreaker: createCircuitBreaker({ timeout: config.requestTimeoutMs, failures: 5, pause: 500, isHealthy }),
    accounts,
    control,
    house,
    // Of its own: exposures that fail must not keep feedback from being tried.
    exposureBreaker: createCircuitBreaker({ timeout: 5_000, failures: 2, pause: 2_000, isHealthy }),
    close: async () =>
      void (await Promise.all([
        reads.end(),
        writes.end(),
        accounts.end(),
        control.end(),
        house.end(),
        ...(lagging === reads ? [] : [lagging.end()]),
      ])),
  };
}
