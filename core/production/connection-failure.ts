type Service = "Postgres" | "Redis" | "the server";

/** Why a service was not reached or was lost, as the end of a sentence, and what to do about it. */
interface ConnectionFailure {
  readonly reason: string;
  readonly remedy: string;
}

/**
 * What Node, `pg` and `redis` say where there is no connection, or none any more, in words for people; null for what is another
 * kind of failure. Names host and port where they are known, never a user or a password.
 */
export function connectionFailure(error: Error, service: Service): ConnectionFailure | null {
  const first = error instanceof AggregateError ? (error.errors as unknown[])[0] : error;
  const { address, port, hostname } = (first ?? {}) as { address?: unknown; port?: unknown; hostname?: unknown };
  const at = typeof address === "string" && typeof port === "number" ? `${address}:${String(port)}` : "that address";
  const name = typeof hostname === "string" ? hostname : "this host";
  switch (systemCode(error)) {
    case "ECONNREFUSED":
      return {
        reason: `nothing listens at ${at}`,
        remedy: `Check host and port in the address, and that ${service} is running there.`,
      };
    case "ENOTFOUND":
      return {
        reason: `no machine is known by the name ${name}`,
        remedy: "Check how the host is spelt in the address, the network and the VPN.",
      };
    case "EAI_AGAIN":
      return {
        reason: `the name ${name} could not be looked up`,
        remedy: "Check the network and the VPN: names are not answered at present.",
      };
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return {
        reason: `there is no way to ${at}`,
        remedy: "Check host and port, the network, the VPN and the firewall.",
      };
    case "ENOENT":
      return { reason: "there is no such socket", remedy: `Check the address, and that ${service} is running.` };
    case "ECONNRESET":
    case "ECONNABORTED":
    case "EPIPE":
      return brokeOff(service);
    default:
  }
  if (isConnectTimeout(error))
    return {
      reason: "there was no answer within the time limit",
      remedy: `Check host and port, the network, the VPN and the firewall, and that ${service} is running.`,
    };
  if (/query read timeout/i.test(error.message))
    return {
      reason: "it stopped answering",
      remedy: `Try again; if it happens twice, ask whoever runs this ${service} whether it hangs.`,
    };
  if (
    /connection terminated|not queryable|pool after calling end|socket closed unexpectedly|client is (closed|offline)|disconnects client/i.test(
      error.message,
    )
  )
    return brokeOff(service);
  return null;
}

function brokeOff(service: string): ConnectionFailure {
  return {
    reason: "the connection broke off",
    remedy: `Try again; if it happens twice, ask whoever runs this ${service}, or the network on the way, what ends it.`,
  };
}

/** Nobody answered in time to a connection that was to be made. */
export function isConnectTimeout(error: Error): boolean {
  return /due to connection timeout|exceeded when trying to connect|^timeout expired$|^connection timeout$/i.test(
    error.message,
  );
}

function systemCode(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : "";
}
