import { ActionIcon, Button, Group, Menu } from "@mantine/core";
import { IconArrowBarToUp, IconArrowDown, IconArrowUp, IconDots, IconPlayerPause, IconX } from "@tabler/icons-react";
import type { Job } from "../../../../core/contract/entities.ts";
import type { MethodInput } from "../../../../core/contract/methods.ts";
import { isUnfinished, useCommand } from "../../transport/hooks.ts";
import { tellFailure } from "../feedback/tell.ts";

/** What can be done with a job in its state: moved, paused, cancelled, resumed. */
export function JobActions({ job }: { readonly job: Job }) {
  const resume = useCommand("jobs.resume");
  if (job.state === "queued") return <WaitingActions job={job} />;
  if (isUnfinished(job)) return <RunningActions job={job} />;
  if (!job.resumable || job.state === "succeeded") return null;
  // What failed will mostly fail again unless something else is done first: offered, not urged.
  const failed = job.state === "failed";
  const word = failed ? "Try again" : "Resume";
  return (
    <Button
      size="compact-xs"
      variant={failed ? "default" : "filled"}
      loading={resume.isPending}
      aria-label={`${word}: ${job.title}`}
      onClick={() =>
        resume.mutate({ jobId: job.id }, { onError: (error) => tellFailure("The job could not be resumed", error) })
      }
    >
      {word}
    </Button>
  );
}

function RunningActions({ job }: { readonly job: Job }) {
  const pause = useCommand("jobs.pause");
  const cancel = useCommand("jobs.cancel");
  return (
    <Group gap={6} wrap="nowrap">
      <Button
        size="compact-xs"
        variant="default"
        loading={pause.isPending}
        aria-label={`Pause ${job.title}`}
        onClick={() =>
          pause.mutate({ jobId: job.id }, { onError: (error) => tellFailure("The job could not be paused", error) })
        }
      >
        Pause
      </Button>
      <Button
        size="compact-xs"
        variant="default"
        loading={cancel.isPending}
        aria-label={`Cancel ${job.title}`}
        onClick={() =>
          cancel.mutate({ jobId: job.id }, { onError: (error) => tellFailure("The job could not be cancelled", error) })
        }
      >
        Cancel
      </Button>
    </Group>
  );
}

type Move = MethodInput<"jobs.move">["to"];

function WaitingActions({ job }: { readonly job: Job }) {
  const move = useCommand("jobs.move");
  const pause = useCommand("jobs.pause");
  const cancel = useCommand("jobs.cancel");
  const go = (to: Move) =>
    move.mutate({ jobId: job.id, to }, { onError: (error) => tellFailure("The job could not be moved", error) });
  const isFirst = job.place === undefined || job.place === 1;
  return (
    <Group gap={2} wrap="nowrap">
      <ActionIcon size="sm" aria-label={`Move ${job.title} up`} disabled={isFirst} onClick={() => go("earlier")}>
        <IconArrowUp size={15} />
      </ActionIcon>
      <ActionIcon size="sm" aria-label={`Move ${job.title} down`} onClick={() => go("later")}>
        <IconArrowDown size={15} />
      </ActionIcon>
      <Menu position="top-end">
        <Menu.Target>
          <ActionIcon size="sm" aria-label={`More for ${job.title}`}>
            <IconDots size={15} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<IconArrowBarToUp size={14} aria-hidden />}
            disabled={isFirst}
            onClick={() => go("first")}
          >
            Make it the next
          </Menu.Item>
          <Menu.Item
            leftSection={<IconPlayerPause size={14} aria-hidden />}
            onClick={() =>
              pause.mutate({ jobId: job.id }, { onError: (error) => tellFailure("The job could not be paused", error) })
            }
          >
            Put it aside
          </Menu.Item>
          <Menu.Item
            leftSection={<IconX size={14} aria-hidden />}
            onClick={() =>
              cancel.mutate(
                { jobId: job.id },
                { onError: (error) => tellFailure("The job could not be cancelled", error) },
              )
            }
          >
            Cancel
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </Group>
  );
}
