import { ActionIcon, Badge, Button, Group, Progress, ScrollArea, Stack, Text, UnstyledButton } from "@mantine/core";
import { IconChevronDown, IconChevronUp, IconPlayerPause, IconPlayerPlay, IconX } from "@tabler/icons-react";
import { useState } from "react";
import type { Job } from "../../../../core/contract/entities.ts";
import { useEngineAway } from "../../transport/engine-context.tsx";
import { isUnfinished, useCommand, useJobs, useQueryMethod } from "../../transport/hooks.ts";
import { useCommands } from "../commands/commands-context.tsx";
import { tellFailure } from "../feedback/tell.ts";
import { formatQuantity } from "../format/numbers.ts";
import { formatSeconds } from "../format/times.ts";
import { useNow } from "../format/use-now.ts";
import { JobAnnouncer } from "./job-announcer.tsx";
import { progressShare, secondsLeft } from "./job-progress.ts";
import { isPaused, JobRow } from "./job-row.tsx";
import styles from "./job-tray.module.css";

/** Every job, wherever it was started: what runs, what waits, what was interrupted, what came of it. */
export function JobTray() {
  const [open, setOpen] = useState(false);
  const jobs = useJobs();
  const held = useQueryMethod("jobs.queue", {}).data?.held ?? false;
  const away = useEngineAway();
  const unfinished = away ? [] : jobs.filter(isUnfinished);
  const interrupted = jobs.filter((job) => job.state === "interrupted" && job.resumable && !isPaused(job));
  const current = unfinished.find(({ state }) => state === "running") ?? unfinished[0];
  useCommands([
    {
      id: "jobs.toggle",
      label: open ? "Hide jobs" : "Show jobs",
      group: "View",
      shortcuts: ["g j"],
      run: () => setOpen(!open),
    },
  ]);
  return (
    <section aria-label="Jobs">
      <JobAnnouncer jobs={jobs} />
      {open && (
        <ScrollArea.Autosize
          mah="min(46vh, 420px)"
          type="auto"
          viewportProps={{ tabIndex: 0, "aria-label": "Job list" }}
        >
          <JobList jobs={jobs} />
        </ScrollArea.Autosize>
      )}
      <div className={styles["bar"]}>
        <UnstyledButton className={styles["toggle"]} onClick={() => setOpen(!open)} aria-expanded={open}>
          {open ? <IconChevronDown size={15} aria-hidden /> : <IconChevronUp size={15} aria-hidden />}
          <Text size="sm" fw={600} component="span">
            Jobs
          </Text>
          <Text size="sm" c="dimmed" component="span">
            {summary(unfinished.length, jobs.length)}
          </Text>
          {interrupted.length > 0 && <Badge color="orange">{interrupted.length} interrupted</Badge>}
        </UnstyledButton>
        {(open || held) && <HoldQueue held={held} />}
        {current !== undefined && !open && <CurrentJob job={current} />}
      </div>
    </section>
  );
}

/** What runs, then what waits in its turn, then what is over, newest first. */
function inTurn(jobs: readonly Job[]): readonly Job[] {
  const rank = (job: Job) => (job.state === "running" ? 0 : job.state === "queued" ? 1 : 2);
  return [...jobs].sort((left, right) => rank(left) - rank(right) || (left.place ?? 0) - (right.place ?? 0));
}

/** While it is held nothing new begins; what runs goes on. */
function HoldQueue({ held }: { readonly held: boolean }) {
  const hold = useCommand("jobs.hold");
  const toggle = () =>
    hold.mutate({ held: !held }, { onError: (error) => tellFailure("The queue did not listen", error) });
  useCommands([
    {
      id: "jobs.hold",
      label: held ? "Let the queue go on" : "Hold the queue",
      group: "Train",
      keywords: ["pause"],
      run: toggle,
    },
  ]);
  return (
    <Button
      size="compact-xs"
      variant={held ? "filled" : "default"}
      aria-pressed={held}
      loading={hold.isPending}
      leftSection={held ? <IconPlayerPlay size={13} aria-hidden /> : <IconPlayerPause size={13} aria-hidden />}
      onClick={toggle}
    >
      {held ? "Queue is held: go on" : "Hold the queue"}
    </Button>
  );
}

function summary(unfinished: number, all: number): string {
  if (unfinished > 0) return formatQuantity(unfinished, "under way", "under way");
  return all === 0 ? "none yet" : "none under way";
}

function CurrentJob({ job }: { readonly job: Job }) {
  const now = useNow(1000);
  const cancel = useCommand("jobs.cancel");
  const share = progressShare(job.progress);
  const left = secondsLeft(job, now);
  return (
    <Group gap="sm" wrap="nowrap" style={{ flex: 1, minWidth: 0 }} justify="flex-end">
      <Text size="sm" truncate>
        {job.title}
      </Text>
      <Progress
        value={share === null ? 100 : share * 100}
        striped={share === null}
        animated={share === null}
        w={180}
        size="sm"
        aria-label={`Progress of ${job.title}`}
      />
      <Text size="xs" c="dimmed" w={86} ta="right" style={{ flex: "none" }}>
        {left === null
          ? share === null
            ? "working…"
            : `${String(Math.round(share * 100))}%`
          : `${formatSeconds(left)} left`}
      </Text>
      <ActionIcon
        size="sm"
        aria-label={`Cancel ${job.title}`}
        disabled={cancel.isPending}
        onClick={() =>
          cancel.mutate({ jobId: job.id }, { onError: (error) => tellFailure("The job could not be cancelled", error) })
        }
      >
        <IconX size={14} />
      </ActionIcon>
    </Group>
  );
}

function JobList({ jobs }: { readonly jobs: readonly Job[] }) {
  const now = useNow(1000);
  if (jobs.length === 0) {
    return (
      <Text size="sm" c="dimmed" p="md">
        Imports, snapshots, trainings and publications appear here while they run, and stay until you leave them behind.
      </Text>
    );
  }
  return (
    <Stack gap={0} component="ul" m={0} p={0} style={{ listStyle: "none" }}>
      {inTurn(jobs).map((job) => (
        <JobRow key={job.id} job={job} now={now} />
      ))}
    </Stack>
  );
}
