import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import { connect as tcpConnect } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { connect } from "../contract/transport.ts";
import type { EngineApi } from "../contract/transport.ts";
import { webSocketPort } from "../transport/web-socket.ts";
import { startWebHost } from "./web-host.ts";
import type { WebHost } from "./web-host.ts";

const engine: EngineApi = { call: (async () => []) as EngineApi["call"], subscribe: () => () => undefined };

let folder: string;
let host: WebHost;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "reelbench-web-"));
  mkdirSync(join(folder, "renderer", "assets"), { recursive: true });
  writeFileSync(join(folder, "renderer", "index.html"), "<title>Reelbench</title>");
  writeFileSync(join(folder, "renderer", "assets", "main-abc.js"), "export {};");
  writeFileSync(join(folder, "renderer", ".hidden.js"), "hidden");
  writeFileSync(join(folder, "secret.txt"), "secret");
  symlinkSync(join(folder, "secret.txt"), join(folder, "renderer", "assets", "link.txt"));
  host = await startWebHost({ engine, rendererDirectory: pathToFileURL(join(folder, "renderer/")) });
});
afterEach(async () => {
  await host.close();
  rmSync(folder, { recursive: true });
});

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Sends the path exactly as written; `fetch` would tidy it. */
function get(path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: "127.0.0.1", port: host.port, path, method, headers }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    request.once("error", reject).end();
  });
}

async function signIn(): Promise<string> {
  const { headers } = await get(new URL(host.url).pathname + new URL(host.url).search);
  return (headers["set-cookie"]?.[0] ?? "").split(";")[0] ?? "";
}

function webSocketStatus(headers: Record<string, string>, path = "/engine"): Promise<number> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${host.port}${path}`, { headers });
    socket.once("open", () => {
      socket.terminate();
      resolve(101);
    });
    socket.once("unexpected-response", (_request, response) => {
      socket.terminate();
      resolve(response.statusCode ?? 0);
    });
    socket.on("error", () => undefined);
  });
}
const own = () => `http://127.0.0.1:${host.port}`;

describe("the key", () => {
  test("opens once, becomes a cookie no script can read, and leaves the address bar", async () => {
    const link = new URL(host.url);
    expect(link.hostname).toBe("127.0.0.1");
    const first = await get(link.pathname + link.search);
    expect([first.status, first.headers.location]).toEqual([303, "/"]);
    const cookie = first.headers["set-cookie"]?.[0] ?? "";
    expect(cookie).toMatch(/; HttpOnly/);
    expect(cookie).toMatch(/; SameSite=Strict/);
    expect(cookie).not.toContain(link.searchParams.get("token"));
    expect((await get(link.pathname + link.search)).status).toBe(401);
    const page = await get("/", { cookie: cookie.split(";")[0] ?? "" });
    expect([page.status, page.body]).toEqual([200, "<title>Reelbench</title>"]);
    expect((await get(link.pathname + link.search, { cookie: cookie.split(";")[0] ?? "" })).headers.location).toBe("/");
  });

  test.each(["/", "/index.html", "/assets/main-abc.js", "/?token=", "/?token=wrong", "/compare?token=x"])(
    "nothing at %s without it",
    async (path) => {
      const { status, body } = await get(path);
      expect(status).toBe(401);
      expect(body).not.toContain("Reelbench</title>");
    },
  );

  test.each(["reelbench=", "reelbench=wrong", "other=x; reelbench", "reelbench=__proto__"])(
    "no cookie passes as one: %s",
    async (cookie) => {
      await signIn();
      expect((await get("/", { cookie })).status).toBe(401);
    },
  );
});

describe("requests meant for somebody else", () => {
  test.each(["evil.example", "127.0.0.1", "127.0.0.1:1", "evil.example:80", "127.0.0.1.evil.example"])(
    "Host %s is refused even with the cookie (DNS rebinding)",
    async (name) => {
      const cookie = await signIn();
      expect((await get("/", { cookie, host: name })).status).toBe(403);
      expect(await webSocketStatus({ cookie, host: name, origin: `http://${name}` })).toBe(403);
    },
  );

  test("a rebinding page cannot spend the token either", async () => {
    const { pathname, search } = new URL(host.url);
    expect((await get(pathname + search, { host: "evil.example" })).status).toBe(403);
    expect((await get(pathname + search)).status).toBe(303);
  });

  test.each(["http://evil.example", "null", "https://127.0.0.1", "file://", ""])(
    "a WebSocket from origin '%s' is refused even with the cookie",
    async (origin) => {
      const cookie = await signIn();
      expect(await webSocketStatus({ cookie, origin })).toBe(403);
    },
  );

  test("a WebSocket needs cookie, origin and path", async () => {
    const cookie = await signIn();
    expect(await webSocketStatus({ cookie })).toBe(403);
    expect(await webSocketStatus({ origin: own() })).toBe(401);
    expect(await webSocketStatus({ cookie, origin: own() }, "/other")).toBe(404);
    expect(await webSocketStatus({ cookie, origin: own() })).toBe(101);
  });

  test("only loopback is listened on", async () => {
    const outside = Object.values(networkInterfaces())
      .flat()
      .find((address) => address !== undefined && !address.internal && address.family === "IPv4");
    if (outside === undefined) return;
    const refused = await new Promise<boolean>((resolve) => {
      const socket = tcpConnect({ host: outside.address, port: host.port, timeout: 1000 });
      socket.once("connect", () => resolve(false));
      socket.once("error", () => resolve(true));
      socket.once("timeout", () => resolve(true));
    });
    expect(refused).toBe(true);
  });
});

describe("files", () => {
  test("screens of the app get the page, missing files do not", async () => {
    const cookie = await signIn();
    expect((await get("/compare/runs", { cookie })).body).toBe("<title>Reelbench</title>");
    expect((await get("/assets/main-abc.js", { cookie })).headers["content-type"]).toMatch(/javascript/);
    expect((await get("/assets/absent.js", { cookie })).status).toBe(404);
  });

  test.each([
    "/../secret.txt",
    "/assets/../../secret.txt",
    "/%2e%2e/secret.txt",
    "/..%2fsecret.txt",
    "/%2e%2e%2fsecret.txt",
    "/assets/%2e%2e/%2e%2e/secret.txt",
    "/..\\secret.txt",
    "/..%5csecret.txt",
    "/assets/link.txt",
    "/.hidden.js",
    "/%2ehidden.js",
    "/secret.txt%00.js",
    "/%",
    "//secret.txt",
    "/etc/passwd.txt",
    "http://127.0.0.1/secret.txt",
  ])("%s leads nowhere", async (path) => {
    const cookie = await signIn();
    const { status, body } = await get(path, { cookie });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(body).not.toMatch(/^(secret|hidden)$/);
  });

  test("every answer forbids foreign scripts, frames and sniffing", async () => {
    const cookie = await signIn();
    for (const { headers } of [
      await get("/"),
      await get("/", { cookie }),
      await get("/absent.js", { cookie }),
      await get("/", { host: "evil.example" }),
    ]) {
      const policy = headers["content-security-policy"]?.toString() ?? "";
      expect(policy).toContain("default-src 'none'");
      expect(policy).toMatch(/script-src 'self'(;|$)/);
      expect(policy).toContain("frame-ancestors 'none'");
      expect(headers["x-content-type-options"]).toBe("nosniff");
      expect(headers["access-control-allow-origin"]).toBeUndefined();
    }
  });

  test.each(["POST", "PUT", "DELETE", "OPTIONS"])("%s is not understood", async (method) => {
    expect((await get("/", { cookie: await signIn() }, method)).status).toBe(405);
  });
});

test("the engine answers over the socket", async () => {
  const socket = new WebSocket(`ws://127.0.0.1:${host.port}/engine`, {
    headers: { cookie: await signIn(), origin: own() },
  });
  const transport = connect(webSocketPort(socket));
  expect(await transport.request("sources.list", {})).toEqual([]);
  transport.close();
});

test("without a built renderer it says so", async () => {
  await expect(
    startWebHost({ engine, rendererDirectory: pathToFileURL(join(folder, "absent/")) }),
  ).rejects.toMatchObject({ code: "RB_FILE_NOT_FOUND" });
});
