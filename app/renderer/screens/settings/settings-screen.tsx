import { Card, Code, SegmentedControl, Stack, Table, Text, Title, useMantineColorScheme } from "@mantine/core";
import { onApple, Shortcuts } from "../../components/commands/command-palette.tsx";
import { useCommandList } from "../../components/commands/commands-context.tsx";
import { Answer } from "../../components/feedback/answer.tsx";
import { formatDateTime } from "../../components/format/times.ts";
import { Screen } from "../../components/screen.tsx";
import { desktopBridge } from "../../transport/electron.ts";
import { useConnectionPhase } from "../../transport/engine-context.tsx";
import { useQueryMethod } from "../../transport/hooks.ts";

export function SettingsScreen() {
  return (
    <Screen title="Settings" width={900}>
      <Stack gap="md">
        <Appearance />
        <Keyboard />
        <About />
      </Stack>
    </Screen>
  );
}

function Appearance() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Card>
      <Title order={2} mb="xs">
        Appearance
      </Title>
      <SegmentedControl
        aria-label="Theme of the window"
        value={colorScheme}
        onChange={setColorScheme}
        data={[
          { value: "light", label: "Light" },
          { value: "dark", label: "Dark" },
          { value: "auto", label: "As the system" },
        ]}
      />
    </Card>
  );
}

function Keyboard() {
  const apple = onApple();
  const commands = useCommandList().filter(({ shortcuts }) => shortcuts !== undefined);
  return (
    <Card id="keyboard">
      <Title order={2}>Keyboard</Title>
      <Text size="sm" c="dimmed" mb="xs">
        Everything has a name in the command palette. In tables: arrows walk through the rows, Space chooses, Enter
        opens.
      </Text>
      <Table aria-label="Keyboard shortcuts" fz="sm">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Command</Table.Th>
            <Table.Th>Keys</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {commands.map(({ id, label, shortcuts = [] }) => (
            <Table.Tr key={id}>
              <Table.Td>{label}</Table.Td>
              <Table.Td>
                <Shortcuts shortcuts={shortcuts} apple={apple} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Card>
  );
}

function About() {
  const workspace = useQueryMethod("workspace.get", {});
  const phase = useConnectionPhase();
  const bridge = desktopBridge();
  return (
    <Card>
      <Title order={2} mb="xs">
        About
      </Title>
      <Answer of={workspace} height={90}>
        {({ engine, path, schemaVersion }) => (
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
                <Code>{path}</Code>, catalogue version {schemaVersion}
              </Line>
            </Table.Tbody>
          </Table>
        )}
      </Answer>
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
