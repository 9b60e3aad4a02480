import { Group, Stack, Text, ThemeIcon, Title } from "@mantine/core";
import type { Icon } from "@tabler/icons-react";
import type { ReactNode } from "react";

interface EmptyStateProps {
  readonly icon: Icon;
  readonly title: string;
  readonly children: ReactNode;
  /** The buttons that lead on. */
  readonly actions?: ReactNode;
}

/** Says what would stand here and how to get it. */
export function EmptyState({ icon: IconComponent, title, children, actions }: EmptyStateProps) {
  return (
    <Stack align="center" gap="sm" py={56} px="md" maw={560} mx="auto" ta="center">
      <ThemeIcon size={48} radius="xl" variant="light">
        <IconComponent size={26} stroke={1.6} />
      </ThemeIcon>
      <Title order={2}>{title}</Title>
      <Text c="dimmed" size="sm">
        {children}
      </Text>
      {actions !== undefined && (
        <Group gap="xs" mt="xs" justify="center">
          {actions}
        </Group>
      )}
    </Stack>
  );
}
