import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import helmet from "helmet";
import type { ServerConfig } from "../config.ts";
import { encodeJson, encodeText, jsonType } from "./encoded-body.ts";
import type { EncodedBody } from "./encoded-body.ts";
import { encodingOf, matches } from "./negotiate.ts";
import type { Encoding } from "./negotiate.ts";
import type { Freshness, Reply } from "./route.ts";

/** Below this, compression costs more than it saves. */
const worthCompressing = 1024;
const compressBrotli = promisify(brotliCompress);
const compressGzip = promisify(gzip);

/** Names and values in turn, as `writeHead` takes them without looking at each. */
type RawHeaders = string[];

/**
 * What every answer says to browsers. Helmet decides; it is asked once, because it says the same every time and asking
 * costs as much as the rest of the answer's head. What only means something to pages is left to those routes that send one.
 */
export function securityHeaders(contentSecurityPolicy: Readonly<Record<string, readonly string[]>>): RawHeaders {
  const headers: RawHeaders = [];
  const collect = {
    setHeader: (name: string, value: string) => void headers.push(name, value),
    removeHeader: () => undefined,
  };
  const directives = Object.fromEntries(
    Object.entries(contentSecurityPolicy).map(([name, values]) => [name, [...values]]),
  );
  helmet({
    contentSecurityPolicy: { useDefaults: false, directives },
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
  })({} as IncomingMessage, collect as unknown as ServerResponse, (error?: unknown) => {
    if (error !== undefined) throw new Error("Helmet refused its own settings.", { cause: error });
  });
  return headers;
}

/** What a browser's page may send, if its origin is one of the configured ones. Never with cookies: keys are sent in a header. */
export function corsHeaders(config: Pick<ServerConfig, "corsOrigins">, origin: string | undefined): RawHeaders {
  if (config.corsOrigins.length === 0) return [];
  if (config.corsOrigins.includes("*")) return ["Access-Control-Allow-Origin", "*", ...exposed];
  if (origin === undefined || !config.corsOrigins.includes(origin)) return ["Vary", "Origin"];
  return ["Access-Control-Allow-Origin", origin, "Vary", "Origin", ...exposed];
}

const exposed = [
  "Access-Control-Expose-Headers",
  "ETag, RateLimit, RateLimit-Policy, Retry-After, X-Reelbench-Source, X-Reelbench-Version, X-Request-Id",
];

export function preflightHeaders(allow: string): RawHeaders {
  return [
    "Access-Control-Allow-Methods",
    allow,
    "Access-Control-Allow-Headers",
    "Authorization, Content-Type, Idempotency-Key, If-None-Match, X-API-Key",
    "Access-Control-Max-Age",
    "600",
  ];
}

/** Sends a reply whose head so far is `headers`. Resolves when it is given to the socket; only compression takes time. */
export function sendReply(
  request: IncomingMessage,
  response: ServerResponse,
  reply: Reply,
  headers: RawHeaders,
  freshness: Freshness,
): void | Promise<void> {
  const { status = 200, headers: own } = reply;
  if (own !== undefined) for (const name in own) setHeader(headers, name, own[name] ?? "");
  if (reply.body === null) {
    response.writeHead(status, headers).end();
    return;
  }
  const body = encodedBodyOf(reply);
  if (freshness === "revalidate" && status === 200) {
    headers.push("ETag", body.etag, "Cache-Control", "private, no-cache", "Vary", varies);
    const condition = request.headers["if-none-match"];
    if (condition !== undefined && matches(condition, body.etag)) {
      response.writeHead(304, headers).end();
      return;
    }
  } else headers.push("Cache-Control", "no-store", "Vary", "Accept, Accept-Encoding");
  headers.push("Content-Type", body.contentType);
  const encoding = body.latin1.length < worthCompressing ? "identity" : encodingOf(request.headers["accept-encoding"]);
  if (encoding === "identity") {
    headers.push("Content-Length", String(body.latin1.length));
    response.writeHead(status, headers);
    if (request.method === "HEAD") response.end();
    else response.end(body.latin1, "latin1");
    return;
  }
  return compressed(body, encoding).then((bytes) => {
    headers.push("Content-Encoding", encoding, "Content-Length", String(bytes.length));
    response.writeHead(status, headers);
    if (request.method === "HEAD") response.end();
    else response.end(bytes);
  });
}

/** A route's own policy takes the place of the common one: two would both hold. */
function setHeader(headers: RawHeaders, name: string, value: string): void {
  const at = name === "Content-Security-Policy" ? headers.indexOf(name) : -1;
  if (at < 0) headers.push(name, value);
  else headers[at + 1] = value;
}

const varies = "Accept, Accept-Encoding, Authorization, X-API-Key";

function encodedBodyOf({ body }: Reply): EncodedBody {
  if (body === null) return encodeText("", jsonType);
  if ("latin1" in body && "etag" in body) return body;
  if ("text" in body && "contentType" in body) return encodeText(body.text, body.contentType);
  return encodeJson(body);
}

/** Of a body that is kept, made once. */
function compressed(body: EncodedBody, encoding: Exclude<Encoding, "identity">): Promise<Buffer> {
  const forms = (body.compressed ??= {});
  const bytes = () => Buffer.from(body.latin1, "latin1");
  return (forms[encoding] ??=
    encoding === "br"
      ? compressBrotli(bytes(), { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } })
      : compressGzip(bytes(), { level: 6 }));
}
