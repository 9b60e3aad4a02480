import { Progress, Text, Tooltip } from "@mantine/core";
import type { Job } from "../../../../core/contract/entities.ts";
import { progressShare, progressText } from "../../components/shell/job-progress.ts";
import { protocolStepOf, protocolSteps } from "./protocol-steps.ts";
import styles from "./publish.module.css";

type StepState = "done" | "now" | "failed" | "to-do";

/** Where a publication stands. Until the last step the version before keeps serving. */
export function ProtocolProgress({ job, refit }: { readonly job: Job; readonly refit: boolean }) {
  const current = protocolStepOf(job.progress?.message ?? null);
  const share = progressShare(job.progress);
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
      {running && (
        <>
          <Progress
            mt="xs"
            size="sm"
            value={share === null ? 100 : share * 100}
            striped={share === null}
            animated={share === null}
            aria-label="Progress of this step"
          />
          <Text size="xs" c="dimmed" mt={2}>
            {job.progress === null ? "Starting" : job.progress.message}
            {job.progress !== null && job.progress.total !== null && ` (${progressText(job.progress)})`}
          </Text>
        </>
      )}
      {job.state === "queued" && (
        <Text size="xs" c="dimmed" mt={4}>
          Waiting for its turn.
        </Text>
      )}
      {(job.state === "cancelled" || job.state === "interrupted") && (
        <Text size="sm" mt={4}>
          {job.state === "cancelled" ? "Cancelled" : "Interrupted"}. What was serving still is.
        </Text>
      )}
    </div>
  );
}

function stateOf(job: Job, step: number, current: number): StepState {
  if (job.state === "succeeded" || step < current) return "done";
  if (step > current) return "to-do";
  return job.state === "failed" || job.state === "interrupted" ? "failed" : "now";
}
