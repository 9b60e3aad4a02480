/**
 * One publication, one process, with memory of its own: the ratings, the catalogue and what the probes need of the model
 * are never the engine's. Speaks `publisherRequest` and `publisherReport` with whoever started it (`publish-apart.ts`).
 */
import { hostMessage } from "../contract/engine-host.ts";
import { fromEnvelope, toReelbenchError } from "../contract/errors.ts";
import type { ReelbenchError } from "../contract/errors.ts";
import { parentPort } from "../jobs/parent-port.ts";
import { remoteProcessHost } from "../jobs/remote-process-host.ts";
import type { History } from "../production/histories.ts";
import { loadCatalogue } from "../ratings/catalogue.ts";
import { loadTrainingData } from "../ratings/training-data.ts";
import type { PairedMetric } from "./gates.ts";
import { publish } from "./publish.ts";
import { publisherRequest } from "./publisher-messages.ts";
import type { PublisherReport, PublishTask } from "./publisher-messages.ts";

const port = parentPort();
if (port === null) {
  process.stderr.write("The publisher is started by Reelbench's engine, not by hand: use `reelbench publish`.\n");
  process.exit(64);
}

const abort = new AbortController();
const send = (report: PublisherReport) => port.send(report);
const processHost = remoteProcessHost((message) => port.send(message));
let answerComparison: ((paired: readonly PairedMetric[] | null) => void) | undefined;
let refuseComparison: ((error: ReelbenchError) => void) | undefined;

function pairedWith(championRunId: string): Promise<readonly PairedMetric[] | null> {
  return new Promise((resolve, reject) => {
    answerComparison = resolve;
    refuseComparison = reject;
    send({ type: "compare", championRunId });
  });
}

async function carryOut(task: PublishTask): Promise<PublisherReport> {
  const { snapshotDirectory, evaluation, ...rest } = task;
  const [{ userIds, items }, { train }] = await Promise.all([
    loadCatalogue(snapshotDirectory),
    loadTrainingData(snapshotDirectory, { part: "all" }),
  ]);
  function* histories(): Generator<History> {
    for (const [u, userId] of userIds.entries()) {
      const [from, to] = [train.userStart[u] ?? 0, train.userStart[u + 1] ?? 0];
      yield {
        userId,
        itemIds: Array.from(train.item.subarray(from, to), (i) => items[i]?.itemId ?? ""),
        ratings: Array.from(train.rating.subarray(from, to)),
        times: Array.from({ length: to - from }, (_, at) => knownTime(train.time, from + at)),
      };
    }
  }
  const { segments, ...measured } = evaluation;
  const { channel, ...addresses } = rest.target;
  const outcome = await publish(
    {
      ...rest,
      target: { ...addresses, ...(channel === undefined ? {} : { channel }) },
      evaluation: { ...measured, ...(segments === undefined ? {} : { segments }) },
      catalogue: items,
      histories,
      pairedWith,
      processHost,
    },
    {
      signal: abort.signal,
      onProgress: (progress) => send({ type: "progress", progress }),
      onIrrevocable: () => send({ type: "switching" }),
    },
  );
  return {
    type: "published",
    outcome: { ...outcome, gates: [...outcome.gates], warnings: [...outcome.warnings] },
  };
}

function knownTime(times: Float64Array | null, at: number): number | null {
  const time = times?.[at];
  return time === undefined || Number.isNaN(time) ? null : time;
}

let started = false;
port.onMessage((message) => {
  const ofServers = hostMessage.safeParse(message);
  if (ofServers.success) return processHost.receive(ofServers.data);
  const parsed = publisherRequest.safeParse(message);
  if (!parsed.success) return; // Not ours: Node and Electron send messages of their own.
  const request = parsed.data;
  switch (request.type) {
    case "cancel":
      return abort.abort();
    case "paired":
      if (request.error === null) answerComparison?.(request.paired);
      else refuseComparison?.(fromEnvelope(request.error));
      return;
    case "publish":
      if (started) return;
      started = true;
      // The parent ends this process when it has the answer: until then the message may still be on its way.
      carryOut(request.task).then(send, (error: unknown) =>
        send({ type: "failed", error: toReelbenchError(error).toEnvelope() }),
      );
      return;
  }
});
send({ type: "ready" });
