import { Alert, Button, Code, Collapse, CopyButton, Group, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconCheck, IconCopy } from "@tabler/icons-react";
import { useState } from "react";
import type { ReactNode } from "react";
import { toReelbenchError } from "../../../../core/contract/errors.ts";
import { errorReport } from "./error-report.ts";

/** Statuses of refusals: asking again without changing anything gets the same answer. */
const answersTheSame: ReadonlySet<number> = new Set([400, 409, 422]);

interface ErrorPanelProps {
  readonly error: unknown;
  /** What was being tried: "The snapshot could not be created". */
  readonly title?: string;
  readonly onRetry?: () => void;
  /** The buttons that lead to what can be set right. */
  readonly actions?: ReactNode;
}

/** What happened, what to do about it, and the whole of it to copy. */
export function ErrorPanel({ error, title, onRetry, actions }: ErrorPanelProps) {
  const [opened, setOpened] = useState(false);
  const failure = toReelbenchError(error);
  const report = errorReport(failure);
  return (
    <Alert
      color="red"
      variant="light"
      icon={<IconAlertTriangle size={18} />}
      title={title ?? failure.definition.title}
      role="alert"
    >
      <Stack gap="xs">
        <Text size="sm" style={{ overflowWrap: "anywhere" }}>
          {failure.message}
        </Text>
        <Text size="sm">{failure.remedy}</Text>
        <Group gap="xs">
          <Code>{failure.code}</Code>
          {onRetry !== undefined && !answersTheSame.has(failure.definition.status) && (
            <Button variant="default" onClick={onRetry}>
              Try again
            </Button>
          )}
          {actions}
          <CopyButton value={report}>
            {({ copied, copy }) => (
              <Button
                variant="default"
                leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
                onClick={copy}
              >
                {copied ? "Copied" : "Copy details"}
              </Button>
            )}
          </CopyButton>
          {failure.details !== undefined && (
            <Button variant="subtle" color="gray" aria-expanded={opened} onClick={() => setOpened(!opened)}>
              {opened ? "Hide details" : "Show details"}
            </Button>
          )}
        </Group>
        <Collapse expanded={opened}>
          <Code block>{report}</Code>
        </Collapse>
      </Stack>
    </Alert>
  );
}
