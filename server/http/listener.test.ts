import { execFileSync } from "node:child_process";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { request } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import pino from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createListener } from "./listener.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "reelbench-tls-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const logger = pino({ level: "silent" });
const files = () => ({ certificate: join(directory, "cert.pem"), key: join(directory, "key.pem") });

/** A self-signed pair, put in its place at once. */
async function certify(name: string): Promise<void> {
  const fresh = (part: string) => join(directory, `${name}-${part}`);
  execFileSync(
    "openssl",
    [
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:P-256",
      "-nodes",
      "-days",
      "2",
      "-subj",
      `/CN=${name}`,
    ].concat(["-keyout", fresh("key"), "-out", fresh("cert")]),
    { stdio: "ignore" },
  );
  await rename(fresh("key"), files().key);
  await rename(fresh("cert"), files().certificate);
}

/** Whom the server says it is, over a new connection. */
function nameOf(port: number, tls: "TLSv1.1" | "TLSv1.3" = "TLSv1.3"): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { port, host: "127.0.0.1", rejectUnauthorized: false, agent: false, minVersion: tls, maxVersion: tls },
      (response) => {
        const { subject } = (response.socket as TLSSocket).getPeerCertificate();
        response.resume().once("end", () => resolve(String(subject.CN)));
      },
    );
    asked.once("error", reject);
    asked.end();
  });
}

test("a new certificate is used without a restart, and one that cannot be used leaves the one before", async () => {
  await certify("first");
  const listener = await createListener((_request, response) => response.end("ok"), {
    tls: files(),
    logger,
    every: 50,
  });
  await new Promise<void>((resolve) => listener.server.listen(0, "127.0.0.1", resolve));
  const { port } = listener.server.address() as AddressInfo;
  try {
    expect(await nameOf(port)).toBe("first");
    await expect(nameOf(port, "TLSv1.1")).rejects.toThrow();
    await certify("second");
    await listener.reload();
    expect(await nameOf(port)).toBe("second");
    await writeFile(files().certificate, "not a certificate");
    await listener.reload();
    expect(await nameOf(port)).toBe("second");
    // By itself, without being asked.
    await certify("third");
    for (const deadline = Date.now() + 30_000; (await nameOf(port)) !== "third" && Date.now() < deadline;)
      await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await nameOf(port)).toBe("third");
  } finally {
    listener.close();
    listener.server.close();
  }
});

test("files that do not belong together are refused at the start", async () => {
  await certify("first");
  const { certificate } = files();
  await rename(certificate, `${certificate}.kept`);
  await certify("second");
  await rename(`${certificate}.kept`, certificate);
  await expect(createListener((_request, response) => response.end(), { tls: files(), logger })).rejects.toMatchObject({
    code: "RB_INVALID_INPUT",
  });
});
