import { toReelbenchError } from "../contract/errors.ts";
import { memoryPorts } from "../contract/memory-port.ts";
import { connect, serveEngine } from "../contract/transport.ts";
import type { Transport } from "../contract/transport.ts";
import { openEngine } from "../engine.ts";
import type { Engine, EngineOptions } from "../engine.ts";
import { exists } from "../files/atomic.ts";
import { readJson } from "../files/json.ts";
import { version } from "../version.ts";
import { workspacePaths } from "../workspace/paths.ts";
import { engineFile, startEndpoint } from "./endpoint.ts";
import { connectWebSocket } from "./web-socket.ts";

export interface Attached {
  readonly transport: Transport;
  /** The engine, where this process opened it; null where it uses another's. */
  readonly engine: Engine | null;
  /** Others that use the engine of this process now. */
  guests(): number;
  untilAlone(): Promise<void>;
  close(): Promise<void>;
}

/** How long an engine that holds the lock may take until it says where it listens. */
const startupPatienceMs = 10_000;

/**
 * A transport to the workspace's engine: the one that runs, found through `engine.json`, or else one opened in this
 * process, which others may then attach to. Throws what `openWorkspace` throws.
 */
export async function attach(options: EngineOptions): Promise<Attached> {
  const path = workspacePaths(options.workspaceDirectory).engineFile;
  const deadline = performance.now() + startupPatienceMs;
  for (;;) {
    const running = await connectToRunning(path);
    if (running !== null)
      return {
        transport: running,
        engine: null,
        guests: () => 0,
        untilAlone: async () => undefined,
        close: async () => running.close(),
      };
    try {
      return await openHere(options, path);
    } catch (error) {
      // Somebody holds the lock but does not listen yet, or is just closing.
      if (toReelbenchError(error).code !== "RB_WORKSPACE_LOCKED" || performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function connectToRunning(path: string): Promise<Transport | null> {
  if (!(await exists(path))) return null;
  try {
    return await connectWebSocket(await readJson(path, engineFile));
  } catch {
    return null; // Left behind by a killed engine, or just being replaced: the lock decides who is right.
  }
}

async function openHere(options: EngineOptions, path: string): Promise<Attached> {
  const engine = await openEngine(options);
  try {
    const endpoint = await startEndpoint(engine, path, version);
    const [front, back] = memoryPorts();
    serveEngine(engine, back);
    const transport = connect(front);
    return {
      transport,
      engine,
      guests: endpoint.connections,
      untilAlone: endpoint.untilAlone,
      async close() {
        transport.close();
        await endpoint.close();
        await engine.close();
      },
    };
  } catch (error) {
    await engine.close();
    throw error;
  }
}
