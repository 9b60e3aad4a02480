import { request } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Replica } from "./replica.ts";

export interface Asked {
  readonly method?: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly credential: string | null;
  readonly body?: unknown;
  readonly idempotencyKey?: string;
}

export interface Answered {
  /** 0: no answer came; `text` says why. */
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A patient client: the server's own deadline is 10 s. */
const longestWait = 20_000;

/** One request on the replica's kept-alive connections. Never rejects. */
export function ask(
  replica: Replica,
  { method = "GET", path, credential, body, idempotencyKey }: Asked,
): Promise<Answered> {
  return new Promise((resolve) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const failed = (error: Error) => resolve({ status: 0, headers: {}, text: error.message });
    const asked = request(`${replica.url}${path}`, {
      method,
      agent: replica.agent,
      timeout: longestWait,
      headers: {
        ...(credential === null ? {} : { Authorization: `Bearer ${credential}` }),
        ...(text === undefined
          ? {}
          : { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) }),
        ...(idempotencyKey === undefined ? {} : { "Idempotency-Key": idempotencyKey }),
      },
    });
    asked.on("timeout", () => asked.destroy(new Error(`no answer within ${longestWait / 1000} s`)));
    asked.on("error", failed);
    asked.on("response", (response: IncomingMessage) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", failed);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(parts).toString("utf8"),
        }),
      );
    });
    asked.end(text);
  });
}
