import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { WebSocketServer } from "ws";
import { ReelbenchError } from "../contract/errors.ts";
import { serveEngine } from "../contract/transport.ts";
import type { EngineApi } from "../contract/transport.ts";
import { exists } from "../files/atomic.ts";
import { refuse } from "../transport/endpoint.ts";
import { maximumMessageBytes, webSocketPort } from "../transport/web-socket.ts";
import { cookieName, createGuard, isMeantForUs } from "./guard.ts";
import type { Guard } from "./guard.ts";
import { findStaticFile } from "./static-files.ts";

export interface WebHost {
  /** To be opened once, in a browser of this machine: it carries the one-time token. */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

export interface WebHostOptions {
  readonly engine: EngineApi;
  /** 0: any free port. */
  readonly port?: number;
  /** The built renderer: a folder with index.html. */
  readonly rendererDirectory: URL;
}

/** Mantine writes its styles into the page, hence 'unsafe-inline' for styles; scripts only from files. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const headers = {
  "content-security-policy": contentSecurityPolicy,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "x-frame-options": "DENY",
} as const;

/**
 * Serves the workbench to a browser on this machine: loopback only, a one-time token that becomes an httpOnly
 * SameSite=Strict cookie, Host and Origin checked on every request. Throws RB_FILE_NOT_FOUND where the renderer is not
 * built, RB_CONFLICT where the port is taken.
 */
export async function startWebHost({ engine, port = 0, rendererDirectory }: WebHostOptions): Promise<WebHost> {
  const folder = fileURLToPath(rendererDirectory);
  if (!(await exists(fileURLToPath(new URL("index.html", rendererDirectory))))) {
    throw new ReelbenchError("RB_FILE_NOT_FOUND", `The workbench's pages are not built: ${folder} has no index.html.`);
  }
  const guard = createGuard();
  const http = createServer({ maxHeaderSize: 16_384, requestTimeout: 30_000 });
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maximumMessageBytes, perMessageDeflate: false });
  const bound = await listen(http, port);
  http.on("request", (request, response) => {
    answer(request, response, guard, bound, folder).catch(() => {
      if (!response.headersSent) send(response, 500, "Something went wrong.");
      else response.destroy();
    });
  });
  http.on("upgrade", (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    if (!isMeantForUs(request.headers, bound, true)) return refuse(stream, "403 Forbidden");
    if (!guard.hasSession(request.headers)) return refuse(stream);
    if (request.url !== "/engine") return refuse(stream, "404 Not Found");
    sockets.handleUpgrade(request, stream, head, (socket) => serveEngine(engine, webSocketPort(socket)));
  });
  return {
    url: `http://127.0.0.1:${bound}/?token=${guard.token}`,
    port: bound,
    async close() {
      const closed = new Promise<void>((resolve) => http.close(() => resolve()));
      for (const socket of sockets.clients) socket.terminate();
      http.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  guard: Guard,
  port: number,
  folder: string,
): Promise<void> {
  if (!isMeantForUs(request.headers, port, false))
    return send(response, 403, "This address serves one workbench on this machine only.");
  if (request.method !== "GET" && request.method !== "HEAD")
    return send(response, 405, "Only GET is understood.", { allow: "GET, HEAD" });
  // Parsed against a fixed origin: a request line may hold a whole other URL.
  const target = request.url ?? "/";
  if (!target.startsWith("/") || target.startsWith("//")) return send(response, 400, "Not a path.");
  const [path = "/", query = ""] = target.split("?", 2);
  const token = new URLSearchParams(query).get("token");
  if (path === "/" && token !== null && !guard.hasSession(request.headers)) {
    const session = guard.redeem(token);
    if (session === null)
      return send(
        response,
        401,
        "This link has been used already or is not right. Use the one in the terminal, or start the workbench again.",
      );
    return send(response, 303, "", {
      location: "/",
      "set-cookie": `${cookieName}=${session}; HttpOnly; SameSite=Strict; Path=/`,
    });
  }
  if (!guard.hasSession(request.headers))
    return send(response, 401, "Open the link that the terminal shows: it carries the key.");
  if (path === "/" && token !== null) return send(response, 303, "", { location: "/" });
  const file = await findStaticFile(folder, path);
  if (file === null) return send(response, 404, "There is no such page.");
  response.writeHead(200, {
    ...headers,
    "content-type": file.type,
    "content-length": file.bytes,
    "cache-control": file.immutable ? "private, max-age=31536000, immutable" : "no-store",
  });
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  await pipeline(file.open(), response);
}

function send(
  response: ServerResponse,
  status: number,
  text: string,
  extra: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    ...headers,
    "content-type": "text/plain; charset=utf-8",
    "cache-control": "no-store",
    ...extra,
  });
  response.end(text);
}

function listen(http: ReturnType<typeof createServer>, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    http.once("error", (error: NodeJS.ErrnoException) => {
      reject(
        error.code === "EADDRINUSE"
          ? new ReelbenchError("RB_CONFLICT", `Port ${port} is in use by another program.`, { cause: error })
          : error,
      );
    });
    http.listen(port, "127.0.0.1", () => resolve((http.address() as AddressInfo).port));
  });
}
