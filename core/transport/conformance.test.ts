/** What every transport keeps, whatever carries it. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MessageChannel } from "node:worker_threads";
import { afterEach, describe, expect, test, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { ReelbenchError } from "../contract/errors.ts";
import { memoryPorts } from "../contract/memory-port.ts";
import type { EngineEvent } from "../contract/methods.ts";
import { connect, followJob, runJob, serveEngine } from "../contract/transport.ts";
import type { EngineApi, Port, Transport } from "../contract/transport.ts";
import { engineFile, startEndpoint } from "./endpoint.ts";
import { electronPort, nodePort } from "./message-port.ts";
import type { ElectronMessagePort } from "./message-port.ts";
import { connectWebSocket, webSocketPort } from "./web-socket.ts";

interface FakeEngine extends EngineApi {
  emit(event: EngineEvent): void;
  readonly calls: { method: string; input: unknown }[];
  readonly listeners: Set<(event: EngineEvent) => void>;
}

/** An engine that only answers: no rooms behind it. */
function fakeEngine(answer: (method: string, input: unknown) => unknown): FakeEngine {
  const listeners = new Set<(event: EngineEvent) => void>();
  const calls: { method: string; input: unknown }[] = [];
  return {
    calls,
    listeners,
    emit: (event) => listeners.forEach((listener) => listener(event)),
    call: (async (method: string, input: unknown) => {
      calls.push({ method, input });
      return answer(method, input);
    }) as EngineApi["call"],
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** MessagePortMain has the shape of a Node port whose messages are wrapped. */
function asElectron(port: InstanceType<typeof MessageChannel>["port1"]): ElectronMessagePort {
  return {
    postMessage: (message) => port.postMessage(message),
    on: (event: "message" | "close", listener: (event: { readonly data: unknown }) => void) =>
      event === "message"
        ? port.on("message", (data: unknown) => listener({ data }))
        : port.on("close", () => listener({ data: null })),
    start: () => port.start(),
    close: () => port.close(),
  };
}

const cleanups: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function webSocketPair(): Promise<readonly [Port, Port]> {
  const http = createServer().listen(0, "127.0.0.1");
  const server = new WebSocketServer({ server: http });
  await new Promise((resolve) => http.once("listening", resolve));
  const client = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`);
  const accepted = new Promise<WebSocket>((resolve) => server.once("connection", resolve));
  cleanups.push(() => {
    client.terminate();
    server.close();
    http.closeAllConnections();
    http.close();
  });
  const clientPort = webSocketPort(client);
  return [webSocketPort(await accepted), clientPort];
}

const pairs: Record<string, () => Promise<readonly [Port, Port]>> = {
  "in memory": async () => memoryPorts(),
  "message ports of Node": async () => {
    const { port1, port2 } = new MessageChannel();
    cleanups.push(() => port1.close());
    return [nodePort(port1), nodePort(port2)];
  },
  "message ports of Electron": async () => {
    const { port1, port2 } = new MessageChannel();
    cleanups.push(() => port1.close());
    return [electronPort(asElectron(port1)), electronPort(asElectron(port2))];
  },
  WebSocket: webSocketPair,
};

const job = (state: "running" | "succeeded", done: number) => ({
  id: "j0001",
  kind: "splits.create",
  title: "Split",
  state,
  createdAt: "2026-01-01T00:00:00.000Z",
  startedAt: null,
  finishedAt: null,
  progress: { done, total: 10, unit: "rows", message: "" },
  result: state === "succeeded" ? { splitId: "p0001" } : null,
  error: null,
  resumable: false,
});

describe.each(Object.keys(pairs))("over %s", (name) => {
  const open = async (
    engine: EngineApi,
  ): Promise<Transport & { readonly serverPort: Port; readonly clientPort: Port }> => {
    const pair = pairs[name];
    if (pair === undefined) throw new Error(name);
    const [serverPort, clientPort] = await pair();
    serveEngine(engine, serverPort);
    return { ...connect(clientPort), serverPort, clientPort };
  };

  test("a request is parsed, with defaults, and answered", async () => {
    const engine = fakeEngine(() => []);
    const transport = await open(engine);
    expect(await transport.request("users.search", { snapshotId: "s0001" })).toEqual([]);
    expect(engine.calls).toEqual([{ method: "users.search", input: { snapshotId: "s0001", text: "", limit: 20 } }]);
  });

  test("answers find their own request, whatever their order", async () => {
    const engine = fakeEngine(async (_method, input) => {
      const { text } = input as { text: string };
      await new Promise((resolve) => setTimeout(resolve, text === "slow" ? 40 : 0));
      return [{ userId: text, ratings: 1 }];
    });
    const transport = await open(engine);
    const [slow, fast] = await Promise.all(
      ["slow", "fast"].map((text) => transport.request("users.search", { snapshotId: "s0001", text })),
    );
    expect([slow, fast]).toEqual([[{ userId: "slow", ratings: 1 }], [{ userId: "fast", ratings: 1 }]]);
  });

  test("an error arrives with code, message and details", async () => {
    const engine = fakeEngine(() => {
      throw new ReelbenchError("RB_INCOMPARABLE", "Different splits.", { details: { splits: ["p1", "p2"] } });
    });
    const transport = await open(engine);
    await expect(transport.request("sources.list", {})).rejects.toMatchObject({
      code: "RB_INCOMPARABLE",
      message: "Different splits.",
      details: { splits: ["p1", "p2"] },
    });
  });

  test("details that cannot be sent do not hide the error", async () => {
    const circular: Record<string, unknown> = { big: 1n };
    circular["self"] = circular;
    const transport = await open(
      fakeEngine(() => {
        throw new ReelbenchError("RB_CONFLICT", "Twisted.", { details: circular });
      }),
    );
    await expect(transport.request("sources.list", {})).rejects.toMatchObject({
      code: "RB_CONFLICT",
      message: "Twisted.",
    });
  });

  test("an answer that cannot be sent, or has the wrong shape, is an error and not a silence", async () => {
    const circular: Record<string, unknown> = { f: () => 1 };
    circular["self"] = circular;
    let answer: unknown = circular;
    const transport = await open(fakeEngine(() => answer));
    await expect(transport.request("sources.list", {})).rejects.toMatchObject({ code: "RB_INTERNAL" });
    answer = [{ id: 7 }];
    await expect(transport.request("sources.list", {})).rejects.toMatchObject({ code: "RB_INTERNAL" });
  });

  test("unknown methods and wrong inputs never reach the engine", async () => {
    const engine = fakeEngine(() => null);
    const transport = await open(engine);
    const raw = transport.request as (method: string, input: unknown) => Promise<unknown>;
    for (const method of ["constructor", "__proto__", "toString", "sources.destroy", ""]) {
      await expect(raw(method, {})).rejects.toMatchObject({ code: "RB_UNKNOWN_METHOD" });
    }
    await expect(raw("sources.get", { sourceId: "../../etc" })).rejects.toMatchObject({
      code: "RB_INVALID_INPUT",
      details: { issues: [{ path: "sourceId" }] },
    });
    await expect(raw("sources.get", null)).rejects.toMatchObject({ code: "RB_INVALID_INPUT" });
    expect(engine.calls).toEqual([]);
  });

  test("events arrive in their order, and no more after unsubscribing", async () => {
    const engine = fakeEngine(() => []);
    const transport = await open(engine);
    const seen: string[] = [];
    const unsubscribe = transport.subscribe((event) => seen.push(event.type === "changed" ? event.id : event.type));
    for (let index = 0; index < 200; index += 1) engine.emit({ type: "changed", entity: "run", id: `r${index}` });
    await vi.waitFor(() => expect(seen.length).toBe(200));
    expect(seen).toEqual(Array.from({ length: 200 }, (_, index) => `r${index}`));
    unsubscribe();
    engine.emit({ type: "changed", entity: "run", id: "later" });
    await transport.request("sources.list", {});
    expect(seen.length).toBe(200);
  });

  test("a job is followed to its result", async () => {
    const engine = fakeEngine((method) => (method === "jobs.get" ? job("running", 0) : { jobId: "j0001" }));
    const transport = await open(engine);
    const progress: number[] = [];
    const result = runJob(
      transport,
      "splits.create",
      { snapshotId: "s0001", protocol: { protocol: "random" } },
      { onProgress: ({ done }) => progress.push(done) },
    );
    await vi.waitFor(() => expect(progress).toEqual([0]));
    engine.emit({ type: "job", job: job("running", 5) });
    engine.emit({ type: "job", job: job("succeeded", 10) });
    expect(await result).toEqual({ splitId: "p0001" });
    expect(progress).toEqual([0, 5, 10]);
  });

  test("a job that can no longer be cancelled is followed to its end", async () => {
    const engine = fakeEngine((method) => {
      if (method === "jobs.cancel") throw new ReelbenchError("RB_CONFLICT", "Too late.");
      return method === "jobs.get" ? job("running", 9) : { jobId: "j0001" };
    });
    const transport = await open(engine);
    const cancel = new AbortController();
    const result = runJob(
      transport,
      "splits.create",
      { snapshotId: "s0001", protocol: { protocol: "random" } },
      { signal: cancel.signal, onProgress: () => cancel.abort() },
    );
    await vi.waitFor(() => expect(engine.calls.at(-1)?.method).toBe("jobs.cancel"));
    await transport.request("sources.list", {}).catch(() => undefined); // The refusal is here by now.
    engine.emit({ type: "job", job: job("succeeded", 10) });
    expect(await result).toEqual({ splitId: "p0001" });
  });

  test.each(["serverPort", "clientPort"] as const)(
    "a job of which nothing more is heard ends when the %s closes",
    async (side) => {
      const engine = fakeEngine((method) => (method === "jobs.get" ? job("running", 3) : { jobId: "j0001" }));
      const transport = await open(engine);
      const progress: number[] = [];
      const result = runJob(
        transport,
        "splits.create",
        { snapshotId: "s0001", protocol: { protocol: "random" } },
        { onProgress: ({ done }) => progress.push(done) },
      );
      await vi.waitFor(() => expect(progress).toEqual([3]));
      transport[side].close();
      await expect(result).rejects.toMatchObject({ code: "RB_TRANSPORT_CLOSED" });
      await expect(followJob(transport, "j0001")).rejects.toMatchObject({ code: "RB_TRANSPORT_CLOSED" });
    },
  );

  test("aborting gives up waiting and leaves the connection usable", async () => {
    let release: (value: unknown) => void = () => {};
    const engine = fakeEngine((method) =>
      method === "sources.list" ? new Promise((resolve) => (release = resolve)) : [],
    );
    const transport = await open(engine);
    const controller = new AbortController();
    const waiting = transport.request("sources.list", {}, controller.signal);
    await vi.waitFor(() => expect(engine.calls.length).toBe(1));
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: "RB_CANCELLED" });
    release([]); // The late answer must not disturb anybody.
    expect(await transport.request("snapshots.list", {})).toEqual([]);
    await expect(transport.request("snapshots.list", {}, AbortSignal.abort())).rejects.toMatchObject({
      code: "RB_CANCELLED",
    });
  });

  test.each(["serverPort", "clientPort"] as const)(
    "what is pending when the %s closes is rejected, and the engine forgets the front",
    async (side) => {
      const engine = fakeEngine(() => new Promise(() => undefined));
      const transport = await open(engine);
      const waiting = transport.request("sources.list", {});
      await vi.waitFor(() => expect(engine.calls.length).toBe(1));
      transport[side].close();
      await expect(waiting).rejects.toMatchObject({ code: "RB_TRANSPORT_CLOSED" });
      await expect(transport.request("sources.list", {})).rejects.toMatchObject({ code: "RB_TRANSPORT_CLOSED" });
      await vi.waitFor(() => expect(engine.listeners.size).toBe(0));
    },
  );

  test("a message of several megabytes passes whole", async () => {
    const long = "ä€😀".repeat(700_000);
    const engine = fakeEngine(() => [{ userId: "u", ratings: 1 }]);
    const transport = await open({
      ...engine,
      call: (async () => ({
        path: long,
        name: "",
        id: "",
        schemaVersion: 1,
        engine: { version: "", pid: 1, runtime: "", startedAt: "2026-01-01T00:00:00.000Z", threads: 1 },
        counts: { sources: 0, snapshots: 0, splits: 0, runs: 0, publications: 0 },
      })) as EngineApi["call"],
    });
    expect((await transport.request("workspace.get", {})).path === long).toBe(true);
  });

  test("hostile messages are ignored and harm nobody", async () => {
    const engine = fakeEngine(() => []);
    const transport = await open(engine);
    const hostile = [
      null,
      7,
      "x",
      [],
      {},
      { type: "request" },
      { type: "request", id: "1", method: "sources.list", input: {} },
      { type: "reply", id: 1, output: [] },
      { type: "error", id: 2, error: "no" },
      { type: "event", event: { type: "job", job: null } },
      { type: "__proto__" },
    ];
    for (const message of hostile) {
      transport.clientPort.send(message);
      transport.serverPort.send(message);
    }
    expect(await transport.request("sources.list", {})).toEqual([]);
  });
});

describe("the loopback endpoint", () => {
  const start = async () => {
    const directory = mkdtempSync(join(tmpdir(), "reelbench-endpoint-"));
    const path = join(directory, "engine.json");
    const endpoint = await startEndpoint(
      fakeEngine(() => []),
      path,
      "1.2.3",
    );
    cleanups.push(async () => {
      await endpoint.close();
      rmSync(directory, { recursive: true });
    });
    return { endpoint, path };
  };

  test("lets in whoever can read engine.json, which only the owner can", async () => {
    const { path, endpoint } = await start();
    if (process.platform !== "win32") expect(statSync(path).mode & 0o777).toBe(0o600);
    const transport = await connectWebSocket(engineFile.parse(JSON.parse(readFileSync(path, "utf8"))));
    expect(await transport.request("sources.list", {})).toEqual([]);
    expect(endpoint.connections()).toBe(1);
    transport.close();
    await endpoint.untilAlone();
    expect(endpoint.connections()).toBe(0);
  });

  test("refuses a wrong token, and a browser even with the right one", async () => {
    const { endpoint } = await start();
    await expect(connectWebSocket({ port: endpoint.port, token: "x".repeat(43) })).rejects.toMatchObject({
      code: "RB_UNAUTHENTICATED",
    });
    const browser = new WebSocket(`ws://127.0.0.1:${endpoint.port}/engine`, {
      headers: { authorization: `Bearer ${endpoint.token}` },
      origin: "http://127.0.0.1",
    });
    const status = await new Promise((resolve) =>
      browser.once("unexpected-response", (_request, response) => resolve(response.statusCode)),
    );
    browser.on("error", () => undefined);
    browser.terminate();
    expect(status).toBe(401);
  });

  test("is gone after closing, and takes nobody down with it", async () => {
    const { endpoint, path } = await start();
    const transport = await connectWebSocket(endpoint);
    await endpoint.close();
    await expect(transport.request("sources.list", {})).rejects.toMatchObject({ code: "RB_TRANSPORT_CLOSED" });
    await expect(connectWebSocket(endpoint)).rejects.toMatchObject({ code: "RB_TRANSPORT_CLOSED" });
    expect(() => statSync(path)).toThrow();
  });
});
