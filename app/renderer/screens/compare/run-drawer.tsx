import { Anchor, Button, Code, Drawer, Group, Stack, Table, TagsInput, Text, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import type { ReactNode } from "react";
import type { Run } from "../../../../core/contract/entities.ts";
import { fromEnvelope } from "../../../../core/contract/errors.ts";
import { Answer } from "../../components/feedback/answer.tsx";
import { ErrorPanel } from "../../components/feedback/error-panel.tsx";
import { tellDone, tellFailure } from "../../components/feedback/tell.ts";
import { formatMetric, metricLabel } from "../../components/format/metrics.ts";
import { formatDateTime, formatSeconds } from "../../components/format/times.ts";
import { LinkButton, TextLink } from "../../components/link-button.tsx";
import { Notation } from "../../components/notation.tsx";
import { StateBadge } from "../../components/shell/job-state.tsx";
import { useCommand, useJob, useQueryMethod } from "../../transport/hooks.ts";
import { useAlgorithmNames } from "../../transport/use-algorithm-names.ts";
import { showValue } from "./run-columns.tsx";
import { RunReport } from "./run-report.tsx";
import { useSplitNames } from "./use-split-names.ts";

/** One run with all its particulars. */
export function RunDrawer({ runId, onClose }: { readonly runId: string | null; readonly onClose: () => void }) {
  const run = useQueryMethod("runs.get", { runId: runId ?? "none" }, { enabled: runId !== null });
  return (
    <Drawer opened={runId !== null} onClose={onClose} position="right" size="lg" title={run.data?.name ?? "Run"}>
      {runId !== null && (
        <Answer of={run} errorTitle="The run cannot be shown">
          {(known) => <Particulars key={known.id} run={known} />}
        </Answer>
      )}
    </Drawer>
  );
}

function Particulars({ run }: { readonly run: Run }) {
  const { algorithm, setting } = useAlgorithmNames();
  const snapshot = useQueryMethod("snapshots.list", {}).data?.find(({ id }) => id === run.snapshotId);
  const splitName = useSplitNames();
  return (
    <Stack gap="md">
      <Group gap="xs">
        <StateBadge state={run.state} />
        <Text size="sm" c="dimmed">
          {formatDateTime(run.createdAt)}
          {run.archivedAt === undefined ? "" : `, archived ${formatDateTime(run.archivedAt)}`}
        </Text>
        <ArchiveButton run={run} />
      </Group>
      {run.error !== null && run.state !== "cancelled" && (
        <ErrorPanel error={fromEnvelope(run.error)} title="The run did not finish" />
      )}
      <Annotation run={run} />
      <Table variant="vertical" fz="sm" aria-label="Particulars of the run" layout="fixed">
        <Table.Tbody>
          <Line name="Run">
            <Code>{run.id}</Code>
          </Line>
          <Line name="Snapshot">
            <TextLink to="/data/snapshots/$snapshotId" params={{ snapshotId: run.snapshotId }}>
              {snapshot?.name ?? run.snapshotId}
            </TextLink>
          </Line>
          <Line name="Split">
            <TextLink to="/train" search={{ split: run.splitId }}>
              {splitName(run.splitId)}
            </TextLink>
          </Line>
          <Line name="Algorithm">{algorithm(run.algorithm)}</Line>
          {Object.entries(run.hyperparameters).map(([name, value]) => (
            <Line key={name} name={<Notation>{setting(name, [run.algorithm])}</Notation>}>
              {showValue(value)}
            </Line>
          ))}
          {run.stopped !== undefined && (
            <Line name="Stopped early">
              {run.stopped.map(({ epochs, tried, metric, value }, fold) => (
                <Text key={fold} size="sm">
                  Learnt for {epochs} epochs, the best of {tried} tried: {metricLabel(metric)} {formatMetric(value)} on
                  ratings put aside
                </Text>
              ))}
            </Line>
          )}
          <Line name="Seed">{run.seed}</Line>
          {run.timings !== null && (
            <Line name="Time">
              {formatSeconds(run.timings.load)} loading, {formatSeconds(run.timings.fit)} fitting,{" "}
              {formatSeconds(run.timings.evaluate)} evaluating
            </Line>
          )}
          {run.machine !== null && (
            <Line name="Machine">
              {run.machine.cpu}, {run.machine.cores} cores, {run.machine.threads} threads, {run.machine.runtime}
            </Line>
          )}
          <Line name="Code">{run.codeVersion}</Line>
          <Line name="Model hash">
            {run.modelHash === null ? (
              "no model (refit it to get one)"
            ) : (
              <Code style={{ wordBreak: "break-all" }}>{run.modelHash}</Code>
            )}
          </Line>
          {run.refitOf !== null && (
            <Line name="Refit of">
              <Anchor size="sm" href={`#/compare?open=${run.refitOf}`}>
                {run.refitOf}
              </Anchor>
            </Line>
          )}
        </Table.Tbody>
      </Table>
      {run.state === "succeeded" && <RunActions run={run} />}
      {run.state === "succeeded" && <RunReport run={run} />}
    </Stack>
  );
}

function ArchiveButton({ run }: { readonly run: Run }) {
  const archive = useCommand("runs.archive");
  const archived = run.archivedAt !== undefined;
  return (
    <Button
      variant="subtle"
      color="gray"
      ml="auto"
      loading={archive.isPending}
      onClick={() =>
        archive.mutate(
          { runIds: [run.id], archived: !archived },
          {
            onSuccess: () => tellDone(archived ? "Restored." : "Archived. It is kept whole, and found under Archived."),
            onError: (error) => tellFailure("Nothing was changed", error),
          },
        )
      }
    >
      {archived ? "Restore" : "Archive"}
    </Button>
  );
}

function Line({ name, children }: { readonly name: ReactNode; readonly children: ReactNode }) {
  return (
    <Table.Tr>
      <Table.Th w={190}>{name}</Table.Th>
      <Table.Td>{children}</Table.Td>
    </Table.Tr>
  );
}

function Annotation({ run }: { readonly run: Run }) {
  const annotate = useCommand("runs.annotate");
  const [name, setName] = useState(run.name);
  const [note, setNote] = useState(run.note);
  const [tags, setTags] = useState(run.tags ?? []);
  const changed = name.trim() !== run.name || note !== run.note || tags.join(",") !== (run.tags ?? []).join(",");
  const save = () =>
    annotate.mutate(
      { runId: run.id, name: name.trim(), note, tags },
      {
        onSuccess: () => tellDone("Saved."),
        onError: (error) => tellFailure("Name, note and tags were not saved", error),
      },
    );
  return (
    <Stack gap="xs">
      <TextInput label="Name" value={name} onChange={({ currentTarget }) => setName(currentTarget.value)} />
      <Textarea
        label="Note"
        autosize
        minRows={2}
        value={note}
        onChange={({ currentTarget }) => setNote(currentTarget.value)}
      />
      <TagsInput label="Tags" value={tags} onChange={setTags} maxTags={50} placeholder="Enter adds a tag" />
      {changed && (
        <Group>
          <Button loading={annotate.isPending} disabled={name.trim() === ""} onClick={save}>
            Save
          </Button>
        </Group>
      )}
    </Stack>
  );
}

function RunActions({ run }: { readonly run: Run }) {
  const [identical, setIdentical] = useState<boolean | null>(null);
  const reproduce = useJob("runs.reproduce", (result) => setIdentical(result.identical));
  const refit = useJob("runs.refit", () => tellDone("The refit is done."));
  return (
    <Stack gap="xs">
      <Group gap="xs">
        <LinkButton to="/publish" search={{ run: run.id }}>
          Publish
        </LinkButton>
        <LinkButton variant="default" to="/recommendations" search={{ run: [run.id] }}>
          See recommendations
        </LinkButton>
        {run.refitOf === null && (
          <LinkButton variant="default" to="/train" search={{ split: run.splitId, run: run.id }}>
            Change and train
          </LinkButton>
        )}
        <Button
          variant="default"
          loading={refit.busy}
          onClick={() =>
            void refit
              .start({ runId: run.id })
              .catch((error: unknown) => tellFailure("The refit could not be started", error))
          }
        >
          Refit on everything
        </Button>
        <Button
          variant="default"
          loading={reproduce.busy}
          onClick={() => {
            setIdentical(null);
            reproduce.start({ runId: run.id }).catch((error: unknown) => tellFailure("It could not be started", error));
          }}
        >
          Reproduce
        </Button>
      </Group>
      {identical !== null && (
        <Text size="sm" c={identical ? "var(--rb-good)" : "var(--rb-bad)"} role="status">
          {identical ? "Trained again: the same bytes." : "Trained again: the bytes differ."}
        </Text>
      )}
      {reproduce.error !== null && <ErrorPanel error={reproduce.error} />}
      {refit.error !== null && <ErrorPanel error={refit.error} />}
    </Stack>
  );
}
