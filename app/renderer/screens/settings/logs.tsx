import {
  Button,
  Card,
  Code,
  CopyButton,
  Group,
  ScrollArea,
  SegmentedControl,
  Stack,
  Table,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconCheck, IconCopy, IconRefresh, IconSearch } from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { LogEntry, LogLevel } from "../../../../core/contract/settings.ts";
import { Answer } from "../../components/feedback/answer.tsx";
import { formatCount } from "../../components/format/numbers.ts";
import { formatMoment } from "../../components/format/times.ts";
import { useQueryMethod } from "../../transport/hooks.ts";
import { readableDetail } from "./log-detail.ts";
import styles from "./logs.module.css";
import { ReportCard } from "./report-card.tsx";

const shown = 300;

/** What the engine has noted, and a report of a fault made of it. */
export function Logs() {
  const { text = "", level = "info" } = useSearch({ from: "/settings" });
  const navigate = useNavigate({ from: "/settings" });
  const [asked] = useDebouncedValue(text, 200);
  const log = useQueryMethod(
    "logs.read",
    { text: asked, level, limit: shown },
    { keepPrevious: true, refetchInterval: 5000 },
  );
  const change = (wanted: { readonly text?: string; readonly level?: LogLevel }) =>
    void navigate({ search: (before) => ({ ...before, section: "logs", ...wanted }), replace: true });
  return (
    <Stack gap="md">
      <ReportCard />
      <Card>
        <Group justify="space-between" mb="xs">
          <Title order={2}>The engine’s log</Title>
          <Group gap="xs">
            <CopyButton value={(log.data?.entries ?? []).map(lineOf).join("\n")}>
              {({ copied, copy }) => (
                <Button
                  variant="default"
                  leftSection={copied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}
                  disabled={(log.data?.entries.length ?? 0) === 0}
                  onClick={copy}
                >
                  {copied ? "Copied" : "Copy these"}
                </Button>
              )}
            </CopyButton>
            <Button
              variant="default"
              leftSection={<IconRefresh size={14} aria-hidden />}
              onClick={() => void log.refetch()}
            >
              Read again
            </Button>
          </Group>
        </Group>
        <Group gap="sm" mb="xs">
          <TextInput
            aria-label="Find in the log"
            placeholder="Find: a job, a code, a word"
            leftSection={<IconSearch size={15} aria-hidden />}
            value={text}
            onChange={({ currentTarget }) => change({ text: currentTarget.value })}
            w={300}
          />
          <SegmentedControl<LogLevel>
            aria-label="Least level"
            value={level}
            onChange={(value) => change({ level: value })}
            data={[
              { value: "info", label: "Everything" },
              { value: "warn", label: "Warnings" },
              { value: "error", label: "Errors" },
            ]}
          />
          {log.data !== undefined && (
            <Text size="sm" c="dimmed" role="status">
              {log.data.total > log.data.entries.length
                ? `The newest ${formatCount(log.data.entries.length)} of ${formatCount(log.data.total)}`
                : formatCount(log.data.total)}{" "}
              {log.data.total === 1 ? "entry" : "entries"}
            </Text>
          )}
        </Group>
        <Answer of={log} height={240} errorTitle="The log could not be read">
          {({ entries }) =>
            entries.length === 0 ? <Nothing level={level} text={text} /> : <Entries entries={entries} />
          }
        </Answer>
      </Card>
    </Stack>
  );
}

function Nothing({ level, text }: { readonly level: LogLevel; readonly text: string }) {
  return (
    <Text size="sm" c="dimmed" py="md">
      {text === "" && level !== "info" ? "Nothing of this level was noted." : "Nothing in the log says that."}
    </Text>
  );
}

function lineOf({ time, level, message, detail }: LogEntry): string {
  return [time, level.toUpperCase(), message, detail ?? ""].join(" ").trim();
}

const words: Readonly<Record<LogLevel, string>> = { info: "Info", warn: "Warning", error: "Error" };

function Entries({ entries }: { readonly entries: readonly LogEntry[] }) {
  return (
    <ScrollArea.Autosize
      mah={520}
      type="auto"
      styles={{ content: { minWidth: 0 } }}
      viewportProps={{ tabIndex: 0, role: "region", "aria-label": "Entries of the log, scrolls" }}
    >
      <Table aria-label="The engine’s log" fz="sm" stickyHeader>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={170}>When</Table.Th>
            <Table.Th w={80}>Level</Table.Th>
            <Table.Th>What</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {entries.map((entry, index) => (
            <Table.Tr key={`${entry.time}${String(index)}`} style={{ verticalAlign: "top" }}>
              <Table.Td title={entry.time} style={{ whiteSpace: "nowrap" }}>
                {formatMoment(entry.time)}
              </Table.Td>
              <Table.Td className={styles[entry.level] ?? ""}>{words[entry.level]}</Table.Td>
              <Table.Td>
                {entry.message}
                {entry.detail !== null && (
                  <Code className={styles["detail"] ?? ""}>{readableDetail(entry.detail)}</Code>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </ScrollArea.Autosize>
  );
}
