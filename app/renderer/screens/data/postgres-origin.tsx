import { Alert, Button, Group, NumberInput, PasswordInput, Stack, Text, Textarea } from "@mantine/core";
import { useState } from "react";
import { ErrorPanel } from "../../components/feedback/error-panel.tsx";
import { tellFailure } from "../../components/feedback/tell.ts";
import { useCommand, useJob } from "../../transport/hooks.ts";
import { JobLine } from "./job-line.tsx";

const example = `SELECT user_id AS "userId", film_id AS "movieId", stars AS rating, rated_at AS timestamp\nFROM ratings`;

interface PostgresOriginProps {
  /** Whether an answer is there and being looked at. */
  readonly fetched: boolean;
  /** The answer lies in this file, to be read like any other. */
  readonly onFetched: (path: string) => void;
}

/** Ratings out of a database: connect, ask, fetch. The password stays in the engine's memory. */
export function PostgresOrigin({ fetched, onFetched }: PostgresOriginProps) {
  const [url, setUrl] = useState("");
  const [query, setQuery] = useState("");
  const [timeoutSeconds, setTimeoutSeconds] = useState(300);
  const connect = useCommand("postgres.connect");
  const job = useJob("postgres.fetch", ({ path }) => onFetched(path));
  const connection = connect.data;
  const start = () => {
    if (connection === undefined) return;
    job
      .start({ connectionId: connection.connectionId, query, timeoutSeconds })
      .catch((error: unknown) => tellFailure("The query could not be started", error));
  };
  return (
    <Stack gap="sm">
      <Group align="flex-end" gap="sm" wrap="nowrap">
        <PasswordInput
          size="xs"
          label="Address of the database"
          description="Kept in memory until Reelbench is closed, and written nowhere"
          placeholder="postgres://user:password@host:5432/database"
          style={{ flex: 1 }}
          autoComplete="off"
          value={url}
          onChange={({ currentTarget }) => setUrl(currentTarget.value)}
        />
        <Button
          variant="default"
          disabled={url.trim() === ""}
          loading={connect.isPending}
          onClick={() => connect.mutate({ url: url.trim() })}
        >
          Connect
        </Button>
      </Group>
      {connect.error !== null && <ErrorPanel error={connect.error} title="There is no connection to the database" />}
      {connection !== undefined && (
        <Text size="sm" c="dimmed">
          Connected to <code>{connection.database}</code>, Postgres {connection.version}.
        </Text>
      )}
      <Textarea
        label="Query"
        description="One statement that selects; it runs read-only"
        placeholder={example}
        autosize
        minRows={3}
        maxRows={12}
        spellCheck={false}
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
        value={query}
        onChange={({ currentTarget }) => setQuery(currentTarget.value)}
      />
      <Group align="flex-end" gap="sm">
        <NumberInput
          label="Time limit in seconds"
          w={180}
          min={1}
          max={86_400}
          allowDecimal={false}
          value={timeoutSeconds}
          onChange={(value) => typeof value === "number" && setTimeoutSeconds(value)}
        />
        <Button ml="auto" disabled={connection === undefined || query.trim() === ""} loading={job.busy} onClick={start}>
          {fetched ? "Fetch again" : "Fetch the rows"}
        </Button>
      </Group>
      {job.job !== undefined && job.busy && <JobLine job={job.job} label="the query" />}
      {job.error !== null && <ErrorPanel error={job.error} title="The query was not answered" />}
      {job.job?.state === "cancelled" && <Alert color="gray">Cancelled; nothing was kept.</Alert>}
    </Stack>
  );
}
