import { Button, Group, Progress, Text, Tooltip } from "@mantine/core";
import type { Job } from "../../../../core/contract/entities.ts";
import { tellFailure } from "../../components/feedback/tell.ts";
import { useSecondsShown } from "../../components/format/use-seconds-shown.ts";
import { progressShare, progressText } from "../../components/shell/job-progress.ts";
import { useCommand } from "../../transport/hooks.ts";
import { protocolStepOf, protocolSteps } from "./protocol-steps.ts";
import styles from "./publish.module.css";

type StepState = "done" | "now" | "failed" | "to-do";

/** Where a publication stands. Until the last step the version before keeps serving. */
export function ProtocolProgress({ job, refit }: { readonly job: Job; readonly refit: boolean }) {
  const current = protocolStepOf(job.progress?.message ?? null);
  const running = job.state === "running";
  const steps = protocolSteps.filter(({ id }) => refit || id !== "refit");
  return (
    <div>
      <ol className={styles["steps"]} aria-label="Steps of the publication">
        {steps.map((step) => {
          const state = stateOf(job, protocolSteps.indexOf(step), current);
          return (
            <Tooltip key={step.id} label={step.meaning}>
              <li className={styles["step"]} data-state={state} aria-current={state === "now" ? "step" : undefined}>
                {step.label}
              </li>
            </Tooltip>
          );
        })}
      </ol>
      {running && <RunningStep job={job} />}
      {job.state === "queued" && (
        <Text size="xs" c="dimmed" mt={4}>
          Waiting for its turn.
        </Text>
      )}
      {isStopped(job.state) && (
        <Text size="sm" mt={4}>
          {stopped[job.state]} at “{protocolSteps[current]?.label}”. What was serving still is.
        </Text>
      )}
    </div>
  );
}

const stopped = { failed: "Stopped", cancelled: "Cancelled", interrupted: "Interrupted" } as const;

function isStopped(state: Job["state"]): state is keyof typeof stopped {
  return state in stopped;
}

/** Seconds without news after which it is said how long they are. */
const quiet = 4;

function Quiet() {
  const seconds = useSecondsShown();
  return seconds >= quiet && ` · no news for ${String(seconds)} s`;
}

function RunningStep({ job }: { readonly job: Job }) {
  const cancel = useCommand("jobs.cancel");
  const { progress } = job;
  const share = progressShare(progress);
  return (
    <Group gap="sm" wrap="nowrap" mt="xs">
      <div style={{ flex: 1, minWidth: 0 }}>
        <Progress
          size="sm"
          value={share === null ? 100 : share * 100}
          striped={share === null}
          animated={share === null}
          aria-label="Progress of this step"
        />
        <Text size="xs" c="dimmed" mt={2}>
          {progress === null ? "Starting" : progress.message}
          {progress !== null && progress.total !== null && ` (${progressText(progress)})`}
          <Quiet key={JSON.stringify(progress)} />
        </Text>
      </div>
      <Button
        variant="default"
        loading={cancel.isPending}
        aria-label="Cancel the publication"
        onClick={() =>
          cancel.mutate({ jobId: job.id }, { onError: (error) => tellFailure("It could not be cancelled", error) })
        }
      >
        Cancel
      </Button>
    </Group>
  );
}

function stateOf(job: Job, step: number, current: number): StepState {
  if (job.state === "succeeded" || step < current) return "done";
  if (step > current) return "to-do";
  return job.state === "failed" || job.state === "interrupted" ? "failed" : "now";
}
