import { ActionIcon, Badge, Button, Card, Group, Table, Text, Title, Tooltip } from "@mantine/core";
import { IconFolderOpen, IconFolderPlus, IconX } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { DesktopWorkspaces, KnownWorkspace } from "../../../../core/contract/bridge.ts";
import { useCommands } from "../../components/commands/commands-context.tsx";
import { tellFailure } from "../../components/feedback/tell.ts";
import { formatBytes } from "../../components/format/numbers.ts";
import { formatAgo, formatDateTime } from "../../components/format/times.ts";
import { useNow } from "../../components/format/use-now.ts";
import { useOpenWorkspace } from "../../components/workspaces/use-open-workspace.tsx";
import { whenQuiet } from "../../transport/when-quiet.ts";

const listKey = ["desktop", "workspaces"] as const;

/** The workspaces of this computer: go to one, open or make another, forget one that is gone. */
export function WorkspacesCard({ workspaces }: { readonly workspaces: DesktopWorkspaces }) {
  const client = useQueryClient();
  const { data: known = [] } = useQuery({ queryKey: listKey, queryFn: () => workspaces.list(), staleTime: 0 });
  const { open, question } = useOpenWorkspace();
  const choose = (purpose: "open" | "create") => open(() => workspaces.choose(purpose));
  useCommands([
    { id: "workspace.open", label: "Open workspace…", group: "Workspace", run: () => choose("open") },
    { id: "workspace.create", label: "New workspace…", group: "Workspace", run: () => choose("create") },
  ]);
  const forget = (path: string) =>
    void workspaces
      .forget(path)
      .then(() => client.invalidateQueries({ queryKey: listKey }))
      .catch((error: unknown) => tellFailure("It could not be taken from the list", error));
  return (
    <Card component="section" aria-label="Workspaces">
      <Group justify="space-between" mb="xs">
        <Title order={2}>Workspaces</Title>
        <Group gap="xs">
          <Button
            variant="default"
            leftSection={<IconFolderOpen size={15} aria-hidden />}
            onClick={() => choose("open")}
          >
            Open…
          </Button>
          <Button
            variant="default"
            leftSection={<IconFolderPlus size={15} aria-hidden />}
            onClick={() => choose("create")}
          >
            New…
          </Button>
        </Group>
      </Group>
      <Table.ScrollContainer minWidth={560}>
        <Table aria-label="Recent workspaces" fz="sm">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Workspace</Table.Th>
              <Table.Th ta="right">Size</Table.Th>
              <Table.Th ta="right">Last opened</Table.Th>
              <Table.Th w={150}>
                <span className="rb-visually-hidden">Actions</span>
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {known.map((workspace) => (
              <WorkspaceRow
                key={workspace.path}
                workspace={workspace}
                workspaces={workspaces}
                onOpen={() => open(() => workspaces.open(workspace.path))}
                onForget={() => forget(workspace.path)}
              />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {question}
    </Card>
  );
}

interface WorkspaceRowProps {
  readonly workspace: KnownWorkspace;
  readonly workspaces: DesktopWorkspaces;
  readonly onOpen: () => void;
  readonly onForget: () => void;
}

function WorkspaceRow({ workspace, workspaces, onOpen, onForget }: WorkspaceRowProps) {
  const { path, name, openedAt, present, current } = workspace;
  const now = useNow(60_000);
  const client = useQueryClient();
  const { data: bytes } = useQuery({
    queryKey: ["desktop", "workspace-bytes", path],
    // With ten thousand runs it is some seconds of reading folders, and what they hold is wanted first.
    queryFn: async () => {
      await whenQuiet(client);
      return workspaces.bytes(path);
    },
    enabled: present,
    staleTime: 60_000,
  });
  const reveal = () =>
    void workspaces.reveal(path).catch((error: unknown) => tellFailure("The folder could not be shown", error));
  return (
    <Table.Tr>
      <Table.Td style={{ maxWidth: 0, width: "60%" }}>
        <Group gap={6} wrap="nowrap">
          <Text size="sm" fw={600} truncate>
            {name}
          </Text>
          {current && <Badge>Open</Badge>}
          {!present && <Badge color="orange">Missing</Badge>}
        </Group>
        <Text size="xs" c="dimmed" truncate="start" title={path}>
          <bdi dir="ltr">{path}</bdi>
        </Text>
      </Table.Td>
      <Table.Td ta="right">{bytes == null ? "–" : formatBytes(bytes)}</Table.Td>
      <Table.Td ta="right" title={formatDateTime(openedAt)}>
        {formatAgo(openedAt, now)}
      </Table.Td>
      <Table.Td>
        <Group gap={4} justify="flex-end" wrap="nowrap">
          {present && !current && (
            <Button variant="light" size="compact-xs" onClick={onOpen} aria-label={`Open ${name}`}>
              Open
            </Button>
          )}
          {present && (
            <Tooltip label="Show the folder">
              <ActionIcon aria-label={`Show the folder of ${name}`} onClick={reveal}>
                <IconFolderOpen size={15} />
              </ActionIcon>
            </Tooltip>
          )}
          {!current && (
            <Tooltip label="Take it from this list; the folder stays">
              <ActionIcon aria-label={`Take ${name} from the list`} onClick={onForget}>
                <IconX size={15} />
              </ActionIcon>
            </Tooltip>
          )}
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}
