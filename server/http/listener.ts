import { readFile } from "node:fs/promises";
import { unwatchFile, watchFile } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import type { RequestListener, Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { Server as HttpsServer } from "node:https";
import { X509Certificate, createPrivateKey } from "node:crypto";
import { createSecureContext } from "node:tls";
import { ReelbenchError } from "../../core/contract/errors.ts";
import type { TlsFiles } from "../config.ts";
import type { Logger } from "../telemetry/logger.ts";
import { refuseUnparsed } from "./unparsed.ts";

export interface Listener {
  readonly server: Server | HttpsServer;
  readonly protocol: "http" | "https";
  /** Reads the certificate again. Connections that are open stay; one that cannot be used leaves the one before. Never throws. */
  reload(): Promise<void>;
  close(): void;
}

/** How often the files are looked at. Certificates arrive by rename and by changed links, which no watch sees everywhere. */
const lookEvery = 5_000;

/** A header section or body that trickles in must not hold a connection for ever. */
const limits = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 2_000,
  // The first line counts, and what a proxy adds: a hundred ids to leave out must fit.
  maxHeaderSize: 32_768,
} as const;

/**
 * An HTTP server, or with `tls` an HTTPS server (TLS 1.2 and newer) that takes a new certificate without a restart: by itself
 * when the files change, or by `reload`. Throws RB_INVALID_INPUT where the files cannot be used.
 */
export async function createListener(
  app: RequestListener,
  {
    tls,
    logger,
    every = lookEvery,
  }: { readonly tls: TlsFiles | null; readonly logger: Logger; readonly every?: number },
): Promise<Listener> {
  if (tls === null) {
    const server = createHttpServer(limits, app);
    server.maxRequestsPerSocket = 0;
    server.on("clientError", refuseUnparsed);
    return { server, protocol: "http", reload: () => Promise.resolve(), close: () => undefined };
  }
  const first = await readPair(tls);
  const server = createHttpsServer({ ...limits, ...first, minVersion: "TLSv1.2", honorCipherOrder: true }, app);
  server.maxRequestsPerSocket = 0;
  server.on("clientError", refuseUnparsed);
  let current = first.cert;
  const reload = async () => {
    try {
      const next = await readPair(tls);
      if (next.cert.equals(current)) return;
      server.setSecureContext({ ...next, minVersion: "TLSv1.2" });
      current = next.cert;
      logger.info({ validTo: new X509Certificate(next.cert).validTo }, "a new certificate is used");
    } catch (error) {
      // Half of a pair may have been written when the other half was not.
      logger.warn({ error: String(error) }, "the certificate was not reloaded; the one before stays");
    }
  };
  const look = () => void reload();
  for (const path of [tls.certificate, tls.key]) watchFile(path, { interval: every, persistent: false }, look);
  return {
    server,
    protocol: "https",
    reload,
    close: () => {
      for (const path of [tls.certificate, tls.key]) unwatchFile(path, look);
    },
  };
}

async function readPair({ certificate, key }: TlsFiles): Promise<{ readonly cert: Buffer; readonly key: Buffer }> {
  try {
    const pair = { cert: await readFile(certificate), key: await readFile(key) };
    if (!new X509Certificate(pair.cert).checkPrivateKey(createPrivateKey(pair.key)))
      throw new Error("the key is not the certificate's");
    createSecureContext(pair);
    return pair;
  } catch (cause) {
    throw new ReelbenchError(
      "RB_INVALID_INPUT",
      `The certificate ${certificate} and the key ${key} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}.`,
      { cause },
    );
  }
}
