import { Badge, Button, Card, Code, CopyButton, Group, Stack, Text, Title } from "@mantine/core";
import { useState } from "react";
import type { Target } from "../../../../core/contract/entities.ts";
import type { ServerRestart } from "../../../../core/contract/publishing.ts";
import type { MethodOutput } from "../../../../core/contract/methods.ts";
import { useCommands } from "../../components/commands/commands-context.tsx";
import { Answer } from "../../components/feedback/answer.tsx";
import { formatClock, formatDateTime } from "../../components/format/times.ts";
import { ErrorPanel } from "../../components/feedback/error-panel.tsx";
import { useCommand, useQueryMethod } from "../../transport/hooks.ts";

/** The server that comes along, started here against this target. */
export function BundledServer({ target }: { readonly target: Target }) {
  const server = useQueryMethod("servers.get", { targetId: target.id });
  const start = useCommand("servers.start");
  const stop = useCommand("servers.stop");
  const refresh = { onSettled: () => void server.refetch() };
  const startServer = () => start.mutate({ targetId: target.id }, refresh);
  const stopServer = () => stop.mutate({ targetId: target.id }, refresh);
  const state = server.data?.state;
  const startLabel = startLabels[state ?? "stopped"];
  useCommands([
    ...(startLabel === undefined
      ? []
      : [
          {
            id: "server.start",
            label: `${state === "silent" ? "Restart" : "Start"} the bundled server`,
            group: "Publish",
            run: startServer,
          },
        ]),
    ...(state === undefined || state === "stopped"
      ? []
      : [{ id: "server.stop", label: "Stop the bundled server", group: "Publish", run: stopServer }]),
  ]);
  return (
    <Card component="section" aria-label="Bundled server">
      <Group justify="space-between" align="flex-start" wrap="nowrap">
        <div>
          <Group gap="xs">
            <Title order={2}>Bundled server</Title>
            {server.data !== undefined && <State server={server.data} />}
          </Group>
          <Text size="sm" c="dimmed">
            reelbench-server in a process of its own, on this machine only, serving what is live on this target.
          </Text>
        </div>
        <Group gap="xs" wrap="nowrap" style={{ flex: "none" }}>
          {(startLabel !== undefined || start.isPending) && (
            <Button variant="default" loading={start.isPending} disabled={state === undefined} onClick={startServer}>
              {startLabel ?? "Start server"}
            </Button>
          )}
          {state !== undefined && state !== "stopped" && !start.isPending && (
            <Button variant="default" loading={stop.isPending} onClick={stopServer}>
              {state === "running" || state === "silent" ? "Stop server" : "Leave it stopped"}
            </Button>
          )}
        </Group>
      </Group>
      <Stack gap="xs" mt="xs">
        {start.error !== null && <ErrorPanel error={start.error} title="The server did not start" />}
        {stop.error !== null && <ErrorPanel error={stop.error} title="The server did not stop" />}
        <Answer of={server} height={40}>
          {(known) => (
            <>
              <LastFailure server={known} isTold={start.error !== null} />
              <Addresses server={known} />
            </>
          )}
        </Answer>
      </Stack>
    </Card>
  );
}

type Server = MethodOutput<"servers.get">;

const states: Readonly<Record<Server["state"], { readonly label: string; readonly color: string }>> = {
  stopped: { label: "Stopped", color: "gray" },
  starting: { label: "Starting", color: "blue" },
  running: { label: "Running", color: "green" },
  silent: { label: "Not answering", color: "red" },
  waiting: { label: "Waits to start again", color: "orange" },
};

/** What a start is called where one can be asked for. */
const startLabels: Readonly<Partial<Record<Server["state"], string>>> = {
  stopped: "Start server",
  waiting: "Start it now",
  silent: "Restart server",
};

function State({ server: { state, since } }: { readonly server: Server }) {
  return (
    <>
      <Badge color={states[state].color}>{states[state].label}</Badge>
      {since !== null && (
        <Text size="xs" c="dimmed">
          since {formatDateTime(since)}
        </Text>
      )}
    </>
  );
}

interface LastFailureProps {
  readonly server: Server;
  /** What it is stands there already. */
  readonly isTold: boolean;
}

function LastFailure({ server: { state, restart, lastFailure }, isTold }: LastFailureProps) {
  if (restart !== null) return <RestartNote restart={restart} />;
  if (state === "silent")
    return (
      <Text size="sm" role="status">
        Its process runs, but answers nothing, and requests to it wait. It may come back by itself; restarting ends it
        and starts another at the same address.
      </Text>
    );
  if (lastFailure === null || isTold) return null;
  return (
    <Text size="sm" role="status" c={state === "stopped" ? "var(--rb-bad)" : "dimmed"}>
      {state === "stopped" ? "It did not start at" : "It ended by itself at"} {formatDateTime(lastFailure.at)}
      {because(lastFailure.reason)}
    </Text>
  );
}

/** A reason is a sentence, or a word of the system's ("SIGKILL"). */
function because(reason: string): string {
  return reason.endsWith(".") ? `: ${reason}` : ` (${reason}).`;
}

function RestartNote({ restart: { at, failures, reason } }: { readonly restart: ServerRestart }) {
  return (
    <Text size="sm" role="status">
      It ended by itself{failures > 1 && `, ${failures} times in a row`}
      {because(reason)} It is started again at {formatClock(at)}; the pauses grow to a minute.
    </Text>
  );
}

function Addresses({ server }: { readonly server: Server }) {
  const [shown, setShown] = useState(false);
  if (!server.running || server.url === null) return null;
  const key = server.apiKey;
  return (
    <Stack gap={6}>
      <Group gap="xs">
        <Text size="sm" w={60}>
          URL
        </Text>
        <Code>{server.url}</Code>
        <Copy value={server.url} label="Copy URL" />
        {server.pid !== null && (
          <Text size="xs" c="dimmed">
            process {server.pid}
          </Text>
        )}
      </Group>
      {key !== null && (
        <Group gap="xs">
          <Text size="sm" w={60}>
            API key
          </Text>
          <Code>{shown ? key : "•".repeat(16)}</Code>
          <Copy value={key} label="Copy API key" />
          <Button size="compact-xs" variant="subtle" color="gray" onClick={() => setShown(!shown)}>
            {shown ? "Hide" : "Show"}
          </Button>
        </Group>
      )}
    </Stack>
  );
}

function Copy({ value, label }: { readonly value: string; readonly label: string }) {
  return (
    <CopyButton value={value}>
      {({ copied, copy }) => (
        <Button size="compact-xs" variant="default" onClick={copy}>
          {copied ? "Copied" : label}
        </Button>
      )}
    </CopyButton>
  );
}
