import { Button, Card, Group, NumberInput, Progress, Stack, Text } from "@mantine/core";
import { IconMap2 } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useEffect, useEffectEvent, useRef } from "react";
import { mostUmapFilms } from "../../../../core/contract/embedding.ts";
import type { Job } from "../../../../core/contract/entities.ts";
import type { RunRow } from "../../../../core/contract/run-table.ts";
import { EmptyState } from "../../components/feedback/empty-state.tsx";
import { ErrorPanel } from "../../components/feedback/error-panel.tsx";
import { tellFailure } from "../../components/feedback/tell.ts";
import { formatCount } from "../../components/format/numbers.ts";
import { progressShare, progressText } from "../../components/shell/job-progress.ts";
import { isUnfinished, jobError, useCommand, useJob, useJobs } from "../../transport/hooks.ts";

const route = getRouteApi("/recommendations/map");

interface MakeMapProps {
  readonly run: RunRow;
  readonly request: { readonly runId: string; readonly method: "pca" | "umap"; readonly seed: number };
  /** The job that was asked for this map before, from here or from another window. */
  readonly making: string | null;
}

/** There is no map yet. PCA takes a moment and begins by itself; UMAP takes longer and is asked for. */
export function MakeMap({ run, request, making }: MakeMapProps) {
  const queries = useQueryClient();
  const own = useJob("embedding.make");
  const jobs = useJobs();
  const job = own.job ?? jobs.find(({ id }) => id === making);
  const isMaking = own.busy || (job !== undefined && isUnfinished(job));
  const begin = useEffectEvent(() => void own.start(request).catch(() => undefined));
  const begun = useRef(false);
  useEffect(() => {
    if (request.method !== "pca" || making !== null || begun.current) return;
    begun.current = true;
    begin();
  }, [request.method, making]);
  const isDone = job?.state === "succeeded";
  useEffect(() => {
    if (isDone) void queries.invalidateQueries({ queryKey: ["embedding.get"] });
  }, [isDone, queries]);

  if (isMaking || isDone) return <Making run={run} job={job} />;
  const error = own.error ?? jobError(job);
  if (error !== null)
    return (
      <ErrorPanel
        error={error}
        title="The map could not be made"
        actions={
          <Button variant="default" onClick={begin}>
            Try again
          </Button>
        }
      />
    );
  return <Offer method={request.method} seed={request.seed} wasCancelled={job?.state === "cancelled"} onMake={begin} />;
}

interface OfferProps {
  readonly method: "pca" | "umap";
  readonly seed: number;
  readonly wasCancelled: boolean;
  readonly onMake: () => void;
}

function Offer({ method, seed, wasCancelled, onMake }: OfferProps) {
  const navigate = route.useNavigate();
  const isUmap = method === "umap";
  return (
    <Card>
      <EmptyState
        icon={IconMap2}
        title={wasCancelled ? "The map was cancelled" : "This map has not been made yet"}
        actions={
          <Group align="flex-end" gap="sm">
            {isUmap && (
              <NumberInput
                label="Seed"
                w={110}
                min={0}
                max={0xffff_ffff}
                allowDecimal={false}
                value={seed}
                onChange={(value) =>
                  typeof value === "number" &&
                  void navigate({ search: (before) => ({ ...before, seed: value }), replace: true })
                }
              />
            )}
            <Button onClick={onMake}>Make the map</Button>
          </Group>
        }
      >
        {isUmap
          ? `UMAP keeps films together that the model takes for alike, up to the ${formatCount(mostUmapFilms)} most rated ones. ` +
            "It takes from a few seconds to a few minutes, in the background, and is kept with the run. The same seed gives the same map."
          : "The two directions in which the films' factors vary most. It takes a moment and is kept with the run."}
      </EmptyState>
    </Card>
  );
}

function Making({ run, job }: { readonly run: RunRow; readonly job: Job | undefined }) {
  const cancel = useCommand("jobs.cancel");
  const share = progressShare(job?.progress ?? null);
  const message = job?.state === "queued" ? "Waiting for its turn" : (job?.progress?.message ?? "Starting");
  return (
    <Card>
      <Stack gap="xs" maw={520} mx="auto" py={72}>
        <Text fw={600}>Laying out the films of {run.name}</Text>
        <Progress
          value={share === null ? 100 : share * 100}
          striped={share === null}
          animated={share === null}
          aria-label="Progress of the map"
        />
        <Group justify="space-between" wrap="nowrap">
          <Text size="sm" c="dimmed">
            {message}
            {job?.progress != null && share !== null && ` · ${progressText(job.progress)}`}
          </Text>
          <Button
            variant="default"
            disabled={job === undefined || !isUnfinished(job)}
            loading={cancel.isPending}
            onClick={() =>
              job !== undefined &&
              cancel.mutate(
                { jobId: job.id },
                { onError: (error) => tellFailure("The map could not be cancelled", error) },
              )
            }
          >
            Cancel
          </Button>
        </Group>
      </Stack>
    </Card>
  );
}
