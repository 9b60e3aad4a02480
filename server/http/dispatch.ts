import { isUtf8 } from "node:buffer";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { parse } from "node:querystring";
import type { ParsedUrlQuery } from "node:querystring";
import express from "express";
import type { Request, RequestHandler, Response } from "express";
import { LRUCache } from "lru-cache";
import { ReelbenchError } from "../../core/contract/errors.ts";
import type { Authenticator } from "../auth/authenticate.ts";
import { credentialOf } from "../auth/credentials.ts";
import { requirePermission } from "../auth/principal.ts";
import type { Principal } from "../auth/principal.ts";
import { addressKey } from "../auth/rate-limit.ts";
import type { RateLimiter, Verdict } from "../auth/rate-limit.ts";
import type { ServerConfig } from "../config.ts";
import type { Logger } from "../telemetry/logger.ts";
import { newRequestId } from "./exchange.ts";
import type { Exchange } from "./exchange.ts";
import type { LoadShedding } from "./load-shedding.ts";
import type { ObserveExchange } from "./middleware/observe.ts";
import { fromThrown, problemContentType, retryAfter, toProblem } from "./problem.ts";
import { encodeText } from "./encoded-body.ts";
import { corsHeaders, preflightHeaders, securityHeaders, sendReply } from "./respond.ts";
import { formatOf, protobufTypes } from "./negotiate.ts";
import type { Answering, RawRequest, Reply, Route } from "./route.ts";
import { createRouter } from "./router.ts";
import type { Found } from "./router.ts";

export interface DispatchOptions {
  readonly routes: readonly Route[];
  readonly config: Pick<ServerConfig, "requestTimeoutMs" | "bodyLimitBytes" | "corsOrigins">;
  readonly authenticator: Authenticator;
  /** For each principal. */
  readonly limit: RateLimiter;
  /** For each address, where whoever asks is not known yet and may make work: logging in, registering. */
  readonly openLimit: RateLimiter;
  readonly shedding: Pick<LoadShedding, "refuses">;
  readonly observe: ObserveExchange;
  readonly logger: Logger;
}

type MaybeSoon<T> = T | Promise<T>;

export interface Dispatch {
  /** Any request, inside of Express. */
  readonly handle: RequestHandler;
  /** False, and nothing done, where the request must go through Express. */
  readonly again: (...given: Parameters<RequestListener>) => boolean;
}

/** What an address without a body means. */
interface Met {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
  readonly search: string;
  readonly answering: Answering;
}

/** Addresses whose meaning is remembered, and how long one may be. */
const mostMet = 10_000;
const longestMet = 300;

/**
 * Every request from its first line to its last, in one handler: found by its path, authenticated, counted against its limit,
 * read, answered, sent. What can be answered from memory is answered before anything else gets its turn: no promise is made
 * on that way. Express is around it for what it knows of proxies and bodies; an address that was asked for before, with a
 * key that was looked at a moment ago, needs neither, and Express would cost it as much as all the rest.
 */
export function createDispatch(options: DispatchOptions): Dispatch {
  const { config, authenticator, limit, openLimit, shedding, observe, logger } = options;
  const router = createRouter(options.routes.map((value) => ({ path: value.path, method: value.method, value })));
  const common = securityHeaders({ "default-src": ["'none'"], "frame-ancestors": ["'none'"] });
  const bodies = { limit: config.bodyLimitBytes, type: () => true };
  const readJson = express.json({ ...bodies, strict: true, verify: refuseOtherThanUtf8 });
  const readBytes = express.raw(bodies);
  const met = new LRUCache<string, Met>({ max: mostMet });
  const policies = new Map(
    [limit, openLimit].map((each) => [each, `"${each.what}";q=${each.perMinute};w=60`] as const),
  );

  /** The head of an answer, up to what the answer itself says. */
  function headOf(request: IncomingMessage, exchange: Exchange): string[] {
    const headers = common.slice();
    headers.push("X-Request-Id", exchange.requestId);
    if (config.corsOrigins.length > 0) headers.push(...corsHeaders(config, request.headers.origin));
    return headers;
  }

  function fail(
    request: IncomingMessage,
    response: ServerResponse,
    exchange: Exchange,
    headers: string[],
    thrown: unknown,
  ): void {
    const error = fromThrown(thrown);
    const { requestId, route } = exchange;
    const { status } = error.definition;
    if (status >= 500 && error.code !== "RB_NO_ACTIVE_MODEL" && error.code !== "RB_UNAVAILABLE") {
      const cause = error.cause instanceof Error ? error.cause.stack : error.stack;
      logger.error({ requestId, route, code: error.code, message: error.message, cause }, "a request failed");
    }
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const after = retryAfter(error);
    if (after !== undefined) headers.push("Retry-After", String(after));
    if (status === 401) headers.push("WWW-Authenticate", 'Bearer realm="reelbench"');
    const body = encodeText(JSON.stringify(toProblem(error, requestId)), problemContentType);
    void sendReply(request, response, { status, body }, headers, "no-store");
  }

  function handle(request: Request, response: Response, exchange: Exchange, headers: string[]): MaybeSoon<void> {
    const { path, search } = splitTarget(request.url);
    const found = router.find(path);
    if (found === null) throw new ReelbenchError("RB_NOT_FOUND", `There is nothing at ${path.slice(0, 200)}.`);
    const method = request.method === "HEAD" ? "GET" : request.method;
    const route = found.byMethod.get(method);
    if (route === undefined) return refuseMethod(request, response, found, headers);
    exchange.route = route.path;
    shed(route);
    const admitted = admit(request, exchange, route, headers);
    const answer = () => answerRoute(request, response, exchange, route, found.params, search, headers);
    return admitted instanceof Promise ? admitted.then(answer) : answer();
  }

  /** Before anything is done for the request. */
  function shed(route: Route): void {
    if (unshed(route) || !shedding.refuses()) return;
    throw new ReelbenchError("RB_UNAVAILABLE", "More is asked of this server than it can answer in time.", {
      details: { retryAfter: 1 },
    });
  }

  /** Whoever has no key is turned away before a byte of the body is read. */
  function admit(request: Request, exchange: Exchange, route: Route, headers: string[]): MaybeSoon<void> {
    if (route.permission === null)
      return route.hasBody ? count(openLimit, addressKey(request.ip ?? ""), headers) : undefined;
    const enterAs = (principal: Principal) => enter(principal, exchange, route, headers);
    const credential = credentialOf(request.headers);
    const known = authenticator.known(credential);
    return known === null ? authenticator.authenticate(credential, request.ip ?? "").then(enterAs) : enterAs(known);
  }

  function enter(principal: Principal, exchange: Exchange, { permission }: Route, headers: string[]): MaybeSoon<void> {
    if (permission !== null) requirePermission(principal, permission);
    exchange.principal = principal;
    return count(limit, principal.id, headers);
  }

  function count(limiter: RateLimiter, who: string, headers: string[]): MaybeSoon<void> {
    const verdict = limiter.take(who);
    return verdict instanceof Promise
      ? verdict.then((later) => judge(limiter, later, headers))
      : judge(limiter, verdict, headers);
  }

  function judge(limiter: RateLimiter, { allowed, remaining, seconds }: Verdict, headers: string[]): void {
    headers.push(
      "RateLimit-Policy",
      policies.get(limiter) ?? "",
      "RateLimit",
      `"${limiter.what}";r=${remaining};t=${seconds}`,
    );
    if (allowed) return;
    throw new ReelbenchError(
      "RB_RATE_LIMITED",
      `This ${limiter.what} may make ${limiter.perMinute} requests a minute.`,
      { details: { retryAfter: seconds } },
    );
  }

  function answerRoute(
    request: Request,
    response: Response,
    exchange: Exchange,
    route: Route,
    params: Readonly<Record<string, string>>,
    search: string,
    headers: string[],
  ): MaybeSoon<void> {
    const finish = (body: unknown) => {
      const raw = rawRequest(request, exchange, { route, params, search }, body);
      const answering = route.read(raw);
      // Open routes need the address of who asks, which Express works out.
      if (!route.hasBody && route.permission !== null && request.method === "GET" && request.url.length <= longestMet)
        met.set(request.url, { route, params, search, answering });
      return answerWith(request, response, route, answering, raw, headers);
    };
    return route.hasBody ? readBodyOf(request, response, route).then(finish) : finish(undefined);
  }

  function rawRequest(
    { headers }: IncomingMessage,
    { requestId, principal, deadline }: Exchange,
    { route, params, search }: Omit<Met, "answering">,
    body: unknown,
  ): RawRequest {
    const format = route.binary === undefined ? "json" : formatOf(headers.accept);
    return { params, search, query: () => parseQuery(search), body, headers, format, requestId, principal, deadline };
  }

  function answerWith(
    request: IncomingMessage,
    response: ServerResponse,
    route: Route,
    answering: Answering,
    raw: RawRequest,
    headers: string[],
  ): MaybeSoon<void> {
    const reply = answering(raw);
    if (!(reply instanceof Promise)) return sendReply(request, response, reply, headers, route.freshness);
    return reply.then((later: Reply) => sendReply(request, response, later, headers, route.freshness));
  }

  /** Refuses another media type before the first byte is read. */
  async function readBodyOf(request: Request, response: Response, { binary }: Route): Promise<unknown> {
    const isBinary = binary?.read !== undefined && request.is([...protobufTypes]) !== false;
    if (!isBinary && request.is("application/json") === false) throw new ReelbenchError("RB_UNSUPPORTED_MEDIA_TYPE");
    await new Promise<void>((resolve, reject) => {
      (isBinary ? readBytes : readJson)(request, response, (error?: unknown) => {
        if (error === undefined) resolve();
        else reject(fromThrown(error));
      });
    });
    if (!isBinary) return request.body as unknown;
    return binary.read?.(request.body instanceof Uint8Array ? request.body : new Uint8Array());
  }

  function refuseMethod(request: Request, response: Response, found: Found<Route>, headers: string[]): void {
    const methods = [...found.byMethod.keys()].flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]));
    const allow = methods.join(", ");
    headers.push("Allow", allow);
    const [first] = found.byMethod.values();
    if (request.method !== "OPTIONS")
      throw new ReelbenchError(
        "RB_METHOD_NOT_ALLOWED",
        `${request.method} is not for this address; it takes ${allow}.`,
      );
    // Only what stands in the table of routes: never an id.
    if (first !== undefined && config.corsOrigins.length > 0) headers.push(...preflightHeaders(allow));
    response.writeHead(204, headers).end();
  }

  function begin(request: IncomingMessage, response: ServerResponse): Exchange {
    const started = performance.now();
    const exchange: Exchange = {
      requestId: newRequestId(),
      started,
      deadline: started + config.requestTimeoutMs,
      route: "(none)",
      principal: null,
    };
    observe(request, response, exchange);
    return exchange;
  }

  function guard(request: IncomingMessage, response: ServerResponse, exchange: Exchange, work: Work): void {
    const headers = headOf(request, exchange);
    try {
      const under = work(headers);
      if (under instanceof Promise)
        under.catch((thrown: unknown) => fail(request, response, exchange, headers, thrown));
    } catch (thrown) {
      fail(request, response, exchange, headers, thrown);
    }
  }

  return {
    handle: (request, response) => {
      const exchange = begin(request, response);
      guard(request, response, exchange, (headers) => handle(request, response, exchange, headers));
    },
    again: (request, response) => {
      const known = request.method === "GET" ? met.get(request.url ?? "") : undefined;
      const principal = known === undefined ? null : knownPrincipal(request);
      if (known === undefined || principal === null) return false;
      const exchange = begin(request, response);
      const { route, answering } = known;
      exchange.route = route.path;
      guard(request, response, exchange, (headers) => {
        shed(route);
        const admitted = enter(principal, exchange, route, headers);
        const answer = () =>
          answerWith(request, response, route, answering, rawRequest(request, exchange, known, undefined), headers);
        return admitted instanceof Promise ? admitted.then(answer) : answer();
      });
      return true;
    },
  };

  /** Null for whoever has to be looked up, or refused with what Express knows of them. */
  function knownPrincipal({ headers }: IncomingMessage): Principal | null {
    try {
      return authenticator.known(credentialOf(headers));
    } catch {
      return null;
    }
  }
}

type Work = (headers: string[]) => MaybeSoon<void>;

/** Probes and whoever runs the service are answered however much else is asked. */
function unshed({ permission, hasBody }: Route): boolean {
  return permission === null ? !hasBody : permission === "operations:run" || permission === "versions:read";
}

function splitTarget(target: string): { readonly path: string; readonly search: string } {
  // A request line may carry a whole URL (RFC 9112, 3.2.2).
  const origin = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(target)?.[0];
  const local = origin === undefined ? target : target.slice(origin.length) || "/";
  const at = local.indexOf("?");
  return at < 0 ? { path: local, search: "" } : { path: local.slice(0, at), search: local.slice(at + 1) };
}

/** Every parameter: the default keeps the first thousand and drops the rest in silence. Their number is bounded by the length of a request line. */
function parseQuery(text: string): ParsedUrlQuery {
  return { ...parse(text, "&", "=", { maxKeys: 0, decodeURIComponent: decodeStrictly }) };
}

/** What is not UTF-8 becomes text that every schema refuses, instead of becoming another id. */
function decodeStrictly(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "\ud800";
  }
}

function refuseOtherThanUtf8(_request: unknown, _response: unknown, body: Buffer): void {
  if (!isUtf8(body)) throw new ReelbenchError("RB_INVALID_INPUT", "The body is not valid UTF-8.");
}
