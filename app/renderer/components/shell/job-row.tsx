import { Anchor, Group, Progress, Text } from "@mantine/core";
import type { Job } from "../../../../core/contract/entities.ts";
import { useEngineAway } from "../../transport/engine-context.tsx";
import { isUnfinished } from "../../transport/hooks.ts";
import { formatAgo, formatSeconds } from "../format/times.ts";
import { JobActions } from "./job-actions.tsx";
import { progressShare, progressText, secondsLeft } from "./job-progress.ts";
import { jobResultLink } from "./job-result-link.ts";
import { StateBadge } from "./job-state.tsx";
import styles from "./job-tray.module.css";

/** Interrupted because the person wanted it so. */
export function isPaused({ error, state }: Job): boolean {
  return state === "interrupted" && error?.code === "RB_PAUSED";
}

export function JobRow({ job, now }: { readonly job: Job; readonly now: number }) {
  const link = jobResultLink(job);
  const away = useEngineAway();
  return (
    <li className={styles["row"]} aria-label={job.title}>
      <StateBadge state={job.state} />
      <div style={{ minWidth: 0 }}>
        <Text size="sm" truncate title={job.title}>
          {job.title}
        </Text>
        <JobDetail job={job} now={now} />
      </div>
      <div>{isUnfinished(job) && !away && <JobProgress job={job} now={now} />}</div>
      <Group gap="xs" wrap="nowrap" justify="flex-end">
        {link !== null && (
          <Anchor size="sm" href={link.href}>
            {link.label}
          </Anchor>
        )}
        {!away && <JobActions job={job} />}
      </Group>
    </li>
  );
}

function JobDetail({ job, now }: { readonly job: Job; readonly now: number }) {
  if (isPaused(job)) {
    return (
      <Text size="xs" c="dimmed">
        Paused {job.finishedAt === null ? "" : formatAgo(job.finishedAt, now)}. It goes on from its last checkpoint.
      </Text>
    );
  }
  if (job.error !== null && job.state !== "cancelled") {
    return (
      <Text size="xs" c="var(--rb-bad)">
        {job.error.message} {job.error.remedy}{" "}
        <Text span inherit c="dimmed">
          {job.error.code}
        </Text>
      </Text>
    );
  }
  return (
    <Text size="xs" c="dimmed" truncate>
      {isUnfinished(job) ? (job.progress?.message ?? "") : finishedText(job, now)}
    </Text>
  );
}

function finishedText(job: Job, now: number): string {
  if (job.finishedAt === null) return formatAgo(job.createdAt, now);
  const ago = formatAgo(job.finishedAt, now);
  if (job.startedAt === null) return ago;
  return `${ago} · took ${formatSeconds((new Date(job.finishedAt).getTime() - new Date(job.startedAt).getTime()) / 1000)}`;
}

function JobProgress({ job, now }: { readonly job: Job; readonly now: number }) {
  const share = progressShare(job.progress);
  const left = secondsLeft(job, now);
  if (job.state === "queued") {
    return (
      <Text size="xs" c="dimmed">
        {job.place === undefined || job.place === 1 ? "next" : `${String(job.place)}. in the queue`}
      </Text>
    );
  }
  return (
    <div>
      <Progress
        value={share === null ? 100 : share * 100}
        striped={share === null}
        animated={share === null}
        size="sm"
        aria-label={`Progress of ${job.title}`}
      />
      <Text size="xs" c="dimmed" mt={2}>
        {job.progress === null ? "starting" : progressText(job.progress)}
        {left !== null && ` · ${formatSeconds(left)} left`}
      </Text>
    </div>
  );
}
