import { randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

export const cookieName = "reelbench";

/** Who may use the web host: whoever opened the printed URL first, from this machine's own browser, and nobody else. */
export interface Guard {
  /** The token of the printed URL; it works once. */
  readonly token: string;
  /** A session's cookie value in exchange for the token, or null. */
  redeem(token: string): string | null;
  hasSession(headers: IncomingHttpHeaders): boolean;
}

export function createGuard(): Guard {
  const token = randomBytes(32).toString("base64url");
  let unused: string | null = token;
  const sessions: string[] = [];
  return {
    token,
    redeem(given) {
      if (unused === null || !equal(given, unused)) return null;
      unused = null;
      const session = randomBytes(32).toString("base64url");
      sessions.push(session);
      return session;
    },
    hasSession(headers) {
      const given = cookieOf(headers.cookie);
      return given !== null && sessions.some((session) => equal(given, session));
    },
  };
}

/**
 * Whether the request was meant for this host. A page of evil.example that resolves to 127.0.0.1 (DNS rebinding) still
 * sends its own name as Host; a cross-site request sends its own Origin.
 */
export function isMeantForUs(headers: IncomingHttpHeaders, port: number, needsOrigin: boolean): boolean {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  if (headers.host === undefined || !hosts.includes(headers.host)) return false;
  if (headers.origin === undefined) return !needsOrigin;
  return headers.origin === `http://${headers.host}`;
}

function cookieOf(header: string | undefined): string | null {
  for (const part of (header ?? "").split(";")) {
    const [name, value] = part.trim().split("=", 2);
    if (name === cookieName && value !== undefined) return value;
  }
  return null;
}

function equal(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
