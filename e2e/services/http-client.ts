import type { z } from "zod";
import type { answerSchema } from "../../server/http/schemas.ts";
import type { Problem } from "../../server/http/problem.ts";

type Answer = z.infer<typeof answerSchema>;

/** What came back, as any of the things it may be; tests assert which. */
export interface Received {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Answer;
  readonly problem: Problem;
}

export interface Client {
  readonly url: string;
  readonly key: string | null;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Received>;
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Received>;
  /** Any method; `body` is sent as JSON unless it is undefined. */
  send(method: string, path: string, body?: unknown): Promise<Received>;
}

/** Speaks to a server as any client would: over HTTP, with fetch. */
export function createClient(url: string, key: string | null): Client {
  const request = async (
    path: string,
    init: RequestInit,
    headers: Readonly<Record<string, string>>,
  ): Promise<Received> => {
    const response = await fetch(`${url}${path}`, {
      ...init,
      headers: { ...(key === null ? {} : { Authorization: `Bearer ${key}` }), ...headers },
    });
    const text = await response.text();
    const json = (): unknown => JSON.parse(text);
    return {
      status: response.status,
      headers: response.headers,
      text,
      get body() {
        return json() as Answer;
      },
      get problem() {
        return json() as Problem;
      },
    };
  };
  return {
    url,
    key,
    get: (path, headers = {}) => request(path, {}, headers),
    post: (path, body, headers = {}) =>
      request(
        path,
        { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) },
        { "Content-Type": "application/json", ...headers },
      ),
    send: (method, path, body) =>
      body === undefined
        ? request(path, { method }, {})
        : request(path, { method, body: JSON.stringify(body) }, { "Content-Type": "application/json" }),
  };
}
