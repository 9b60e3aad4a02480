import { ReelbenchError } from "../contract/errors.ts";

/** Where a publication goes. URLs hold passwords: they are given to drivers and shown nowhere. */
export interface TargetAddress {
  readonly postgresUrl: string;
  readonly redisUrl: string | null;
  /** Servers and publishers of the same channel belong together; `production` unless said otherwise. */
  readonly channel?: string;
}

export const defaultChannel = "production";

const postgresParameters = new Set(["sslmode"]);
const sslModes = new Set(["disable", "prefer", "require", "verify-ca", "verify-full", "no-verify"]);

/**
 * Checks a URL a person typed. Only `sslmode` may follow the database: the driver would take others (`sslcert`, `host`,
 * `options`) as files to read, sockets to open and settings to change. Throws RB_INVALID_INPUT, which never repeats it.
 */
export function parsePostgresUrl(text: string): URL {
  const url = parse(text, ["postgres:", "postgresql:"], "postgres://user:password@host:port/database");
  if (url.pathname.length < 2)
    throw new ReelbenchError(
      "RB_INVALID_INPUT",
      "The Postgres URL names no database: postgres://user:password@host:port/database.",
    );
  for (const [name, value] of url.searchParams) {
    if (!postgresParameters.has(name))
      throw new ReelbenchError(
        "RB_INVALID_INPUT",
        `The Postgres URL has the parameter "${name}"; only sslmode may be given.`,
      );
    if (!sslModes.has(value))
      throw new ReelbenchError(
        "RB_INVALID_INPUT",
        `The Postgres URL has an unknown sslmode; known are ${[...sslModes].join(", ")}.`,
      );
  }
  return url;
}

/** redis://[user:password@]host:port[/database] or rediss://… Throws RB_INVALID_INPUT. */
export function parseRedisUrl(text: string): URL {
  const url = parse(text, ["redis:", "rediss:"], "redis://host:port or rediss://user:password@host:port");
  if (!/^\/?(\d{1,4})?$/.test(url.pathname))
    throw new ReelbenchError("RB_INVALID_INPUT", "What follows the host of a Redis URL is the number of a database.");
  if (url.search !== "") throw new ReelbenchError("RB_INVALID_INPUT", "A Redis URL takes no parameters here.");
  return url;
}

export function parseTarget(target: TargetAddress): Required<TargetAddress> {
  const channel = target.channel ?? defaultChannel;
  if (!/^[a-z0-9][a-z0-9_-]{0,39}$/.test(channel))
    throw new ReelbenchError("RB_INVALID_INPUT", "A channel's name is 1–40 of a–z, 0–9, _ and -.");
  const postgresUrl = parsePostgresUrl(target.postgresUrl);
  // The driver of today verifies as strictly for these three and warns that it may not tomorrow. Say what is meant.
  if (["prefer", "require", "verify-ca"].includes(postgresUrl.searchParams.get("sslmode") ?? ""))
    postgresUrl.searchParams.set("sslmode", "verify-full");
  return {
    postgresUrl: postgresUrl.href,
    redisUrl: target.redisUrl === null ? null : parseRedisUrl(target.redisUrl).href,
    channel,
  };
}

/** The URL as people may see it: a password becomes `***`. Throws RB_INVALID_INPUT. */
export function withoutPassword(text: string): string {
  const url = parse(text, ["postgres:", "postgresql:", "redis:", "rediss:"], "postgres://… or redis://…");
  if (url.password !== "") url.password = "***";
  return url.href;
}

/** 169.254.0.0/16, fe80::/10, multicast and "any": whoever gives such an address wants something else than to publish. */
const linkLocal =
  /^(169\.254\.|22[4-9]\.|23\d\.|0\.0\.0\.0$|\[(fe[89ab][0-9a-f]|ff[0-9a-f]{2}):|\[::(ffff:a9fe:[0-9a-f]+)?\]$)/i;

function parse(text: string, protocols: readonly string[], example: string): URL {
  // A URL with a control character or a blank inside was pasted wrongly, whatever a lenient parser makes of it.
  const url = /[\u0000-\u0020\u007f]/.test(text) || !URL.canParse(text) ? null : new URL(text);
  if (url !== null && linkLocal.test(url.hostname))
    throw new ReelbenchError(
      "RB_INVALID_INPUT",
      "This address belongs to the machine's own network segment (a cloud's metadata service, say), where no target can be.",
    );
  if (url === null || !protocols.includes(url.protocol) || url.hostname === "" || url.hash !== "") {
    throw new ReelbenchError(
      "RB_INVALID_INPUT",
      `This is not a URL of the form ${example}. (Characters like @, / and # in a password are written %40, %2F, %23.)`,
    );
  }
  return url;
}
