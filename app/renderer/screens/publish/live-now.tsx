import { Badge, Button, Card, Group, Modal, Stack, Table, Text, Title, Tooltip } from "@mantine/core";
import { IconArrowBackUp } from "@tabler/icons-react";
import { useState } from "react";
import type { Publication, Target, TargetStatus } from "../../../../core/contract/entities.ts";
import { fromEnvelope } from "../../../../core/contract/errors.ts";
import type { ReelbenchError } from "../../../../core/contract/errors.ts";
import { Answer } from "../../components/feedback/answer.tsx";
import { ErrorPanel } from "../../components/feedback/error-panel.tsx";
import { tellFailure } from "../../components/feedback/tell.ts";
import { formatDateTime, formatSeconds } from "../../components/format/times.ts";
import { useNow } from "../../components/format/use-now.ts";
import { InlineLink } from "../../components/link-button.tsx";
import { useJob, useQueryMethod } from "../../transport/hooks.ts";
import { TargetModal } from "./target-modal.tsx";
import { TargetVersions } from "./target-versions.tsx";
import type { TargetStatusQuery } from "./use-target-status.ts";

interface LiveNowProps {
  readonly target: Target;
  readonly status: TargetStatusQuery;
}

/** What this target serves, since when, by which servers, and what it served before. */
export function LiveNow({ target, status: { asked, status } }: LiveNowProps) {
  if (!asked) {
    return (
      <Card>
        <Title order={2}>Live now</Title>
        <Text size="sm" c="dimmed">
          Nothing has been published here yet.
        </Text>
      </Card>
    );
  }
  return (
    <Answer of={status} height={220} errorTitle="The target cannot be asked">
      {(known) =>
        known.error === null ? (
          <Live target={target} status={known} askedAt={status.dataUpdatedAt} />
        ) : (
          <NotKnown target={target} error={fromEnvelope(known.error)} onRetry={() => void status.refetch()} />
        )
      }
    </Answer>
  );
}

interface NotKnownProps {
  readonly target: Target;
  readonly error: ReelbenchError;
  readonly onRetry: () => void;
}

function NotKnown({ target, error, onRetry }: NotKnownProps) {
  const [editing, setEditing] = useState(false);
  return (
    <>
      <ErrorPanel
        error={error}
        title={`What is live on ${target.name} is not known`}
        onRetry={onRetry}
        actions={
          target.kind === "production" && (
            <Button variant="default" onClick={() => setEditing(true)}>
              Edit the target…
            </Button>
          )
        }
      />
      <TargetModal opened={editing} target={target} onClose={() => setEditing(false)} />
    </>
  );
}

interface LiveProps {
  readonly target: Target;
  readonly status: TargetStatus;
  /** Milliseconds of this page's clock. */
  readonly askedAt: number;
}

function Live({ target, status, askedAt }: LiveProps) {
  const { data: publications = [] } = useQueryMethod("publications.list", { targetId: target.id });
  return (
    <Stack gap="md">
      <Card component="section" aria-label="Live now">
        <Group justify="space-between" align="flex-start" wrap="nowrap">
          <div>
            <Title order={2}>Live now</Title>
            {status.active === null ? (
              <Text size="sm" c="dimmed">
                No version is active.
              </Text>
            ) : (
              <Text size="sm">
                Version <b>{status.active.version}</b> since {formatDateTime(status.active.since)}{" "}
                <RunOf version={status.active.version} publications={publications} />
              </Text>
            )}
          </div>
          <RollBack target={target} status={status} />
        </Group>
        <Servers servers={status.servers} active={status.active?.version ?? null} askedAt={askedAt} />
      </Card>
      <TargetVersions target={target} publications={publications} />
      {status.history.length > 0 && <History status={status} />}
    </Stack>
  );
}

function RunOf({ version, publications }: { readonly version: string; readonly publications: readonly Publication[] }) {
  const publication = publications.find((candidate) => candidate.version === version);
  if (publication === undefined) return null;
  return (
    <InlineLink to="/compare" search={{ open: publication.runId }} style={{ whiteSpace: "nowrap" }}>
      the run behind it
    </InlineLink>
  );
}

function RollBack({ target, status }: { readonly target: Target; readonly status: TargetStatus }) {
  const [asking, setAsking] = useState(false);
  const job = useJob("publish.rollback", () => setAsking(false));
  const { previous, active } = status;
  if (previous === null || active === null) return null;
  return (
    <>
      <Button
        variant="default"
        style={{ flex: "none" }}
        leftSection={<IconArrowBackUp size={15} aria-hidden />}
        onClick={() => setAsking(true)}
      >
        Roll back to {previous}
      </Button>
      <Modal opened={asking} onClose={() => setAsking(false)} title={`Roll back to ${previous}?`}>
        <Stack gap="md">
          <Text size="sm">
            Servers switch from {active.version} to {previous} between two requests. Nothing is lost: {active.version}{" "}
            stays on the target and can be made active again.
          </Text>
          {job.error !== null && <ErrorPanel error={job.error} title="Rolling back failed" />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" data-autofocus onClick={() => setAsking(false)}>
              Cancel
            </Button>
            <Button
              loading={job.busy}
              onClick={() =>
                void job
                  .start({ targetId: target.id, version: previous })
                  .catch((error: unknown) => tellFailure("Rolling back could not be started", error))
              }
            >
              Roll back
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}

interface ServersProps {
  readonly servers: TargetStatus["servers"];
  readonly active: string | null;
  readonly askedAt: number;
}

function Servers({ servers, active, askedAt }: ServersProps) {
  const now = useNow(1000);
  if (servers.length === 0) {
    return (
      <Text size="sm" c="dimmed" mt="xs">
        No server reports. The next one that starts will serve the active version.
      </Text>
    );
  }
  return (
    <Table.ScrollContainer minWidth={660}>
      <Table fz="sm" mt="xs" aria-label="Servers" style={{ whiteSpace: "nowrap" }}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Server</Table.Th>
            <Table.Th>Address</Table.Th>
            <Table.Th>Serves</Table.Th>
            <Table.Th>Last heard from</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {servers.map(({ id, url, serving, silentFor, reporting }) => (
            <Table.Tr key={id}>
              <Table.Td>{id}</Table.Td>
              <Table.Td>{url ?? "–"}</Table.Td>
              <Table.Td>
                {!reporting ? (
                  <NotHeard serving={serving} />
                ) : serving === null ? (
                  "nothing yet"
                ) : serving === active ? (
                  serving
                ) : (
                  <Badge color="orange">{serving}</Badge>
                )}
              </Table.Td>
              <Table.Td>{secondsAgo(silentFor + Math.max(0, now - askedAt) / 1000)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

const silence =
  "It does not report any more, as servers do every two seconds: it was killed, hangs, or cannot reach this target’s Postgres, and then still answers with what it has.";

function NotHeard({ serving }: { readonly serving: string | null }) {
  return (
    <Tooltip label={silence}>
      <Stack gap={2} align="flex-start" tabIndex={0} role="note">
        <Badge color="red">Not heard from</Badge>
        {serving !== null && (
          <Text size="xs" c="dimmed">
            last served {serving}
          </Text>
        )}
      </Stack>
    </Tooltip>
  );
}

function secondsAgo(seconds: number): string {
  const whole = Math.max(1, Math.round(seconds));
  return `${whole < 60 ? `${String(whole)} s` : formatSeconds(whole)} ago`;
}

function History({ status }: { readonly status: TargetStatus }) {
  return (
    <Card padding={0}>
      <Title order={3} px="sm" py="xs">
        What was live when
      </Title>
      <Table fz="sm" aria-label="What was live when">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Version</Table.Th>
            <Table.Th>Since</Table.Th>
            <Table.Th>By</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {status.history.map(({ version, activatedAt, reason }) => (
            <Table.Tr key={`${version} ${activatedAt}`}>
              <Table.Td>{version}</Table.Td>
              <Table.Td>{formatDateTime(activatedAt)}</Table.Td>
              <Table.Td>{reason === "rollback" ? "Rolling back" : "Publishing"}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Card>
  );
}
