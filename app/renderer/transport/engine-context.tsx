import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createContext, use, useEffect, useState, useSyncExternalStore } from "react";
import type { ReactNode } from "react";
import type { Job } from "../../../core/contract/entities.ts";
import { ReelbenchError } from "../../../core/contract/errors.ts";
import { createEventBatcher } from "./event-batch.ts";
import type { EventBatch } from "./event-batch.ts";
import { methodsAffectedBy } from "./invalidation.ts";
import type { Connection, ConnectionPhase } from "./keep-connected.ts";
import { createLiveCurves } from "./live-curves.ts";
import type { LiveCurves } from "./live-curves.ts";

interface Engine {
  readonly connection: Connection;
  readonly curves: LiveCurves;
}

const EngineContext = createContext<Engine | null>(null);

export function useEngine(): Engine {
  const engine = use(EngineContext);
  if (engine === null) throw new Error("useEngine needs an EngineProvider above it");
  return engine;
}

export function useConnectionPhase(): ConnectionPhase {
  const { connection } = useEngine();
  return useSyncExternalStore(connection.onPhaseChange, connection.phase);
}

/** True while the engine is gone, or thought to be: what it was doing is not being done. */
export function useEngineAway(): boolean {
  const phase = useConnectionPhase();
  return phase === "reconnecting" || phase === "gone";
}

/** What the tray lists. One key, so that events can keep it current without asking again. */
export const jobsInput = { limit: 200 } as const;
export const jobsKey = ["jobs.list", jobsInput] as const;

function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // The engine tells what changed; nothing needs to be asked again on a timer or on focus.
        staleTime: Infinity,
        gcTime: 5 * 60_000,
        refetchOnWindowFocus: false,
        networkMode: "always",
        retry: (failures, error) =>
          error instanceof ReelbenchError && error.code === "RB_TRANSPORT_CLOSED" && failures < 3,
        retryDelay: 250,
      },
      mutations: { networkMode: "always" },
    },
  });
}

export function EngineProvider({
  connection,
  children,
}: {
  readonly connection: Connection;
  readonly children: ReactNode;
}) {
  const [client] = useState(createQueryClient);
  const [curves] = useState(createLiveCurves);
  const [engine] = useState<Engine>(() => ({ connection, curves }));
  useEffect(() => {
    const batcher = createEventBatcher((batch) => applyBatch(client, curves, batch));
    const stopEvents = connection.subscribe(batcher.add);
    // While the line was down events were missed: every answer may be old.
    const stopPhases = connection.onPhaseChange((phase) => {
      if (phase === "open") void client.invalidateQueries();
    });
    return () => {
      stopEvents();
      batcher.stop();
      stopPhases();
    };
  }, [client, connection, curves]);
  return (
    <EngineContext value={engine}>
      <QueryClientProvider client={client}>{children}</QueryClientProvider>
    </EngineContext>
  );
}

function applyBatch(client: QueryClient, curves: LiveCurves, { jobs, changed, points }: EventBatch): void {
  if (points.size > 0) curves.add(points);
  if (jobs.length > 0) client.setQueryData<Job[]>(jobsKey, (known) => known && jobs.reduce(withJob, known));
  for (const method of new Set([...changed].flatMap(methodsAffectedBy)))
    void client.invalidateQueries({ queryKey: [method] });
}

/** The list with this job in its place: replaced where it stood, else first. */
function withJob(jobs: Job[], job: Job): Job[] {
  const index = jobs.findIndex(({ id }) => id === job.id);
  return index === -1 ? [job, ...jobs] : jobs.with(index, job);
}
