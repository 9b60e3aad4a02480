import { Badge, Button, Card, Code, CopyButton, Group, Stack, Text, Title } from "@mantine/core";
import { useState } from "react";
import type { Target } from "../../../../core/contract/entities.ts";
import type { ServerRestart } from "../../../../core/contract/publishing.ts";
import type { MethodOutput } from "../../../../core/contract/methods.ts";
import { useCommands } from "../../components/commands/commands-context.tsx";
import { Answer } from "../../components/feedback/answer.tsx";
import { formatDateTime } from "../../components/format/times.ts";
import { ErrorPanel } from "../../components/feedback/error-panel.tsx";
import { useCommand, useQueryMethod } from "../../transport/hooks.ts";

/** The server that comes along, started here against this target. */
export function BundledServer({ target }: { readonly target: Target }) {
  const server = useQueryMethod("servers.get", { targetId: target.id });
  const start = useCommand("servers.start");
  const stop = useCommand("servers.stop");
  const refresh = { onSettled: () => void server.refetch() };
  const startServer = () => start.mutate({ targetId: target.id }, refresh);
  const running = server.data?.running === true;
  const waiting = server.data?.restart != null;
  useCommands([
    running || waiting
      ? {
          id: "server.stop",
          label: "Stop the bundled server",
          group: "Publish",
          run: () => stop.mutate({ targetId: target.id }, refresh),
        }
      : { id: "server.start", label: "Start the bundled server", group: "Publish", run: startServer },
  ]);
  return (
    <Card component="section" aria-label="Bundled server">
      <Group justify="space-between" align="flex-start">
        <div>
          <Group gap="xs">
            <Title order={2}>Bundled server</Title>
            {server.data !== undefined && (
              <Badge color={running ? "green" : waiting ? "orange" : "gray"}>
                {running ? "Running" : waiting ? "Waits to start again" : "Stopped"}
              </Badge>
            )}
          </Group>
          <Text size="sm" c="dimmed">
            reelbench-server in a process of its own, on this machine only, serving what is live on this target.
          </Text>
        </div>
        {running || waiting ? (
          <Button
            variant="default"
            loading={stop.isPending}
            onClick={() => stop.mutate({ targetId: target.id }, refresh)}
          >
            {running ? "Stop server" : "Leave it stopped"}
          </Button>
        ) : (
          <Button
            variant="default"
            loading={start.isPending}
            disabled={server.data === undefined}
            onClick={startServer}
          >
            Start server
          </Button>
        )}
      </Group>
      <Stack gap="xs" mt="xs">
        {start.error !== null && <ErrorPanel error={start.error} title="The server did not start" />}
        {stop.error !== null && <ErrorPanel error={stop.error} title="The server did not stop" />}
        <Answer of={server} height={40}>
          {(known) => (
            <>
              {known.restart !== null && <RestartNote restart={known.restart} />}
              <Addresses server={known} />
            </>
          )}
        </Answer>
      </Stack>
    </Card>
  );
}

function RestartNote({ restart: { at, failures, reason } }: { readonly restart: ServerRestart }) {
  return (
    <Text size="sm" role="status">
      It ended by itself{failures > 1 && `, ${failures} times in a row`} ({reason}). It is started again at{" "}
      {formatDateTime(at)}; the pauses grow to a minute.
    </Text>
  );
}

function Addresses({ server }: { readonly server: MethodOutput<"servers.get"> }) {
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
