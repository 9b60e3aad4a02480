import { ActionIcon, Alert, Button, Card, Group, Table, Text, TextInput, Title, Tooltip } from "@mantine/core";
import { IconArrowBackUp, IconKeyboard, IconSearch, IconX } from "@tabler/icons-react";
import { useState } from "react";
import { onApple, Shortcuts } from "../../components/commands/command-palette.tsx";
import { shortcutLabel } from "../../components/commands/command.ts";
import type { Command } from "../../components/commands/command.ts";
import { useCommandList } from "../../components/commands/commands-context.tsx";
import { conflictsWith, keyMap } from "../../components/commands/key-map.ts";
import { useStoredValue } from "../../components/preferences/stored-value.ts";
import { KeyRecorder } from "./key-recorder.tsx";

interface Conflict {
  readonly command: Command;
  readonly shortcut: string;
  readonly others: readonly Command[];
}

/** Every command and its keys, which can be changed. */
export function Keyboard() {
  const commands = useCommandList();
  const map = useStoredValue(keyMap);
  const [text, setText] = useState("");
  const [recording, setRecording] = useState<string | null>(null);
  const [conflict, setConflict] = useState<Conflict | null>(null);
  const wanted = text.trim().toLowerCase();
  const found = commands.filter(
    ({ label, group, shortcuts }) =>
      wanted === "" || [label, group, ...(shortcuts ?? [])].join(" ").toLowerCase().includes(wanted),
  );

  const assign = (command: Command, shortcut: string) => {
    setRecording(null);
    const others = conflictsWith(shortcut, command.id, commands);
    if (others.length > 0) setConflict({ command, shortcut, others });
    else keyMap.set({ ...keyMap.get(), [command.id]: [shortcut] });
  };
  const takeOver = ({ command, shortcut, others }: Conflict) => {
    const freed = others.map((other) => {
      const clashing = new Set([shortcut]);
      const left = (other.shortcuts ?? []).filter(
        (keys) => !clashing.has(keys) && !keys.startsWith(`${shortcut} `) && !shortcut.startsWith(`${keys} `),
      );
      return [other.id, left] as const;
    });
    keyMap.set({ ...keyMap.get(), ...Object.fromEntries(freed), [command.id]: [shortcut] });
    setConflict(null);
  };
  const reset = (id: string) => {
    const { [id]: _own, ...rest } = keyMap.get();
    keyMap.set(rest);
  };
  return (
    <Card id="keyboard">
      <Group justify="space-between" align="flex-start">
        <Title order={2}>Keyboard</Title>
        <Button variant="default" disabled={Object.keys(map).length === 0} onClick={() => keyMap.set({})}>
          Reset all keys
        </Button>
      </Group>
      <Text size="sm" c="dimmed" mb="xs" maw={720}>
        Everything has a name in the command palette. In tables: arrows walk through the rows, Space chooses, Enter
        opens. Keys are kept on this computer, for all workspaces.
      </Text>
      <TextInput
        aria-label="Find a command"
        placeholder="Find a command or its keys"
        leftSection={<IconSearch size={15} aria-hidden />}
        value={text}
        onChange={({ currentTarget }) => setText(currentTarget.value)}
        maw={320}
        mb="xs"
      />
      {conflict !== null && (
        <ConflictNotice conflict={conflict} onTake={() => takeOver(conflict)} onLeave={() => setConflict(null)} />
      )}
      <Table aria-label="Keyboard shortcuts" fz="sm">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Command</Table.Th>
            <Table.Th>Keys</Table.Th>
            <Table.Th w={180}>
              <span className="rb-visually-hidden">Change</span>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {found.map((command) => (
            <CommandRow
              key={command.id}
              command={command}
              own={map[command.id] !== undefined}
              recording={recording === command.id}
              onRecord={() => {
                setConflict(null);
                setRecording(command.id);
              }}
              onRecorded={(shortcut) => (shortcut === null ? setRecording(null) : assign(command, shortcut))}
              onReset={() => reset(command.id)}
              onRemove={() => keyMap.set({ ...keyMap.get(), [command.id]: [] })}
            />
          ))}
        </Table.Tbody>
      </Table>
    </Card>
  );
}

interface ConflictNoticeProps {
  readonly conflict: Conflict;
  readonly onTake: () => void;
  readonly onLeave: () => void;
}

function ConflictNotice({ conflict: { command, shortcut, others }, onTake, onLeave }: ConflictNoticeProps) {
  const names = others.map(({ label }) => `“${label}”`).join(", ");
  return (
    <Alert color="orange" role="alert" mb="sm" title={`${shortcutLabel(shortcut, onApple())} is taken`}>
      <Text size="sm" mb="xs">
        It already means {names}.
      </Text>
      <Group gap="xs">
        <Button variant="default" onClick={onTake}>
          Give it to “{command.label}”
        </Button>
        <Button variant="subtle" color="gray" onClick={onLeave}>
          Leave it
        </Button>
      </Group>
    </Alert>
  );
}

interface CommandRowProps {
  readonly command: Command;
  /** Whether its keys are the person's. */
  readonly own: boolean;
  readonly recording: boolean;
  readonly onRecord: () => void;
  readonly onRecorded: (shortcut: string | null) => void;
  readonly onReset: () => void;
  readonly onRemove: () => void;
}

function CommandRow({ command, own, recording, onRecord, onRecorded, onReset, onRemove }: CommandRowProps) {
  const { label, group, shortcuts = [] } = command;
  return (
    <Table.Tr>
      <Table.Td>
        {label}{" "}
        <Text span size="xs" c="dimmed">
          {group}
        </Text>
      </Table.Td>
      <Table.Td>
        {recording ? (
          <KeyRecorder label={label} onRecorded={onRecorded} />
        ) : shortcuts.length === 0 ? (
          <Text size="sm" c="dimmed">
            none
          </Text>
        ) : (
          <Shortcuts shortcuts={shortcuts} apple={onApple()} />
        )}
      </Table.Td>
      <Table.Td>
        <Group gap={4} justify="flex-end" wrap="nowrap">
          {own && (
            <Tooltip label="The keys it came with">
              <ActionIcon size="sm" aria-label={`Reset the keys of ${label}`} onClick={onReset}>
                <IconArrowBackUp size={14} />
              </ActionIcon>
            </Tooltip>
          )}
          <Button
            variant="subtle"
            size="compact-xs"
            leftSection={<IconKeyboard size={14} aria-hidden />}
            aria-label={`Change the keys of ${label}`}
            onClick={onRecord}
          >
            Change
          </Button>
          <Tooltip label="No keys">
            <ActionIcon
              size="sm"
              aria-label={`Take the keys from ${label}`}
              onClick={onRemove}
              // Its place is kept, so that what stands before it stands below each other.
              style={{ visibility: shortcuts.length > 0 ? "visible" : "hidden" }}
            >
              <IconX size={14} />
            </ActionIcon>
          </Tooltip>
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}
