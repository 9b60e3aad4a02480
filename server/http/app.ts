import { isUtf8 } from "node:buffer";
import { randomUUID } from "node:crypto";
import { parse } from "node:querystring";
import type { ParsedUrlQuery } from "node:querystring";
import compression from "compression";
import express from "express";
import type { ErrorRequestHandler, Express, Request, RequestHandler, Response } from "express";
import helmet from "helmet";
import { ReelbenchError } from "../../core/contract/errors.ts";
import type { Authenticator } from "../auth/authenticate.ts";
import { credentialOf } from "../auth/credentials.ts";
import { requirePermission } from "../auth/principal.ts";
import type { Principal } from "../auth/principal.ts";
import { ipKeyGenerator, limitRate } from "../auth/rate-limit.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { ServerContext } from "./context.ts";
import { observeRequests } from "./middleware/observe.ts";
import { openApiDocument } from "./openapi.ts";
import { fromThrown, problemContentType, retryAfter, toProblem } from "./problem.ts";
import type { RawRequest, Reply, Route } from "./route.ts";
import { administrationRoutes } from "./routes/administration.ts";
import { catalogueRoutes } from "./routes/catalogue.ts";
import { feedbackRoutes } from "./routes/feedback.ts";
import { meRoutes } from "./routes/me.ts";
import { operationRoutes } from "./routes/operations.ts";
import { recommendationRoutes } from "./routes/recommendations.ts";
import { sessionRoutes } from "./routes/sessions.ts";
import { versionRoutes } from "./routes/versions.ts";

/** What the middleware of one request hands on. */
export interface RequestLocals {
  requestId: string;
  deadline: number;
  /** The route's pattern, for metrics and log; never the path with its ids. */
  route: string;
  principal: Principal | null;
}

const localsOf = (response: { readonly locals: unknown }) => response.locals as RequestLocals;

/** Every route but that of the OpenAPI document, which describes them. */
export function routesOf(context: ServerContext): Route[] {
  return [
    ...recommendationRoutes(context),
    ...feedbackRoutes(context),
    ...catalogueRoutes(context),
    ...versionRoutes(context),
    ...sessionRoutes(context),
    ...meRoutes(context),
    ...administrationRoutes(context),
    ...operationRoutes(context),
  ];
}

export function createApp(context: ServerContext, logger: Logger): Express {
  const { config } = context;
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.set("query parser", parseQuery);
  app.set("trust proxy", config.trustedProxies);

  app.use(begin(config.requestTimeoutMs));
  app.use(observeRequests(context.metrics, logger, (response) => localsOf(response).route));
  app.use(helmet({ contentSecurityPolicy: { directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } } }));
  app.use(compression({ threshold: 1024 }));

  const routes = routesOf(context);
  const document = JSON.stringify(openApiDocument(routes, context.software));
  app.get("/openapi.json", (_request, response) => {
    localsOf(response).route = "/openapi.json";
    response.type("application/json").send(document);
  });
  const guards: Guards = {
    authenticator: context.authenticator,
    limit: limitRate(config.rateLimitPerMinute, "key", (_request, response) => localsOf(response).principal?.id ?? ""),
    openLimit: limitRate(config.openRateLimitPerMinute, "address", ({ ip = "" }) => ipKeyGenerator(ip)),
    bodyLimit: config.bodyLimitBytes,
  };
  for (const route of routes) mount(app, route, guards);
  for (const [path, methods] of methodsByPath([...routes, { path: "/openapi.json", method: "get" }]))
    app.all(expressPath(path), refuseMethod(methods));

  app.use((request: Request) => {
    throw new ReelbenchError("RB_NOT_FOUND", `There is nothing at ${request.path.slice(0, 200)}.`);
  });
  app.use(sendProblem(logger));
  return app;
}

/** Every parameter: the default keeps the first thousand and drops the rest in silence. Their number is bounded by the length of a request line. */
function parseQuery(text: string): ParsedUrlQuery {
  return parse(text, "&", "=", { maxKeys: 0, decodeURIComponent: decodeStrictly });
}

/** What is not UTF-8 becomes text that every schema refuses, instead of becoming another id. */
function decodeStrictly(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "\ud800";
  }
}

function begin(timeout: number): RequestHandler {
  return (_request, response, next) => {
    const locals = localsOf(response);
    locals.requestId = randomUUID();
    locals.deadline = performance.now() + timeout;
    locals.route = "(none)";
    locals.principal = null;
    response.setHeader("X-Request-Id", locals.requestId);
    response.setHeader("Cache-Control", "no-store");
    next();
  };
}

interface Guards {
  readonly authenticator: Authenticator;
  /** For each principal. */
  readonly limit: RequestHandler;
  /** For each address, where whoever asks is not known yet and may make work: logging in, registering. */
  readonly openLimit: RequestHandler;
  readonly bodyLimit: number;
}

function mount(app: Express, route: Route, { authenticator, limit, openLimit, bodyLimit }: Guards): void {
  const path = expressPath(route.path);
  const name: RequestHandler = (_request, response, next) => {
    localsOf(response).route = route.path;
    next();
  };
  // Whoever has no key is turned away before a byte of the body is read.
  const guard =
    route.permission !== null
      ? [authenticate(authenticator, route.permission), limit]
      : route.hasBody
        ? [openLimit]
        : [];
  const read = route.hasBody
    ? [requireJson, express.json({ limit: bodyLimit, strict: true, type: () => true, verify: refuseOtherThanUtf8 })]
    : [];
  const answer: RequestHandler = async (request, response) => {
    const { requestId, deadline, principal } = localsOf(response);
    const raw: RawRequest = {
      params: { ...request.params },
      query: { ...request.query },
      body: request.body as unknown,
      headers: request.headers,
      requestId,
      principal,
      deadline,
    };
    send(response, await route.answer(raw));
  };
  app[route.method](path, name, ...guard, ...read, answer);
}

function authenticate(authenticator: Authenticator, permission: NonNullable<Route["permission"]>): RequestHandler {
  return async (request, response, next) => {
    const principal = await authenticator.authenticate(credentialOf(request.headers), request.ip ?? "");
    requirePermission(principal, permission);
    localsOf(response).principal = principal;
    next();
  };
}

const requireJson: RequestHandler = (request, _response, next) => {
  if (request.is("application/json") === false) throw new ReelbenchError("RB_UNSUPPORTED_MEDIA_TYPE");
  next();
};

function refuseOtherThanUtf8(_request: unknown, _response: unknown, body: Buffer): void {
  if (!isUtf8(body)) throw new ReelbenchError("RB_INVALID_INPUT", "The body is not valid UTF-8.");
}

function send(response: Response, { status = 200, headers = {}, body }: Reply): void {
  response.status(status).set(headers);
  if (body === null) response.end();
  else if ("text" in body && "contentType" in body) response.set("Content-Type", body.contentType).send(body.text);
  else response.set("Content-Type", "application/json; charset=utf-8").send(JSON.stringify(body));
}

function refuseMethod(methods: readonly string[]): RequestHandler {
  const allow = methods.join(", ");
  return (request, response) => {
    response.set("Allow", allow);
    if (request.method === "OPTIONS") {
      response.status(204).end();
      return;
    }
    throw new ReelbenchError("RB_METHOD_NOT_ALLOWED", `${request.method} is not for this address; it takes ${allow}.`);
  };
}

function methodsByPath(routes: readonly { readonly path: string; readonly method: string }[]): Map<string, string[]> {
  const byPath = new Map<string, string[]>();
  for (const { path, method } of routes) {
    const methods = byPath.get(path) ?? [];
    methods.push(...(method === "get" ? ["GET", "HEAD"] : [method.toUpperCase()]));
    byPath.set(path, methods);
  }
  return byPath;
}

function expressPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ":$1");
}

function sendProblem(logger: Logger): ErrorRequestHandler {
  return (thrown: unknown, _request, response, next) => {
    const error = fromThrown(thrown);
    const { requestId, route } = localsOf(response);
    if (error.definition.status >= 500 && error.code !== "RB_NO_ACTIVE_MODEL" && error.code !== "RB_UNAVAILABLE") {
      logger.error(
        { requestId, route, code: error.code, message: error.message, cause: causeOf(error) },
        "a request failed",
      );
    }
    if (response.headersSent) {
      next(thrown);
      return;
    }
    const after = retryAfter(error);
    if (after !== undefined) response.setHeader("Retry-After", String(after));
    if (error.definition.status === 401) response.setHeader("WWW-Authenticate", 'Bearer realm="reelbench"');
    response
      .status(error.definition.status)
      .set("Content-Type", problemContentType)
      .send(JSON.stringify(toProblem(error, requestId)));
  };
}

function causeOf(error: Error): string | undefined {
  return error.cause instanceof Error ? error.cause.stack : error.stack;
}
