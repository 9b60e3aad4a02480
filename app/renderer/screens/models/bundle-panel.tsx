import { Alert, Button, Card, Code, CopyButton, Group, Progress, Stack, Table, Text, Title } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useRef, useState } from "react";
import type { ModelDetail } from "../../../../core/contract/model-versions.ts";
import { useCommands } from "../../components/commands/commands-context.tsx";
import { tellFailure } from "../../components/feedback/tell.ts";
import { formatBytes } from "../../components/format/numbers.ts";
import { saveBlob } from "../../components/table/save-text.ts";
import { useEngine } from "../../transport/engine-context.tsx";
import { downloadBundle } from "./download-bundle.ts";
import styles from "./models.module.css";

/** The bundle to take away, and how Python opens it. */
export function BundlePanel({ detail }: { readonly detail: ModelDetail }) {
  const { bundle, python } = detail;
  if (bundle === null || python === null) {
    return (
      <Alert color="yellow" title="The bundle is not on this disk">
        The folder of its run is gone or does not read as it was written. Put it back and open the workspace again; what
        was published is not touched by this.
      </Alert>
    );
  }
  return (
    <Stack gap="md">
      <Card>
        <Group justify="space-between" align="flex-start">
          <div>
            <Title order={2} size="h3">
              Bundle
            </Title>
            <Text size="sm" c="dimmed">
              safetensors and JSON, with a reader for Python beside them ({bundle.form.replace("-", " ")}).
            </Text>
          </div>
          <Download modelId={detail.version.id} {...bundle} />
        </Group>
        <Table.ScrollContainer minWidth={560}>
          <Table fz="sm" mt="xs" aria-label="Files of the bundle">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>File</Table.Th>
                <Table.Th ta="right">Size</Table.Th>
                <Table.Th>SHA-256</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {bundle.files.map(({ name, bytes, sha256 }) => (
                <Table.Tr key={name}>
                  <Table.Td>{name}</Table.Td>
                  <Table.Td ta="right">{formatBytes(bytes)}</Table.Td>
                  <Table.Td>
                    <Code style={{ wordBreak: "break-all" }}>{sha256}</Code>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      </Card>
      <Card>
        <Group justify="space-between">
          <Title order={2} size="h3">
            Open in Python
          </Title>
          <CopyButton value={python}>
            {({ copied, copy }) => (
              <Button size="xs" variant="default" onClick={copy}>
                {copied ? "Copied" : "Copy"}
              </Button>
            )}
          </CopyButton>
        </Group>
        <Text size="sm" c="dimmed" mb="xs">
          It lies in the archive as score.py: unpack, install numpy and safetensors, run it there.
        </Text>
        <Code block className={styles["code"] ?? ""} tabIndex={0} aria-label="Python that opens the bundle">
          {python}
        </Code>
      </Card>
    </Stack>
  );
}

interface DownloadProps {
  readonly modelId: string;
  readonly archiveName: string;
  readonly archiveBytes: number;
}

function Download({ modelId, archiveName, archiveBytes }: DownloadProps) {
  const { connection } = useEngine();
  const [share, setShare] = useState<number | null>(null);
  const stop = useRef<AbortController | null>(null);
  const start = async () => {
    const controller = new AbortController();
    stop.current = controller;
    setShare(0);
    try {
      saveBlob(archiveName, await downloadBundle(connection, modelId, setShare, controller.signal));
    } catch (error) {
      if (!controller.signal.aborted) tellFailure("The bundle could not be fetched", error);
    } finally {
      setShare(null);
    }
  };
  useCommands([{ id: "model.download", label: "Download the bundle", group: "Models", run: () => void start() }]);
  if (share !== null) {
    return (
      <Group gap="xs">
        <Progress w={160} value={share * 100} aria-label="Fetching the bundle" />
        <Button variant="default" size="xs" onClick={() => stop.current?.abort()}>
          Cancel
        </Button>
      </Group>
    );
  }
  return (
    <Button leftSection={<IconDownload size={15} aria-hidden />} onClick={() => void start()}>
      Download {archiveName} ({formatBytes(archiveBytes)})
    </Button>
  );
}
