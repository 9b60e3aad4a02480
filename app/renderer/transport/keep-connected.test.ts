import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ReelbenchError } from "../../../core/contract/errors.ts";
import { memoryPorts } from "../../../core/contract/memory-port.ts";
import type { EngineEvent } from "../../../core/contract/methods.ts";
import { serveEngine } from "../../../core/contract/transport.ts";
import type { EngineApi, Port } from "../../../core/contract/transport.ts";
import { keepConnected } from "./keep-connected.ts";

/** An engine that knows no sources and no targets, whose lines can be cut and refused. */
function fakeEngine() {
  const listeners = new Set<(event: EngineEvent) => void>();
  const lines: Port[] = [];
  const state = { refuse: false, opened: 0 };
  const engine: EngineApi = {
    call: (method) =>
      method === "sources.list" ? Promise.resolve([] as never) : Promise.reject(new ReelbenchError("RB_NOT_FOUND")),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  return {
    state,
    emit: (event: EngineEvent) => listeners.forEach((listener) => listener(event)),
    cut: () => lines.splice(0).forEach((line) => line.close()),
    openPort: (): Promise<Port> => {
      state.opened += 1;
      if (state.refuse) return Promise.reject(new ReelbenchError("RB_TRANSPORT_CLOSED"));
      const [front, back] = memoryPorts();
      serveEngine(engine, back);
      lines.push(back);
      return Promise.resolve(front);
    },
  };
}

const changed: EngineEvent = { type: "changed", entity: "source", id: "s1" };

describe("a connection that outlives its lines", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const settle = () => vi.advanceTimersByTimeAsync(20_000);

  it("lets a query that was asked too early wait for the first line", async () => {
    const connection = keepConnected(fakeEngine().openPort);
    expect(connection.phase()).toBe("connecting");
    expect(await connection.request("sources.list", {})).toEqual([]);
    expect(connection.phase()).toBe("open");
  });

  it("comes back after a cut: says so, answers queries, hears events once", async () => {
    const engine = fakeEngine();
    const connection = keepConnected(engine.openPort);
    await settle();
    const heard: EngineEvent[] = [];
    connection.subscribe((event) => heard.push(event));
    const phases: string[] = [];
    connection.onPhaseChange((phase) => phases.push(phase));
    engine.cut();
    const answer = connection.request("sources.list", {});
    await settle();
    expect(await answer).toEqual([]);
    expect(phases).toEqual(["reconnecting", "open"]);
    engine.emit(changed);
    await settle();
    expect(heard).toEqual([changed]);
  });

  it("refuses a command while the line is down, rather than letting it take effect much later", async () => {
    const engine = fakeEngine();
    const connection = keepConnected(engine.openPort);
    await settle();
    engine.cut();
    await expect(connection.request("targets.remove", { targetId: "t1" })).rejects.toMatchObject({
      code: "RB_TRANSPORT_CLOSED",
    });
    await expect(connection.request("sample.create", {})).rejects.toMatchObject({ code: "RB_TRANSPORT_CLOSED" });
  });

  it("gives up after its attempts, lets nobody wait for ever, and tries again when asked", async () => {
    const engine = fakeEngine();
    engine.state.refuse = true;
    const connection = keepConnected(engine.openPort, { attempts: 4 });
    const waiting = connection.request("sources.list", {}).catch((error: unknown) => error);
    await settle();
    expect(engine.state.opened).toBe(5);
    expect(connection.phase()).toBe("gone");
    expect(await waiting).toMatchObject({ code: "RB_TRANSPORT_CLOSED" });
    engine.state.refuse = false;
    connection.retryNow();
    await settle();
    expect(connection.phase()).toBe("open");
  });

  it("stops waiting when the asker does", async () => {
    const engine = fakeEngine();
    engine.state.refuse = true;
    const connection = keepConnected(engine.openPort);
    const abort = new AbortController();
    const waiting = connection.request("sources.list", {}, abort.signal).catch((error: unknown) => error);
    abort.abort();
    await settle();
    expect(await waiting).toMatchObject({ code: "RB_CANCELLED" });
    connection.close();
  });
});
