import { Group, Paper, Text } from "@mantine/core";

export interface TooltipLine {
  readonly key: string;
  readonly label: string;
  readonly value: string;
  readonly color?: string;
}

/** The same small card for every chart. */
export function TooltipCard({ title, lines }: { readonly title: string; readonly lines: readonly TooltipLine[] }) {
  return (
    <Paper p={8} shadow="sm" withBorder maw={320} style={{ background: "var(--rb-surface)" }}>
      <Text size="xs" fw={600} mb={2}>
        {title}
      </Text>
      {lines.map(({ key, label, value, color }) => (
        <Group key={key} gap={6} wrap="nowrap" justify="space-between">
          <Group gap={6} wrap="nowrap" style={{ minWidth: 0 }}>
            {color !== undefined && <span style={{ width: 10, height: 3, background: color, flex: "none" }} />}
            <Text size="xs" truncate>
              {label}
            </Text>
          </Group>
          <Text size="xs" fw={500} ml={10} style={{ whiteSpace: "nowrap" }}>
            {value}
          </Text>
        </Group>
      ))}
    </Paper>
  );
}
