import { randomUUID } from "node:crypto";
import { z } from "zod";
import { ReelbenchError } from "../contract/errors.ts";
import type { ProcessHost } from "../jobs/process-host.ts";
import type { TargetAddress } from "./target-address.ts";

export interface BundledServer {
  /** As it appears among the target's servers. */
  readonly id: string;
  readonly url: string;
  /** Why it ended by itself; null while it runs. */
  failure(): string | null;
  stop(): Promise<void>;
}

/** Milliseconds. */
const startTimeout = 180_000;

const listening = z.object({ type: z.literal("listening"), url: z.string() });

/**
 * Starts the server that travels with Reelbench against a target, on a free loopback port and in a process of its own.
 * Resolves when it listens; throws RB_UNAVAILABLE when it ends before or takes over three minutes: a machine that trains beside it is slow.
 */
export async function startBundledServer(
  host: ProcessHost,
  target: Required<TargetAddress>,
  signal: AbortSignal,
): Promise<BundledServer> {
  const id = `bundled-${randomUUID()}`;
  const child = host.fork("server", {
    env: {
      REELBENCH_POSTGRES_URL: target.postgresUrl,
      REELBENCH_REDIS_URL: target.redisUrl ?? "",
      REELBENCH_CHANNEL: target.channel,
      REELBENCH_HOST: "127.0.0.1",
      REELBENCH_PORT: "0",
      REELBENCH_SERVER_ID: id,
      REELBENCH_THREADS: "1",
      REELBENCH_POLL_INTERVAL_MS: "200",
      REELBENCH_DRAIN_DELAY_MS: "0",
      REELBENCH_LOG_LEVEL: "error",
    },
  });
  let ended: string | null = null;
  const exited = new Promise<void>((resolve) => {
    child.onExit((_code, reason) => {
      ended = reason;
      resolve();
    });
  });
  const stop = async () => {
    child.send({ type: "stop" });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<"late">((resolve) => {
      timer = setTimeout(() => resolve("late"), 10_000);
    });
    if ((await Promise.race([exited, late])) === "late") child.kill();
    clearTimeout(timer);
    await exited;
  };
  try {
    const url = await new Promise<string>((resolve, reject) => {
      const fail = (message: string) => reject(new ReelbenchError("RB_UNAVAILABLE", message));
      const timer = setTimeout(() => fail("The bundled server did not start within three minutes."), startTimeout);
      const onAbort = () => reject(new ReelbenchError("RB_CANCELLED"));
      signal.addEventListener("abort", onAbort, { once: true });
      if (signal.aborted) onAbort();
      child.onMessage((message) => {
        const parsed = listening.safeParse(message);
        if (!parsed.success) return;
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
        resolve(parsed.data.url);
      });
      void exited.then(() => {
        clearTimeout(timer);
        fail(`The bundled server ended before it listened (${ended ?? "unknown"}).`);
      });
    });
    return { id, url, failure: () => ended, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
