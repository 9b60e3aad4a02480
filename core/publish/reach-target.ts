import { connect } from "node:net";
import { ReelbenchError } from "../contract/errors.ts";
import type { WorkContext } from "../jobs/work-context.ts";
import { isConnectTimeout } from "../production/connection-failure.ts";
import { createProductionPool, productionError } from "../production/database.ts";
import { schemaVersion } from "../production/migrate.ts";
import { parseTarget } from "./target-address.ts";
import type { TargetAddress } from "./target-address.ts";

/** Milliseconds: whoever takes connections takes them at once. */
const handshakePatience = 1_500;

/**
 * Logs in and looks, and changes nothing: what would stop a publication at its very beginning is better known before an hour of
 * training is spent on it. Throws RB_TARGET_….
 */
export async function reachTarget(address: TargetAddress, { signal, onProgress }: WorkContext): Promise<void> {
  const { postgresUrl } = parseTarget(address);
  signal.throwIfAborted();
  onProgress({ done: 0, total: null, unit: "steps", message: "Connecting to the target" });
  const pool = createProductionPool({
    url: postgresUrl,
    applicationName: "reelbench publish",
    connections: 1,
    statementTimeout: 10_000,
  });
  try {
    await schemaVersion(pool);
  } catch (error) {
    throw await explainSilence(error, postgresUrl);
  } finally {
    await pool.end();
  }
}

/**
 * An error of Postgres as people are told it. Where there was no answer in time, it is looked whether the port takes connections at
 * all: a machine that is away and a service that hangs are mended by different people.
 */
export async function explainSilence(error: unknown, postgresUrl: string): Promise<ReelbenchError> {
  const known = productionError(error);
  if (!(known.cause instanceof Error) || !isConnectTimeout(known.cause)) return known;
  const { hostname, port } = new URL(postgresUrl);
  const at = `${hostname}:${port === "" ? "5432" : port}`;
  const [message, remedy] = (await takesConnections(hostname, Number(port || 5432)))
    ? [
        `${at} takes connections, but says nothing: what runs there hangs, or is no Postgres.`,
        "Check the port in the address, and ask whoever runs this Postgres whether it hangs.",
      ]
    : [`There is no answer from ${at} at all.`, "Check host and port, the network, the VPN and the firewall."];
  return new ReelbenchError("RB_TARGET_UNREACHABLE", message, { remedy, cause: known });
}

function takesConnections(hostname: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    // Literal IPv6 addresses stand in brackets in a URL.
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ""), port, timeout: handshakePatience });
    const finish = (accepted: boolean) => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once("connect", () => finish(true));
    socket.once("error", () => finish(false));
    socket.once("timeout", () => finish(false));
  });
}
