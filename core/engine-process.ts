/**
 * The engine in a process of its own: a utility process of the desktop app, or a child of a Node program. The host says
 * which workspace to open and hands over renderer channels; the CLI finds the endpoint through `engine.json`.
 */
import { toReelbenchError } from "./contract/errors.ts";
import { hostMessage } from "./contract/engine-host.ts";
import type { EngineMessage, HostMessage } from "./contract/engine-host.ts";
import { serveEngine } from "./contract/transport.ts";
import type { Port } from "./contract/transport.ts";
import { openEngine } from "./engine.ts";
import type { Engine } from "./engine.ts";
import { hostKeychain } from "./engine/host-keychain.ts";
import { connectHost } from "./engine/host-link.ts";
import { nodeProcessHost } from "./jobs/process-host.ts";
import { remoteProcessHost } from "./jobs/remote-process-host.ts";
import { endDatabases } from "./ratings/database.ts";
import { startEndpoint } from "./transport/endpoint.ts";
import type { EngineEndpoint } from "./transport/endpoint.ts";
import { version } from "./version.ts";
import { workspacePaths } from "./workspace/paths.ts";

interface Opened {
  readonly engine: Engine;
  readonly endpoint: EngineEndpoint;
}

let opened: Promise<Opened> | undefined;
const early: Port[] = [];

const host = connectHost(receive, serve);
const tell = (message: EngineMessage) => host.send(message);
// Only Electron's main process may start utility processes; under Node the engine forks by itself.
const remote = host.electron ? remoteProcessHost(tell) : undefined;
const keychain = hostKeychain(tell);

function receive(raw: unknown): void {
  const parsed = hostMessage.safeParse(raw);
  if (!parsed.success) return;
  act(parsed.data);
}

function act(message: HostMessage): void {
  switch (message.type) {
    case "open":
      opened ??= open(message);
      opened.then(
        ({ engine }) =>
          tell({ type: "opened", workspaceDirectory: message.workspaceDirectory, workspaceId: engine.workspaceId }),
        (error: unknown) => tell({ type: "open-failed", error: { ...toReelbenchError(error).toEnvelope() } }),
      );
      return;
    case "close":
      void close();
      return;
    case "renderer":
      return; // Its port came to `serve`.
    case "child-started":
    case "child-message":
    case "child-exit":
      remote?.receive(message);
      return;
    case "secret-answer":
      keychain.receive(message);
  }
}

async function open(message: Extract<HostMessage, { type: "open" }>): Promise<Opened> {
  const { workspaceDirectory, threads } = message;
  const engine = await openEngine({
    workspaceDirectory,
    processHost: remote ?? nodeProcessHost,
    threads,
    keychain: message.keychain === true ? keychain : undefined,
  });
  try {
    const endpoint = await startEndpoint(engine, workspacePaths(workspaceDirectory).engineFile, version);
    for (const port of early.splice(0)) serveEngine(engine, port);
    return { engine, endpoint };
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/** A renderer may come before the workspace is open: its port keeps what it asks until somebody listens. */
function serve(port: Port): void {
  if (opened === undefined) {
    early.push(port);
    return;
  }
  opened.then(
    ({ engine }) => serveEngine(engine, port),
    () => port.close(),
  );
}

async function close(): Promise<void> {
  try {
    const { engine, endpoint } = (await opened?.catch(() => undefined)) ?? {};
    await endpoint?.close();
    await engine?.close();
    await endDatabases();
    tell({ type: "closed" });
  } finally {
    // Messages to the host leave asynchronously; give this one its turn.
    setTimeout(() => process.exit(0), 50);
  }
}

process.once("SIGTERM", () => void close());
