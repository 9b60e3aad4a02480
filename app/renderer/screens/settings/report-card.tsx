import { Alert, Button, Card, Code, Group, Stack, Text, Title } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useState } from "react";
import { ErrorPanel } from "../../components/feedback/error-panel.tsx";
import { formatBytes } from "../../components/format/numbers.ts";
import { saveBlob } from "../../components/table/save-text.ts";
import { desktopBridge } from "../../transport/electron.ts";
import { useEngine } from "../../transport/engine-context.tsx";
import { gatherReport, zipOf } from "./fault-report.ts";
import type { ReportFile } from "./fault-report.ts";

/** A zip to attach to a report of a fault. The person sees what is in it before it is saved, and nothing is sent. */
export function ReportCard() {
  const { connection } = useEngine();
  const [files, setFiles] = useState<readonly ReportFile[] | null>(null);
  const [shown, setShown] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [gathering, setGathering] = useState(false);
  const gather = async () => {
    setGathering(true);
    setError(null);
    try {
      setFiles(await gatherReport(connection, desktopBridge()));
    } catch (failure) {
      setError(failure);
    } finally {
      setGathering(false);
    }
  };
  const save = (gathered: readonly ReportFile[]) => {
    const day = new Date().toISOString().slice(0, 10);
    saveBlob(`reelbench-report-${day}.zip`, new Blob([zipOf(gathered)], { type: "application/zip" }));
  };
  const open = files?.find(({ name }) => name === shown);
  return (
    <Card component="section" aria-label="Report a fault">
      <Title order={2}>Report a fault</Title>
      <Text size="sm" c="dimmed" mb="xs" maw={720}>
        A zip of versions, logs and the shape of the workspace in numbers. Passwords, keys, addresses of machines and
        paths are replaced before you see it; no ratings, titles or names are in it. Nothing is sent: you save it and
        attach it where you like.
      </Text>
      {error !== null && (
        <ErrorPanel error={error} title="The report could not be gathered" onRetry={() => void gather()} />
      )}
      {files === null ? (
        <Button variant="default" style={{ alignSelf: "start" }} loading={gathering} onClick={() => void gather()}>
          Gather a report…
        </Button>
      ) : (
        <Stack gap="xs">
          <Group gap="xs">
            {files.map(({ name, text }) => (
              <Button
                key={name}
                variant={shown === name ? "light" : "default"}
                aria-pressed={shown === name}
                onClick={() => setShown(shown === name ? null : name)}
              >
                {name} ({formatBytes(new Blob([text]).size)})
              </Button>
            ))}
            <Button leftSection={<IconDownload size={14} aria-hidden />} onClick={() => save(files)}>
              Save the zip…
            </Button>
          </Group>
          {open !== undefined && (
            <Code
              block
              tabIndex={0}
              role="region"
              aria-label={`Content of ${open.name}`}
              mah={300}
              style={{ overflow: "auto", whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}
            >
              {open.text === "" ? "(empty)" : open.text.slice(0, 60_000)}
            </Code>
          )}
          {open !== undefined && open.text.length > 60_000 && <Alert color="gray">The rest is in the zip.</Alert>}
        </Stack>
      )}
    </Card>
  );
}
