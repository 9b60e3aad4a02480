import { Card, Code, List, Stack, Table, Text, Title } from "@mantine/core";
import type { MethodOutput } from "../../../../core/contract/methods.ts";
import { Answer } from "../../components/feedback/answer.tsx";
import { formatDateTime } from "../../components/format/times.ts";
import { InlineLink } from "../../components/link-button.tsx";
import { desktopBridge } from "../../transport/electron.ts";
import { useConnectionPhase } from "../../transport/engine-context.tsx";
import { useQueryMethod } from "../../transport/hooks.ts";

export function About() {
  return (
    <Stack gap="md">
      <Versions />
      <Recovery />
      <Updates />
    </Stack>
  );
}

function Versions() {
  const workspace = useQueryMethod("workspace.get", {});
  const phase = useConnectionPhase();
  const bridge = desktopBridge();
  return (
    <Card>
      <Title order={2} mb="xs">
        About
      </Title>
      <Answer of={workspace} height={90}>
        {({ engine, path, id, schemaVersion }) => (
          <Table fz="sm" variant="vertical" withRowBorders={false} aria-label="About this Reelbench">
            <Table.Tbody>
              <Line name="Engine">
                {engine.version}, process {engine.pid}, {engine.runtime}, since {formatDateTime(engine.startedAt)}
              </Line>
              <Line name="Connection">
                {bridge === null
                  ? "WebSocket to this page's host"
                  : `Desktop ${bridge.versions.app}, Electron ${bridge.versions.electron}`}{" "}
                ({phase})
              </Line>
              <Line name="Workspace">
                <Code>{path}</Code>, catalogue version {schemaVersion}, id <Code>{id}</Code>
              </Line>
              <Line name="Licence">MIT</Line>
            </Table.Tbody>
          </Table>
        )}
      </Answer>
    </Card>
  );
}

/** What opening the workspace found, so that nobody has to guess after a crash. */
function Recovery() {
  const recovery = useQueryMethod("workspace.recovery", {});
  return (
    <Card component="section" aria-label="Recovery">
      <Title order={2} mb="xs">
        Recovery
      </Title>
      <Answer of={recovery} height={80}>
        {(found) => (
          <Stack gap={6}>
            <Text size="sm">
              Opened {formatDateTime(found.openedAt)}.{" "}
              {found.afterCrash
                ? "The engine before had ended without closing. What was finished was on disk, whole, and is here."
                : "The engine before had closed as it should."}
            </Text>
            <Findings found={found} />
            <Text size="sm" c="dimmed">
              Before a newer version changes the catalogue, a whole copy of it is put into the workspace’s{" "}
              <Code>backups</Code> folder.
            </Text>
          </Stack>
        )}
      </Answer>
    </Card>
  );
}

function Findings({ found }: { readonly found: MethodOutput<"workspace.recovery"> }) {
  const { interruptedJobs, adopted, missing, refused, removed } = found;
  const lines = [
    ...interruptedJobs.map(({ title }) => `Interrupted, can be resumed from the jobs below: ${title}`),
    ...adopted.map((what) => `Found whole on disk and taken in: ${what}`),
    ...missing.map((what) => `In the catalogue, but its folder is gone: ${what}`),
    ...refused.map((what) => `Left alone, since it could not be understood: ${what}`),
    ...(removed === 0 ? [] : [`Half-written leftovers removed: ${String(removed)}`]),
  ];
  if (lines.length === 0) return <Text size="sm">Nothing had to be mended.</Text>;
  return (
    <List size="sm" spacing={3}>
      {lines.map((line) => (
        <List.Item key={line}>{line}</List.Item>
      ))}
    </List>
  );
}

function Updates() {
  return (
    <Card component="section" aria-label="Updates">
      <Title order={2} mb="xs">
        Updates
      </Title>
      <Text size="sm">
        This build names no place to get updates from, so it never looks for any. A new version is installed over this
        one; workspaces stay as they are. What changed is on <InlineLink to="/">Home</InlineLink>.
      </Text>
    </Card>
  );
}

function Line({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <Table.Tr>
      <Table.Th w={140}>{name}</Table.Th>
      <Table.Td>{children}</Table.Td>
    </Table.Tr>
  );
}
