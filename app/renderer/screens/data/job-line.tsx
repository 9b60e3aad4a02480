import { Button, Group, Progress, Text } from "@mantine/core";
import type { Job } from "../../../../core/contract/entities.ts";
import { tellFailure } from "../../components/feedback/tell.ts";
import { formatBytes, formatCount } from "../../components/format/numbers.ts";
import { formatSeconds } from "../../components/format/times.ts";
import { useNow } from "../../components/format/use-now.ts";
import { progressShare, progressText, secondsLeft } from "../../components/shell/job-progress.ts";
import { useCommand } from "../../transport/hooks.ts";

interface JobLineProps {
  readonly job: Job;
  readonly label: string;
  /** Mean bytes of a record, so that bytes read can be told as records too. */
  readonly recordBytes?: number | null;
}

/** How far long work is, how fast, how long it still takes, and a way to end it. */
export function JobLine({ job, label, recordBytes = null }: JobLineProps) {
  const now = useNow(1000);
  const cancel = useCommand("jobs.cancel");
  const share = progressShare(job.progress);
  const left = secondsLeft(job, now);
  return (
    <Group gap="sm" wrap="nowrap" role="group" aria-label={label}>
      <div style={{ flex: 1, minWidth: 0 }}>
        <Progress
          value={share === null ? 100 : share * 100}
          striped={share === null}
          animated={share === null}
          size="sm"
          aria-label={`Progress of ${label}`}
        />
        <Text size="xs" c="dimmed" mt={3} truncate>
          {[
            job.progress?.message ?? (job.state === "queued" ? "Waiting for its turn" : "Starting"),
            ...(job.progress === null ? [] : [progressText(job.progress)]),
            ...paceOf(job, now, recordBytes),
            ...(left === null ? [] : [`${formatSeconds(left)} left`]),
          ].join(" · ")}
        </Text>
      </div>
      <Button
        variant="default"
        loading={cancel.isPending}
        aria-label={`Cancel ${label}`}
        onClick={() =>
          cancel.mutate({ jobId: job.id }, { onError: (error) => tellFailure("It could not be cancelled", error) })
        }
      >
        Cancel
      </Button>
    </Group>
  );
}

function paceOf({ progress, startedAt, state }: Job, now: number, recordBytes: number | null): string[] {
  if (progress === null || startedAt === null || state !== "running") return [];
  const seconds = (now - new Date(startedAt).getTime()) / 1000;
  if (seconds < 0.5 || progress.done === 0) return [];
  const pace = progress.done / seconds;
  if (progress.unit === "rows") return [`${formatCount(Math.round(pace))} rows/s`];
  if (progress.unit !== "bytes") return [];
  return [
    `${formatBytes(pace)}/s`,
    ...(recordBytes === null ? [] : [`about ${formatCount(Math.round(pace / recordBytes))} rows/s`]),
  ];
}
