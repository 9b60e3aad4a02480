import { randomBytes, timingSafeEqual } from "node:crypto";
import { rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";
import { z } from "zod";
import { serveEngine } from "../contract/transport.ts";
import type { EngineApi } from "../contract/transport.ts";
import { writeFileAtomic } from "../files/atomic.ts";
import { maximumMessageBytes, webSocketPort } from "./web-socket.ts";

/** `engine.json`: where the running engine of a workspace listens. Readable by its owner only. */
export const engineFile = z.object({
  pid: z.int().positive(),
  port: z.int().min(1).max(65535),
  token: z.string().min(16),
  version: z.string(),
});

export interface EngineEndpoint {
  readonly port: number;
  readonly token: string;
  /** Fronts connected now. */
  connections(): number;
  /** Resolves once no front is connected. */
  untilAlone(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Lets other processes of this user (the CLI) use a running engine: a WebSocket on loopback behind a token that only
 * `engine.json` (mode 0600) tells. A browser cannot set that header, and whoever sends an Origin is refused.
 */
export async function startEndpoint(engine: EngineApi, path: string, version: string): Promise<EngineEndpoint> {
  const token = randomBytes(32).toString("base64url");
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maximumMessageBytes, perMessageDeflate: false });
  const http = createServer((_request, response) => response.writeHead(404).end());
  http.on("upgrade", (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    if (!isAdmitted(request, token)) return refuse(stream);
    sockets.handleUpgrade(request, stream, head, (socket) => serveEngine(engine, webSocketPort(socket)));
  });
  await new Promise<void>((resolve, reject) => {
    http.once("error", reject);
    http.listen(0, "127.0.0.1", resolve);
  });
  const { port } = http.address() as AddressInfo;
  await writeFileAtomic(path, JSON.stringify({ pid: process.pid, port, token, version }), 0o600);
  return {
    port,
    token,
    connections: () => sockets.clients.size,
    untilAlone: () => allClosed(sockets.clients),
    async close() {
      await rm(path, { force: true });
      for (const socket of sockets.clients) socket.close(1001);
      const stragglers = setTimeout(() => http.closeAllConnections(), 500);
      await new Promise<void>((resolve) => {
        for (const socket of sockets.clients) setTimeout(() => socket.terminate(), 300).unref();
        http.close(() => resolve());
      });
      clearTimeout(stragglers);
    },
  };
}

function isAdmitted(request: IncomingMessage, token: string): boolean {
  if (request.headers.origin !== undefined || request.url !== "/engine") return false;
  const given = Buffer.from(request.headers.authorization ?? "");
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

export function refuse(stream: Duplex, status = "401 Unauthorized"): void {
  stream.on("error", () => stream.destroy());
  stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

async function allClosed(clients: ReadonlySet<WebSocket>): Promise<void> {
  while (clients.size > 0) {
    await Promise.all(
      [...clients].map((socket) => new Promise<void>((resolve) => socket.once("close", () => resolve()))),
    );
  }
}
