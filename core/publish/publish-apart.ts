import { engineMessage } from "../contract/engine-host.ts";
import { fromEnvelope, ReelbenchError, toReelbenchError } from "../contract/errors.ts";
import type { Progress } from "../contract/entities.ts";
import { lendProcesses } from "../jobs/lend-processes.ts";
import type { ProcessHost } from "../jobs/process-host.ts";
import type { WorkContext } from "../jobs/work-context.ts";
import type { PublishOutcome, PublishRequest } from "./publish-request.ts";
import { publisherReport } from "./publisher-messages.ts";
import type { PublishTask } from "./publisher-messages.ts";

/** Milliseconds that the publisher has to end by itself after a cancel; its next publication goes on where it was. */
const cancelGrace = 5_000;
/** And where it was switching already: what it still has to say is what serves. */
const switchGrace = 30_000;

/**
 * `publish` in a process of its own: what it holds of ratings, catalogue and model is not this process's memory, and goes
 * whole when it ends. Dying, it leaves what a killed publisher leaves: the version before serves, the next one resumes.
 * Throws what `publish` throws, and RB_WORKER_DIED with the cause.
 */
export function publishApart(
  task: PublishTask,
  pairedWith: NonNullable<PublishRequest["pairedWith"]>,
  host: ProcessHost,
  context: WorkContext,
): Promise<PublishOutcome> {
  return new Promise((resolve, reject) => {
    if (context.signal.aborted) return reject(new ReelbenchError("RB_CANCELLED"));
    const child = host.fork("publisher");
    const servers = lendProcesses(host, ["server"], (message) => child.send(message));
    let last: Progress | null = null;
    let grace: NodeJS.Timeout | undefined;
    let switching = false;

    const settle = (action: () => void) => {
      context.signal.removeEventListener("abort", onAbort);
      clearTimeout(grace);
      action();
      servers.killAll();
      // Its end, which is told at once or later, changes nothing any more.
      child.kill();
    };
    const endWithin = (milliseconds: number) => {
      clearTimeout(grace);
      grace = setTimeout(() => child.kill(), milliseconds);
    };
    const onAbort = () => {
      child.send({ type: "cancel" });
      endWithin(switching ? switchGrace : cancelGrace);
    };
    context.signal.addEventListener("abort", onAbort, { once: true });

    const compare = (championRunId: string) =>
      pairedWith(championRunId).then(
        (paired) => child.send({ type: "paired", paired, error: null }),
        (error: unknown) => child.send({ type: "paired", paired: null, error: toReelbenchError(error).toEnvelope() }),
      );

    const death = (reason: string): ReelbenchError => {
      if (context.signal.aborted && !switching) return new ReelbenchError("RB_CANCELLED");
      const during = last === null ? "before it began" : `during "${last.message}"`;
      const serving = switching
        ? "Whether it had switched by then is not known here. One of the two versions serves, whole; look at what is live."
        : "What was serving still is; publishing again goes on where it was.";
      return new ReelbenchError("RB_WORKER_DIED", `The publisher's process ended (${reason}) ${during}. ${serving}`);
    };
    child.onExit((_code, reason) => settle(() => reject(death(reason))));
    child.onMessage((message) => {
      const ofServers = engineMessage.safeParse(message);
      if (ofServers.success) {
        if ("child" in ofServers.data) servers.handle(ofServers.data);
        return;
      }
      const parsed = publisherReport.safeParse(message);
      if (!parsed.success) return; // Not ours: Node and Electron send messages of their own.
      const report = parsed.data;
      switch (report.type) {
        case "ready":
          return child.send({ type: "publish", task });
        case "progress":
          last = report.progress;
          return context.onProgress(report.progress);
        case "switching":
          switching = true;
          context.onIrrevocable?.();
          if (context.signal.aborted) endWithin(switchGrace);
          return;
        case "compare":
          return void compare(report.championRunId);
        case "published":
          return settle(() => resolve(report.outcome));
        case "failed":
          return settle(() => reject(fromEnvelope(report.error)));
      }
    });
  });
}
