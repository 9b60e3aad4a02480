import { Button, Card, Collapse, Group, NumberInput, Select, Stack, Switch, Text, Title } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import type { Job, Target } from "../../../../core/contract/entities.ts";
import type { RunRow } from "../../../../core/contract/run-table.ts";
import { contract } from "../../../../core/contract/methods.ts";
import type { MethodOutput } from "../../../../core/contract/methods.ts";
import { Answer } from "../../components/feedback/answer.tsx";
import { tellFailure } from "../../components/feedback/tell.ts";
import { findMetric, formatMetric, metricLabel } from "../../components/format/metrics.ts";
import { InlineLink } from "../../components/link-button.tsx";
import { isUnfinished, jobError, useJob, useJobs } from "../../transport/hooks.ts";
import { useRunChoice } from "../../transport/use-run-choice.ts";
import { PublishOutcome } from "./publish-outcome.tsx";
import { ProtocolProgress } from "./protocol-progress.tsx";

const route = getRouteApi("/publish");

/** Which model goes where, and how it goes. */
export function PublishForm({ target, runId }: { readonly target: Target; readonly runId: string | undefined }) {
  const runs = useRunChoice("state = succeeded and refit = false", runId === undefined ? [] : [runId]);
  return (
    <Card component="section" aria-label="Publish a model">
      <Title order={2} mb="sm">
        Publish to {target.kind === "local" ? "the local server" : target.name}
      </Title>
      <Answer of={runs} height={120}>
        {(known) => <Form target={target} runs={publishable(known)} runId={runId} />}
      </Answer>
    </Card>
  );
}

/** Finished runs, newest first. A refit carries the evaluation of another run and is made again on the way. */
function publishable(runs: readonly RunRow[]): readonly RunRow[] {
  return runs.filter(({ state, refitOf }) => state === "succeeded" && refitOf === null);
}

function runLabel(run: RunRow): string {
  const metric = findMetric(run.metrics, "ndcg@10") ?? run.metrics[0];
  return metric === undefined ? run.name : `${run.name}  (${metricLabel(metric.metric)} ${formatMetric(metric.value)})`;
}

function resultOf(job: Job | undefined): MethodOutput<"publish.run"> | null {
  if (job?.state !== "succeeded") return null;
  return contract["publish.run"].output.safeParse(job.result).data ?? null;
}

function Form({
  target,
  runs,
  runId,
}: {
  readonly target: Target;
  readonly runs: readonly RunRow[];
  readonly runId: string | undefined;
}) {
  const navigate = route.useNavigate();
  const [refit, setRefit] = useState(true);
  const [overrideGates, setOverrideGates] = useState(false);
  const [probes, setProbes] = useState(50);
  const [advanced, setAdvanced] = useState(false);
  const [result, setResult] = useState<MethodOutput<"publish.run"> | null>(null);
  const publish = useJob("publish.run", setResult);
  // A publication that was started elsewhere, or before this screen was left, is followed all the same, to its end.
  const jobs = useJobs();
  const underWay = jobs.find((each) => each.kind.startsWith("publish") && isUnfinished(each));
  const [followedId, setFollowedId] = useState<string | null>(null);
  if (underWay?.kind === "publish.run" && underWay.id !== followedId) setFollowedId(underWay.id);
  const followed = publish.job === undefined ? jobs.find(({ id }) => id === followedId) : undefined;
  const job = publish.job ?? underWay ?? followed;
  const chosen = runs.find(({ id }) => id === runId);
  if (runs.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        There is no finished run to publish. <InlineLink to="/train">Train one first.</InlineLink>
      </Text>
    );
  }
  const start = () => {
    if (chosen === undefined) return;
    setResult(null);
    setFollowedId(null);
    publish
      .start({ runId: chosen.id, targetId: target.id, refit, overrideGates, probes })
      .catch((error: unknown) => tellFailure("The publication could not be started", error));
  };
  return (
    <Stack gap="sm">
      <Group align="flex-end" gap="sm">
        <Select
          label="Run"
          placeholder="Choose the run to publish"
          searchable
          style={{ flex: 1, minWidth: 280 }}
          data={runs.map((run) => ({ value: run.id, label: runLabel(run) }))}
          value={chosen?.id ?? null}
          onChange={(id) => void navigate({ search: (before) => ({ ...before, run: id ?? undefined }), replace: true })}
        />
        <Button size="sm" disabled={chosen === undefined} loading={publish.busy} onClick={start}>
          Publish
        </Button>
      </Group>
      <Group gap="lg">
        <Switch
          label="Refit on all of the snapshot first"
          checked={refit}
          onChange={({ currentTarget }) => setRefit(currentTarget.checked)}
        />
        <Button variant="subtle" color="gray" aria-expanded={advanced} onClick={() => setAdvanced(!advanced)}>
          {advanced ? "Fewer options" : "More options"}
        </Button>
      </Group>
      <Collapse expanded={advanced}>
        <Group gap="lg" align="flex-end">
          <NumberInput
            label="Users in the parity probe"
            w={180}
            min={1}
            max={1000}
            allowDecimal={false}
            value={probes}
            onChange={(value) => typeof value === "number" && setProbes(value)}
          />
          <Switch
            label="Go on although a gate says no"
            description="The reasons are kept with the publication"
            checked={overrideGates}
            onChange={({ currentTarget }) => setOverrideGates(currentTarget.checked)}
          />
        </Group>
      </Collapse>
      {job !== undefined && <ProtocolProgress job={job} refit={refit} />}
      <PublishOutcome result={result ?? resultOf(followed)} error={publish.error ?? jobError(followed)} />
    </Stack>
  );
}
